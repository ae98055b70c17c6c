"""Qwen3 MoE: Qwen3's attention, experts in most layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import experts, mlp, router
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Qwen3MoeForCausalLM",)
EXAMPLES = {
    "Qwen/Qwen3-30B-A3B": 30_532_122_624,
    "Qwen/Qwen3-235B-A22B": 235_093_634_560,
}
DEFAULTS = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 24,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "moe_intermediate_size": 768,
    "num_experts_per_tok": 8,
    "num_experts": 128,
}
"""transformers.Qwen3MoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with norms over heads, and experts.

    Source: vllm.model_executor.models.qwen3_moe (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    keys = decoder.keys
    window = decoder.window if keys.flag("use_sliding_window") else None
    attention = decoder.attention(qkv_bias=keys.flag("attention_bias"), qk_norm=True)
    cache = decoder.cache(window)
    dense = decoder.layer(attention, decoder.mlp(), cache=cache)
    sparse = decoder.layer(attention, sparse_block(decoder), cache=cache)
    return decoder.architecture(
        [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)],
        on_every_stage=WHOLE_FRAME,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def sparse_layers(decoder: Decoder) -> list[bool]:
    """Which layers have experts: every so many, except those named."""
    keys = decoder.keys
    named = set(keys.list("mlp_only_layers"))
    step = keys.int("decoder_sparse_step", default=1)
    return [
        index not in named and (index + 1) % step == 0 and keys.int("num_experts") > 0
        for index in range(decoder.num_layers)
    ]


def sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts, and a gated shared expert where the file asks for one."""
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("num_experts")
    block: tuple[Module, ...] = (
        router(hidden, count, quantized=True),
        experts(hidden=hidden, intermediate=keys.int("moe_intermediate_size"), count=count),
    )
    shared = keys.int("shared_expert_intermediate_size", default=0)
    if not shared:
        return block
    return (
        *block,
        router(hidden, 1, "mlp.shared_expert_gate"),
        *mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_expert"),
    )
