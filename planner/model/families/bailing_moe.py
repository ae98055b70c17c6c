"""Ling and Ring: query, key and value merged on disk, experts beside shared ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, mlp, norms, router
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("BailingMoeForCausalLM", "BailingMoeV2ForCausalLM")
EXAMPLES = {"inclusionAI/Ling-1T": 999_705_349_120}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention, at times with norms over heads, and experts.

    Source: vllm.model_executor.models.bailing_moe (0.33.0)
    """
    if "rotary_dim" in keys:
        factor = keys.int("rotary_dim") / keys.int("head_dim")
        keys = keys.replaced({"partial_rotary_factor": factor})
    decoder = Decoder.read(keys)
    bias = keys.flag("use_bias")
    attention = decoder.attention(
        qkv_bias=bias or keys.flag("use_qkv_bias"),
        out_bias=bias,
        prefix="attention",
        names=("query_key_value", "dense"),
        matrices=(),
    )
    if keys.flag("use_qk_norm"):
        names = ("attention.query_layernorm", "attention.key_layernorm")
        with_bias = not keys.flag("use_rmsnorm")
        attention = (*attention, *norms(decoder.head_dim, *names, bias=with_bias))
    dense = decoder.layer(attention, decoder.mlp(bias=bias))
    sparse = decoder.layer(attention, sparse_block(decoder))
    start = keys.int("first_k_dense_replace", default=0)
    return decoder.architecture(
        [sparse if index >= start else dense for index in range(decoder.num_layers)],
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts, and the shared ones as one dense block."""
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("num_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("num_shared_experts", default=0)
    shared *= keys.int("moe_shared_expert_intermediate_size", default=size)
    stated = keys.raw("router_dtype")
    dtype = None if stated is None else "float32" if stated == "fp32" else "bfloat16"
    block: tuple[Module, ...] = (
        router(hidden, count, dtype=dtype),
        experts(hidden=hidden, intermediate=size, count=count),
    )
    if keys.flag("moe_router_enable_expert_bias"):
        block += (correction_bias(count, "mlp.gate.expert_bias"),)
    if shared:
        bias = keys.flag("use_bias")
        block += mlp(hidden=hidden, intermediate=shared, bias=bias, prefix="mlp.shared_experts")
    return block
