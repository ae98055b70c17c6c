"""LFM2 with experts after the first layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, router
from planner.model.decoder import Decoder
from planner.model.families.lfm2 import feed_forward, stack

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Lfm2MoeForCausalLM",)
EXAMPLES = {"LiquidAI/LFM2-8B-A1B": 8_339_930_560}
DEFAULTS = {
    "vocab_size": 65536,
    "hidden_size": 2048,
    "intermediate_size": 7168,
    "moe_intermediate_size": 1792,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 128_000,
    "conv_L_cache": 3,
    "num_dense_layers": 2,
    "num_experts_per_tok": 4,
    "num_experts": 32,
    "use_expert_bias": True,
    "rope_theta": 1_000_000.0,
}
"""transformers.Lfm2MoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Dense blocks first, then experts.

    Source: vllm.model_executor.models.lfm2_moe (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True).with_even_heads()
    keys = decoder.keys
    dense = feed_forward(decoder, decoder.intermediate)
    sparse = _sparse_block(decoder)
    first = keys.int("num_dense_layers")
    blocks = [dense if index < first else sparse for index in range(decoder.num_layers)]
    return stack(decoder, blocks, experts_per_token=keys.int("num_experts_per_tok"))


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, prefix = decoder.keys, "feed_forward"
    count = keys.int("num_experts")
    block: tuple[Module, ...] = (
        router(decoder.hidden, count, f"{prefix}.gate", quantized=True),
        experts(
            hidden=decoder.hidden,
            intermediate=keys.int("moe_intermediate_size"),
            count=count,
            prefix=prefix,
            names=("w1", "w3", "w2"),
        ),
    )
    if keys.flag("use_expert_bias"):
        block += (correction_bias(count, f"{prefix}.gate.e_score_correction_bias"),)
    return block
