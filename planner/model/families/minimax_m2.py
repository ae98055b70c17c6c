"""MiniMax-M2: norms over all queries and all keys of a rank, float32 routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, router
from planner.model.decoder import Decoder
from planner.model.families.mixtral import EXPERT_MATRICES
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MiniMaxM2ForCausalLM",)
EXAMPLES = {"MiniMaxAI/MiniMax-M2": 228_689_764_864}
DEFAULTS = {
    "vocab_size": 200064,
    "hidden_size": 3072,
    "intermediate_size": 1536,
    "num_hidden_layers": 62,
    "num_attention_heads": 48,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 196608,
    "num_experts_per_tok": 8,
    "num_local_experts": 256,
}
"""transformers.MiniMaxM2Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts in every layer.

    Source: vllm.model_executor.models.minimax_m2 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys, head_dim = decoder.keys, decoder.head_dim
    if "rotary_dim" in keys and "partial_rotary_factor" not in keys:
        keys = keys.with_defaults({"partial_rotary_factor": keys.int("rotary_dim") / head_dim})
        decoder = Decoder.read(keys)
    layer = decoder.layer(_attention(decoder), _sparse_block(decoder))
    return decoder.architecture(
        [layer] * decoder.num_layers, experts_per_token=keys.int("num_experts_per_tok")
    )


def _attention(decoder: Decoder) -> tuple[Module, ...]:
    norms = (
        Weight(
            name=f"self_attn.{name}_norm",
            shape=(heads * decoder.head_dim,),
            split_axis=0,
            units=heads,
        )
        for name, heads in (("q", decoder.heads), ("k", decoder.kv_heads))
    )
    return (*decoder.attention(qkv_bias=decoder.keys.flag("attention_bias")), *norms)


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys = decoder.keys
    count = keys.int("num_local_experts")
    block: tuple[Module, ...] = (
        router(decoder.hidden, count, "block_sparse_moe.gate", dtype="float32"),
        experts(
            hidden=decoder.hidden,
            intermediate=decoder.intermediate,
            count=count,
            prefix="block_sparse_moe",
            names=EXPERT_MATRICES,
        ),
    )
    if keys.flag("use_routing_bias"):
        block += (correction_bias(count, "block_sparse_moe.e_score_correction_bias"),)
    return block
