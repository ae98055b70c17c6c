"""Apertus: norms over heads, an MLP without a gate and with a learned activation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.decoder import Decoder
from planner.model.modules import Buffer, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("ApertusForCausalLM",)
EXAMPLES = {"swiss-ai/Apertus-70B-Instruct-2509": 70_599_864_480}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 131072,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 65536,
    "rope_parameters": {"rope_type": "llama3"},
}
"""transformers.ApertusConfig (5.19)"""
_XIELU = (
    Weight(name="mlp.act_fn.alpha_p", shape=(1,)),
    Weight(name="mlp.act_fn.alpha_n", shape=(1,)),
    Buffer(name="mlp.act_fn.constants", elements=2, shared=False),
)
"""vllm.model_executor.layers.activation.XIELU (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a plain MLP.

    Source: vllm.model_executor.models.apertus (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    attention = decoder.attention(
        qkv_bias=keys.flag("qkv_bias", default=bias), out_bias=bias, qk_norm=True
    )
    feed_forward = (*decoder.mlp(gated=False, bias=keys.flag("mlp_bias")), *_XIELU)
    names = ("attention_layernorm", "feedforward_layernorm")
    return decoder.architecture(
        [
            decoder.layer(attention, feed_forward, norm_names=names, cache=decoder.cache(window))
            for window in decoder.windows()
        ]
    )
