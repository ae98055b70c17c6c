"""Qwen1.5, Qwen2, Qwen2.5 and the many models of that shape: biases on query, key and value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Qwen2ForCausalLM", "Qwen2Model")
EXAMPLES = {"Qwen/Qwen2.5-7B-Instruct": 7_615_616_512, "Qwen/Qwen2.5-0.5B": 494_032_768}
DEFAULTS = {
    "vocab_size": 151936,
    "hidden_size": 4096,
    "intermediate_size": 22016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "max_window_layers": 28,
}
"""transformers.Qwen2Config (5.19)"""
EAGER_HIDDEN_COPIES = 1
"""the MLP holds what it multiplied (measured: 0.26 on an H100)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with biases and a gated MLP, which holds what it multiplied.

    Source: vllm.model_executor.models.qwen2 (0.33.0)
    """
    architecture = stack(Decoder.read(with_windows(keys, DEFAULTS)).with_even_heads())
    return replace(architecture, eager_hidden_copies=EAGER_HIDDEN_COPIES)


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    attention = decoder.attention(qkv_bias=True, qk_norm=decoder.keys.flag("qk_norm"))
    layer = decoder.layer(attention, decoder.mlp())
    return decoder.architecture([layer] * decoder.num_layers)


def with_windows(keys: Keys, defaults: dict[str, Any]) -> Keys:
    """Qwen's own way to state windows: off unless used, and only from a layer on.

    Source: transformers.models.qwen2.configuration_qwen2.Qwen2Config (5.19)
    """
    full = keys.with_defaults(defaults)
    window = full.optional_int("sliding_window") if full.flag("use_sliding_window") else None
    types = full.list("layer_types") or [
        "sliding_attention"
        if window is not None and index >= full.int("max_window_layers")
        else "full_attention"
        for index in range(full.int("num_hidden_layers"))
    ]
    return full.replaced({"sliding_window": window, "layer_types": types})
