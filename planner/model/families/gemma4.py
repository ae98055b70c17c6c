"""Gemma 4: wider heads in the layers without a window, layers that share a cache, experts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Layer
from planner.model.blocks import embedding, experts, mlp, norm, norms, replicated, router
from planner.model.cache import FullAttention, SharedCache, SlidingWindow
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.gemma import NORMALIZER
from planner.model.families.gemma2 import FOUR_NORMS
from planner.model.families.gemma3n import attention
from planner.model.layer_types import every_nth_full
from planner.model.modules import Buffer, Linear, Part, Weight
from planner.model.towers import gemma4 as towers

if TYPE_CHECKING:
    from planner.model.architecture import Architecture, Block
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Gemma4ForConditionalGeneration", "Gemma4ForCausalLM")
EXAMPLES = {
    "google/gemma-4-26B-A4B": 25_820_351_792,
    "google/gemma-4-31B": 31_383_186_992,
    "google/gemma-4-E4B": 7_632_344_064,
}
"""with values of their own where the checkpoint's keys serve as both (``attention_k_eq_v``)"""
DEFAULTS: dict[str, Any] = {
    "vocab_size": 262144,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 30,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 131072,
    "sliding_window": 512,
    "vocab_size_per_layer_input": 262144,
    "hidden_size_per_layer_input": 256,
}
"""transformers.Gemma4TextConfig (5.19)"""
_PATTERN = 6
_GLOBAL_HEAD_DIM = 512
_VIDEO_FRAMES = 32
_FRAME_TOKENS = 70 + 2 + 6
_ROPES = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
    "full_attention": {
        "rope_type": "proportional",
        "partial_rotary_factor": 0.25,
        "rope_theta": 1_000_000.0,
    },
}


def read(keys: Keys) -> Architecture:
    """The text model, and encoders where the file describes them.

    Source: vllm.model_executor.models.gemma4, .gemma4_mm (0.33.0)
    """
    if "text_config" not in keys:
        return text(keys)
    text_keys = keys.part("text_config")
    inner = text(text_keys)
    built = vision.beside(inner, _towers(keys, inner.hidden_size), keys, text_keys)
    return replace(built, mm_item_tokens=largest_item(text_keys))


def largest_item(keys: Keys) -> int:
    """Tokens of a video, where its tokens see each other: the largest input there is.

    Source: vllm.model_executor.models.gemma4_mm.Gemma4ProcessingInfo.get_mm_max_tokens_per_item
    (0.33.0)
    """
    return _VIDEO_FRAMES * _FRAME_TOKENS if _sees_images_whole(keys) else 0


def _sees_images_whole(keys: Keys) -> bool:
    return keys.text("use_bidirectional_attention") == "vision"


def _towers(keys: Keys, hidden: int) -> tuple[Block, ...]:
    method = keys.part("quantization_config").text("quant_method")
    blocks = towers.vision_tower(keys.part("vision_config"), hidden, method)
    if isinstance(keys.raw("audio_config"), dict):
        blocks += towers.audio_tower(keys.part("audio_config"), hidden, method)
    return blocks


def text(keys: Keys) -> Architecture:
    """The text model; a layer that shares a cache must lie on the stage of the layer it reads."""
    keys = _with_types(keys.with_defaults(DEFAULTS))
    decoder = Decoder.read(keys, tied=True)
    shared = keys.int("num_kv_shared_layers", default=0)
    types = decoder.layer_types
    sizes = _layer_sizes(keys, types)
    mixed = len(set(sizes)) > 1
    first_shared = decoder.num_layers - shared
    layers = [
        _layer(
            replace(decoder, head_dim=head_dim, kv_heads=kv_heads),
            layer_type,
            shares=index >= first_shared,
            mixed=mixed,
        )
        for index, (layer_type, (head_dim, kv_heads)) in enumerate(zip(types, sizes, strict=True))
    ]
    return decoder.architecture(
        layers,
        on_every_stage=WHOLE_FRAME,
        every=(NORMALIZER, *_inputs_of_layers(decoder)),
        supports_pp=not shared,
        experts_per_token=keys.int("top_k_experts", default=0),
    )


def _with_types(keys: Keys) -> Keys:
    """The keys with what the class derives: layer types, rotary parameters, window."""
    count = keys.int("num_hidden_layers")
    types = keys.list("layer_types") or every_nth_full(count, _PATTERN)
    window = keys.int("sliding_window")
    if keys.text("use_bidirectional_attention") == "all":
        window = window // 2 + 1
    return keys.replaced(
        {
            "layer_types": [*types[:-1], "full_attention"],
            "sliding_window": window,
            "rope_parameters": keys.raw("rope_parameters") or _ROPES,
        }
    )


