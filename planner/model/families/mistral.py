"""Mistral and Ministral: Llama's layers, a sliding window unless the file says null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.decoder import Decoder
from planner.model.families import llama

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("MistralForCausalLM", "MistralModel", "Ministral3ForCausalLM")
EXAMPLES = {"mistralai/Mistral-7B-Instruct-v0.3": 7_248_023_552}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
    "sliding_window": 4096,
}
"""transformers.MistralConfig (5.19)"""
MINISTRAL3_DEFAULTS: dict[str, Any] = {
    **DEFAULTS,
    "vocab_size": 131072,
    "num_hidden_layers": 34,
    "head_dim": 128,
    "max_position_embeddings": 262144,
    "sliding_window": None,
    "rope_parameters": {
        "rope_type": "yarn",
        "factor": 16.0,
        "original_max_position_embeddings": 16384,
    },
}
"""transformers.Ministral3Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Llama's layers.

    Source: vllm.model_executor.models.mistral (0.33.0)
    """
    return llama.stack(Decoder.read(keys, defaults(keys)))


def defaults(keys: Keys) -> dict[str, Any]:
    """What the file's ``model_type`` leaves to its class."""
    return MINISTRAL3_DEFAULTS if keys.text("model_type") == "ministral3" else DEFAULTS
