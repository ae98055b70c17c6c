"""Hunyuan 3 (Hy3): norms over heads, float32 routing, experts beside a shared one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, mlp, router
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("HYV3ForCausalLM",)
EXAMPLES = {"tencent/Hy3": 295_033_543_488}
"""without the layer that predicts further tokens"""
DEFAULTS = {
    "vocab_size": 120832,
    "hidden_size": 4096,
    "intermediate_size": 13312,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 131072,
    "num_experts": 192,
    "num_experts_per_tok": 8,
    "num_shared_experts": 1,
    "first_k_dense_replace": 1,
}
"""transformers.HYV3Config (5.23)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention; the first layers are dense.

    The published files name the experts' width and the norms twice, as vLLM and as
    transformers do; either is read.
    Source: vllm.model_executor.models.hy_v3 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    attention = decoder.attention(qk_norm=keys.flag("qk_norm", "use_qk_norm"))
    dense = decoder.layer(attention, decoder.mlp())
    sparse = decoder.layer(attention, _sparse_block(decoder))
    first_sparse = keys.int("first_k_dense_replace")
    return decoder.architecture(
        [dense if index < first_sparse else sparse for index in range(decoder.num_layers)],
        on_every_stage=WHOLE_FRAME,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("num_experts")
    size = keys.int("expert_hidden_dim", "moe_intermediate_size")
    shared = keys.int("num_shared_experts") * size
    return (
        router(hidden, count, dtype="float32"),
        correction_bias(count, "mlp.expert_bias"),
        experts(hidden=hidden, intermediate=size, count=count),
        *(mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_mlp") if shared else ()),
    )