def _layer_sizes(keys: Keys, types: list[str]) -> list[tuple[int, int]]:
    """Head size and KV heads of each layer: of all, and what layers without a window change.

    Source: transformers.models.gemma4.configuration_gemma4.Gemma4TextConfig (5.19)
    """
    usual = {
        "head_dim": keys.int("head_dim"),
        "num_key_value_heads": keys.int("num_key_value_heads"),
    }
    wide = {"head_dim": keys.int("global_head_dim", default=_GLOBAL_HEAD_DIM)}
    if keys.flag("attention_k_eq_v") and "num_global_key_value_heads" in keys:
        wide["num_key_value_heads"] = keys.int("num_global_key_value_heads")
    stated = keys.part("per_layer_config").mapping
    changes: dict[int, dict[str, int]] = {int(index): dict(c) for index, c in stated.items()}
    if not stated:
        changes = {i: wide for i, name in enumerate(types) if name == "full_attention"}
    merged = [{**usual, **changes.get(index, {})} for index in range(len(types))]
    return [(int(layer["head_dim"]), int(layer["num_key_value_heads"])) for layer in merged]


def _layer(decoder: Decoder, layer_type: str, *, shares: bool, mixed: bool) -> Layer:
    keys, hidden = decoder.keys, decoder.hidden
    double = shares and keys.flag("use_double_wide_mlp")
    width = decoder.intermediate * (2 if double else 1)
    return Layer(
        modules=(
            *attention(decoder, shares=shares),
            decoder.rope(layer_type),
            *mlp(hidden=hidden, intermediate=width),
            *norms(hidden, *FOUR_NORMS),
            *_experts(decoder),
            *_input_of_layer(decoder),
            Buffer(name="layer_scalar", elements=1, shared=False),
        ),
        caches=(SharedCache() if shares else _cache(decoder, layer_type, mixed=mixed),),
    )


def _cache(decoder: Decoder, layer_type: str, *, mixed: bool) -> CacheSpec:
    keys = decoder.keys
    window = keys.int("sliding_window") if layer_type == "sliding_attention" else None
    cache = decoder.cache(window, mm_prefix=_sees_images_whole(keys))
    if isinstance(cache, FullAttention | SlidingWindow):
        return replace(cache, mixed_heads=mixed)
    return cache


def _experts(decoder: Decoder) -> tuple[Module, ...]:
    """Experts beside the dense block, with norms around each."""
    keys, hidden = decoder.keys, decoder.hidden
    if "num_experts" not in keys:
        return ()
    count = keys.int("num_experts")
    routed = experts(
        hidden=hidden,
        intermediate=keys.int("moe_intermediate_size", "expert_intermediate_size"),
        count=count,
        prefix="",
    )
    names = tuple(name.removeprefix(".") for name in routed.matrices)
    return (
        router(hidden, count, "router.proj"),
        Weight(name="router.scale", shape=(hidden,)),
        Weight(name="router.per_expert_scale", shape=(count,)),
        Buffer(name="router.root_size", elements=1, shared=False),
        replace(routed, name="experts", matrices=names),
        *norms(
            hidden,
            "post_feedforward_layernorm_1",
            "post_feedforward_layernorm_2",
            "pre_feedforward_layernorm_2",
        ),
    )


def _input_of_layer(decoder: Decoder) -> tuple[Module, ...]:
    """What brings a layer's own embedding in."""
    size = decoder.keys.int("hidden_size_per_layer_input", default=0)
    if not size:
        return ()
    return (
        replicated("per_layer_input_gate", decoder.hidden, size),
        replicated("per_layer_projection", size, decoder.hidden),
        norm("post_per_layer_input_norm", decoder.hidden),
    )


def _inputs_of_layers(decoder: Decoder) -> tuple[Module, ...]:
    """A second vocabulary table, with a row for each layer side by side."""
    keys = decoder.keys
    size = keys.int("hidden_size_per_layer_input", default=0)
    if not size:
        return ()
    width = size * decoder.num_layers
    vocabulary = keys.int("vocab_size_per_layer_input")
    return (
        embedding(vocabulary, width, "model.embed_tokens_per_layer"),
        Linear(
            name="model.per_layer_model_projection",
            inputs=decoder.hidden,
            parts=(Part(width),),
        ),
        norm("model.per_layer_projection_norm", size),
        Buffer(name="model.per_layer_scales", elements=3),
    )
