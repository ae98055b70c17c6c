"""OLMo: norms without weights; OLMo 2 and 3: norms behind each block and over queries and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import transformers_backend
from planner.model.blocks import norm
from planner.model.decoder import Decoder
from planner.model.layer_types import every_nth_full
from planner.model.rope import rope_parameters

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("OlmoForCausalLM", "Olmo2ForCausalLM", "Olmo3ForCausalLM")
EXAMPLES = {
    "allenai/OLMo-2-1124-7B-Instruct": 7_298_617_344,
    "allenai/Olmo-3-7B-Instruct": 7_298_011_136,
}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 50304,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
}
"""transformers.OlmoConfig, Olmo2Config and, but for windows, Olmo3Config (5.19)"""
WINDOW_PATTERN = 4
"""OLMo 3: each fourth layer sees everything"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: transformers.models.olmo2.modeling_olmo2 (5.19) through vLLM's backend
    """
    if keys.text("model_type") == "olmo3":
        keys = _olmo3(keys)
    decoder = Decoder.read(keys, DEFAULTS)
    bias = decoder.keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    norm_names: tuple[str, ...] = ()
    final_norm: tuple[Module, ...] = ()
    if keys.text("model_type") != "olmo":
        attention += (
            norm("self_attn.q_norm", decoder.heads * decoder.head_dim),
            norm("self_attn.k_norm", decoder.kv_heads * decoder.head_dim),
        )
        norm_names = ("post_attention_layernorm", "post_feedforward_layernorm")
        final_norm = (norm("model.norm", decoder.hidden),)
    layers = transformers_backend.layers(decoder, attention, decoder.mlp(), norm_names=norm_names)
    return transformers_backend.architecture(decoder, layers, final_norm=final_norm)


def _olmo3(keys: Keys) -> Keys:
    """Windows in three layers of four, each kind with rotary parameters of its own.

    Source: transformers.models.olmo3.configuration_olmo3.Olmo3Config (5.19)
    """
    keys = keys.with_defaults({**DEFAULTS, "sliding_window": 4096})
    types = keys.list("layer_types") or every_nth_full(
        keys.int("num_hidden_layers"), WINDOW_PATTERN
    )
    parameters = {name: rope_parameters(keys, name) for name in sorted(set(types))}
    return keys.replaced(
        {"layer_types": types, "rope_parameters": parameters, "rope_scaling": None}
    )
