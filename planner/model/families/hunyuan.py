"""Hunyuan, dense and MoE: norms over heads behind the rotation, a shared expert in the MoE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import experts, mlp, norms, router
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("HunYuanDenseV1ForCausalLM", "HunYuanMoEV1ForCausalLM")
EXAMPLES = {
    "tencent/Hunyuan-4B-Instruct": 4_221_757_440,
    "tencent/Hunyuan-A13B-Instruct": 80_393_183_232,
}
DEFAULTS = {
    "vocab_size": 290943,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
}
"""transformers.HunYuanDenseV1Config and HunYuanMoEV1Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention; the experts are as wide as the shared one.

    Source: transformers.models.hunyuan_v1_moe.modeling_hunyuan_v1_moe (5.19) through vLLM's
    backend
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    bias = keys.flag("attention_bias")
    attention = (
        *decoder.attention(qkv_bias=bias, out_bias=bias),
        *norms(decoder.head_dim, "self_attn.query_layernorm", "self_attn.key_layernorm"),
    )
    moe = keys.text("model_type") == "hunyuan_v1_moe"
    feed_forward = _sparse_block(decoder) if moe else decoder.mlp()
    return transformers_backend.architecture(
        decoder,
        transformers_backend.layers(decoder, attention, feed_forward),
        experts_per_token=_first(keys, "moe_topk", "num_experts_per_tok") if moe else 0,
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    hidden, size = decoder.hidden, decoder.intermediate
    count = _first(decoder.keys, "num_experts", "num_local_experts")
    return (
        router(hidden, count, "mlp.gate.wg", quantized=True),
        experts(hidden=hidden, intermediate=size, count=count),
        *mlp(hidden=hidden, intermediate=size, prefix="mlp.shared_mlp"),
    )


def _first(keys: Keys, *names: str) -> int:
    """A number, or a list with one for each layer, of which all are alike."""
    value = keys.raw(*names)
    return keys.int(*names, default=1) if not isinstance(value, list) else int(value[0])
