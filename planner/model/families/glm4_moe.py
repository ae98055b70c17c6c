"""GLM-4.5 to 4.7: half of each head is rotated, experts beside a shared one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, mlp, router
from planner.model.decoder import Decoder
from planner.model.families.deepseek import sparse_layers

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Glm4MoeForCausalLM",)
EXAMPLES = {"zai-org/GLM-4.5-Air": 106_852_251_264, "zai-org/GLM-4.5": 352_797_829_024}
DEFAULTS = {
    "vocab_size": 151552,
    "hidden_size": 4096,
    "intermediate_size": 10944,
    "num_hidden_layers": 46,
    "num_attention_heads": 96,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
    "partial_rotary_factor": 0.5,
    "moe_intermediate_size": 1408,
    "num_experts_per_tok": 8,
    "n_shared_experts": 1,
    "n_routed_experts": 128,
    "first_k_dense_replace": 1,
}
"""transformers.Glm4MoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and float32 routing.

    Source: vllm.model_executor.models.glm4_moe (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    keys = decoder.keys
    attention = decoder.attention(
        qkv_bias=keys.flag("attention_bias"), qk_norm=keys.flag("use_qk_norm")
    )
    dense = decoder.layer(attention, decoder.mlp())
    sparse = decoder.layer(attention, sparse_block(decoder))
    return decoder.architecture(
        [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)],
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Float32 routing, experts, and the shared ones as one dense block."""
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("n_routed_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("n_shared_experts") * size
    return (
        router(hidden, count, dtype="float32"),
        correction_bias(count),
        experts(hidden=hidden, intermediate=size, count=count),
        *(mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_experts") if shared else ()),
    )
