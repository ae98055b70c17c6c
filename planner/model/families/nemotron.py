"""Nemotron-4 and Minitron: layer norms with biases, an MLP without a gate, half a head rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("NemotronForCausalLM",)
EXAMPLES = {"nvidia/Minitron-8B-Base": 8_271_699_968}
DEFAULTS = {
    "vocab_size": 256000,
    "hidden_size": 6144,
    "intermediate_size": 24576,
    "num_hidden_layers": 32,
    "num_attention_heads": 48,
    "max_position_embeddings": 4096,
    "partial_rotary_factor": 0.5,
}
"""transformers.NemotronConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a plain MLP.

    Source: vllm.model_executor.models.nemotron (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    layer = decoder.layer(
        decoder.attention(qkv_bias=bias, out_bias=bias),
        decoder.mlp(gated=False, bias=keys.flag("mlp_bias")),
        norm_bias=True,
    )
    return decoder.architecture([layer] * decoder.num_layers, norm_bias=True)
