"""K-EXAONE: EXAONE 4's windows, experts in all but the first layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.blocks import correction_bias, experts, mlp, router
from planner.model.decoder import Decoder
from planner.model.families.exaone4 import with_types

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("ExaoneMoeForCausalLM", "ExaoneMoEForCausalLM")
EXAMPLES = {"LGAI-EXAONE/K-EXAONE-236B-A23B": 236_571_156_352}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 102400,
    "hidden_size": 4096,
    "intermediate_size": 16384,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 2048,
    "sliding_window": 4096,
    "sliding_window_pattern": 4,
    "num_experts": 64,
    "num_shared_experts": 1,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 1024,
    "first_k_dense_replace": 1,
}
"""transformers.ExaoneMoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with norms over heads, and experts.

    Source: vllm.model_executor.models.exaone_moe (0.33.0)
    """
    decoder = Decoder.read(with_types(keys.with_defaults(DEFAULTS)))
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias, qk_norm=True)
    dense = decoder.mlp(bias=keys.flag("mlp_bias"))
    sparse = _sparse_block(decoder)
    return decoder.architecture(
        [
            decoder.layer(attention, sparse if is_sparse else dense, cache=decoder.cache(window))
            for is_sparse, window in zip(_sparse_layers(decoder), _windows(decoder), strict=True)
        ],
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _sparse_layers(decoder: Decoder) -> list[bool]:
    types = decoder.keys.per_layer("mlp_layer_types", decoder.num_layers)
    if types:
        return [name == "sparse" for name in types]
    start = decoder.keys.int("first_k_dense_replace")
    return [index >= start for index in range(decoder.num_layers)]


def _windows(decoder: Decoder) -> list[int | None]:
    sizes = decoder.keys.per_layer("sliding_windows", decoder.num_layers)
    if not sizes:
        return decoder.windows()
    types = decoder.layer_types
    return [
        int(size) if name != "full_attention" else None
        for name, size in zip(types, sizes, strict=True)
    ]


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("num_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("num_shared_experts") * size
    return (
        router(hidden, count),
        correction_bias(count, "mlp.e_score_correction_bias"),
        experts(hidden=hidden, intermediate=size, count=count),
        *(mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_experts") if shared else ()),
    )
