"""ERNIE 4.5 MoE: float32 routing, experts beside shared ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import correction_bias, experts, mlp, router
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Ernie4_5_MoeForCausalLM",)
EXAMPLES = {"baidu/ERNIE-4.5-21B-A3B-PT": 21_825_437_888}
DEFAULTS = {
    "vocab_size": 103424,
    "hidden_size": 2560,
    "intermediate_size": 12288,
    "num_hidden_layers": 28,
    "num_attention_heads": 20,
    "num_key_value_heads": 4,
    "max_position_embeddings": 131072,
    "moe_intermediate_size": 1536,
    "moe_num_experts": 64,
    "moe_num_shared_experts": 2,
    "moe_k": 6,
    "moe_layer_start_index": 1,
    "moe_layer_end_index": -1,
}
"""transformers.Ernie4_5_MoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts.

    Source: vllm.model_executor.models.ernie45_moe (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS, tied=True))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    keys = decoder.keys
    bias = keys.flag("use_bias")
    attention = decoder.attention(qkv_bias=bias)
    dense = decoder.layer(attention, decoder.mlp(bias=bias))
    sparse = decoder.layer(attention, _sparse_block(decoder))
    return decoder.architecture(
        [sparse if is_sparse else dense for is_sparse in _sparse_layers(decoder)],
        experts_per_token=keys.int("moe_k"),
    )


def _sparse_layers(decoder: Decoder) -> list[bool]:
    keys = decoder.keys
    start, end = keys.int("moe_layer_start_index"), keys.int("moe_layer_end_index")
    end = decoder.num_layers - 1 if end == -1 else end
    step = keys.int("moe_layer_interval", default=1)
    used = keys.flag("use_moe", default=keys.int("moe_num_experts") > 0)
    return [
        used and (index + 1) % step == 0 and start <= index <= end
        for index in range(decoder.num_layers)
    ]


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("moe_num_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("moe_num_shared_experts") * size
    return (
        router(hidden, count, dtype="float32"),
        correction_bias(count),
        experts(hidden=hidden, intermediate=size, count=count),
        *(mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_experts") if shared else ()),
    )
