"""Mixtral: Mistral's attention, experts in every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import experts, router
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MixtralForCausalLM",)
EXAMPLES = {"mistralai/Mixtral-8x7B-Instruct-v0.1": 46_702_792_704}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
    "num_experts_per_tok": 2,
    "num_local_experts": 8,
}
"""transformers.MixtralConfig (5.19)"""
EXPERT_MATRICES = ("w1", "w3", "w2")
"""the checkpoint's gate, up and down"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts.

    Source: vllm.model_executor.models.mixtral (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    layer = decoder.layer(decoder.attention(), sparse_block(decoder))
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )


def sparse_block(decoder: Decoder, names: tuple[str, ...] = EXPERT_MATRICES) -> tuple[Module, ...]:
    """Router and experts; all of the feed-forward size is the experts'."""
    count = decoder.keys.int("num_local_experts")
    return (
        router(decoder.hidden, count, "block_sparse_moe.gate"),
        experts(
            hidden=decoder.hidden,
            intermediate=decoder.intermediate,
            count=count,
            prefix="block_sparse_moe",
            names=names,
        ),
    )
