"""Qwen1.5 MoE and Qwen2 MoE: Qwen2's attention, experts beside a gated shared expert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import experts, mlp, router
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.qwen3_moe import sparse_layers

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Qwen2MoeForCausalLM",)
EXAMPLES = {"Qwen/Qwen1.5-MoE-A2.7B": 14_315_784_192}
DEFAULTS = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "moe_intermediate_size": 1408,
    "shared_expert_intermediate_size": 5632,
    "num_experts_per_tok": 4,
    "num_experts": 60,
}
"""transformers.Qwen2MoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with biases, experts and a shared expert.

    Source: vllm.model_executor.models.qwen2_moe (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS).with_even_heads()
    keys = decoder.keys
    attention = decoder.attention(qkv_bias=True)
    cache = decoder.cache(decoder.window if keys.flag("use_sliding_window") else None)
    dense = decoder.layer(attention, decoder.mlp(), cache=cache)
    sparse = decoder.layer(attention, _sparse_block(decoder), cache=cache)
    return decoder.architecture(
        [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)],
        on_every_stage=WHOLE_FRAME,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("num_experts")
    shared = keys.int("shared_expert_intermediate_size")
    return (
        router(hidden, count),
        experts(hidden=hidden, intermediate=keys.int("moe_intermediate_size"), count=count),
        router(hidden, 1, "mlp.shared_expert_gate"),
        *(mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_expert") if shared else ()),
    )
