"""ERNIE 4.5, dense: Llama's layers, a tied head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.families import llama

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Ernie4_5ForCausalLM",)
EXAMPLES = {"baidu/ERNIE-4.5-0.3B-PT": 360_748_032}
DEFAULTS = {
    "vocab_size": 103424,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 18,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "max_position_embeddings": 131072,
}
"""transformers.Ernie4_5Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Llama's layers.

    Source: vllm.model_executor.models.ernie45 (0.33.0)
    """
    return llama.stack(Decoder.read(keys, DEFAULTS, tied=True))
