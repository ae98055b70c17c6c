"""Gemma 3, text: five layers with a window to one without, each kind with its rotary table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.gemma import NORMALIZER
from planner.model.families.gemma2 import FOUR_NORMS
from planner.model.layer_types import every_nth_full

if TYPE_CHECKING:
    from planner.model.architecture import Architecture, Layer
    from planner.model.keys import Keys

EMBEDDER = "Gemma3TextModel"
ARCHITECTURES = ("Gemma3ForCausalLM", EMBEDDER)
EXAMPLES = {"google/gemma-3-1b-it": 999_885_952}
DEFAULTS = {
    "vocab_size": 262208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 131072,
    "sliding_window": 4096,
    "sliding_window_pattern": 6,
    "rope_theta": 1_000_000.0,
    "rope_local_base_freq": 10_000.0,
}
"""transformers.Gemma3TextConfig (5.19)"""
EAGER_HIDDEN_COPIES = 2
"""norms write new tensors, and the MLP holds what it multiplied (measured: 0.26 on an H100)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with norms over heads, and a gated MLP.

    The model without a head embeds, with attention both ways if the file says so.
    Source: vllm.model_executor.models.gemma3, .config.Gemma3TextModelConfig (0.33.0)
    """
    embeds = EMBEDDER in keys.list("architectures")
    keys = text_keys(keys)
    if embeds:
        keys = keys.replaced({"is_causal": not keys.flag("use_bidirectional_attention")})
    decoder = Decoder.read(keys, tied=True)
    return decoder.architecture(
        layers(decoder),
        on_every_stage=WHOLE_FRAME,
        every=(NORMALIZER,),
        supports_pp=not embeds,
        eager_hidden_copies=EAGER_HIDDEN_COPIES,
        pooling=embeds,
    )


def layers(decoder: Decoder, *, mm_prefix: bool = False) -> list[Layer]:
    """The stack; ``mm_prefix``: the tokens of an image see each other."""
    bias = decoder.keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias, qk_norm=True)
    mlp = decoder.mlp()
    types = decoder.layer_types
    return [
        decoder.layer(
            attention,
            mlp,
            norm_names=FOUR_NORMS,
            layer_type=layer_type,
            cache=decoder.cache(window, mm_prefix=mm_prefix),
        )
        for layer_type, window in zip(types, decoder.windows(types), strict=True)
    ]


def text_keys(keys: Keys) -> Keys:
    """The keys with what the class derives: a type and rotary parameters for each layer.

    Source: transformers.models.gemma3.configuration_gemma3.Gemma3TextConfig (5.19)
    """
    keys = keys.with_defaults(DEFAULTS)
    step = keys.int("sliding_window_pattern")
    types = keys.list("layer_types") or every_nth_full(keys.int("num_hidden_layers"), step)
    window = keys.optional_int("sliding_window")
    if window and keys.flag("use_bidirectional_attention"):
        window = window // 2 + 1
    return keys.replaced(
        {
            "layer_types": types,
            "sliding_window": window,
            "rope_parameters": _rope_by_type(keys),
            "rope_scaling": None,
        }
    )


def _rope_by_type(keys: Keys) -> dict[str, dict[str, Any]]:
    stated = keys.raw("rope_parameters") or {}
    full = {**(stated.get("full_attention") or {}), **(keys.raw("rope_scaling") or {})}
    return {
        "full_attention": {"rope_theta": keys.raw("rope_theta"), **full},
        "sliding_attention": {
            "rope_theta": keys.raw("rope_local_base_freq"),
            **(stated.get("sliding_attention") or {}),
        },
    }
