"""Gemma 3n: four residual streams, an embedding for each layer, layers that share a cache."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Layer
from planner.model.blocks import embedding, mlp, norm, norms, replicated
from planner.model.cache import SharedCache
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.gemma2 import FOUR_NORMS
from planner.model.layer_types import every_nth_full
from planner.model.modules import Buffer, Linear, Part, Split, Weight
from planner.model.towers import gemma3n as towers

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Gemma3nForConditionalGeneration", "Gemma3nForCausalLM")
EXAMPLES = {
    "google/gemma-3n-E4B-it": 7_818_517_072,
    "google/gemma-3n-E2B-it": 5_418_464_192,
}
"""without the keys and values that the checkpoint keeps for layers that share a cache"""
DEFAULTS: dict[str, Any] = {
    "vocab_size": 262400,
    "hidden_size": 2048,
    "intermediate_size": 16384,
    "num_hidden_layers": 35,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "max_position_embeddings": 32768,
    "sliding_window": 512,
    "vocab_size_per_layer_input": 262144,
    "hidden_size_per_layer_input": 256,
    "altup_num_inputs": 4,
    "num_kv_shared_layers": 15,
    "laurel_rank": 64,
}
"""transformers.Gemma3nTextConfig (5.19)"""
_PATTERN = 5
_ROPES = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
    "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
}


def read(keys: Keys) -> Architecture:
    """The text model, and encoders of images and sound where the file is of all three.

    Source: vllm.model_executor.models.gemma3n, .gemma3n_mm (0.33.0)
    """
    if "text_config" not in keys:
        return _text(keys)
    text_keys = keys.part("text_config")
    text = _text(text_keys)
    tower = (
        *towers.vision_tower(keys.part("vision_config"), text.hidden_size),
        *towers.audio_tower(keys.part("audio_config"), text.hidden_size),
    )
    return vision.beside(text, tower, keys, text_keys)


def _text(keys: Keys) -> Architecture:
    keys = keys.with_defaults(DEFAULTS)
    count = keys.int("num_hidden_layers")
    types = keys.list("layer_types") or every_nth_full(count, _PATTERN)
    ropes = keys.raw("rope_parameters") or _ROPES
    keys = keys.replaced({"layer_types": types, "rope_parameters": ropes, "rope_scaling": None})
    decoder = Decoder.read(keys, tied=True)
    first_shared = count - keys.int("num_kv_shared_layers")
    return decoder.architecture(
        [
            _layer(decoder, name, width, shares=index >= first_shared)
            for index, (name, width) in enumerate(zip(types, _widths(decoder), strict=True))
        ],
        on_every_stage=WHOLE_FRAME,
        every=_streams(decoder),
        supports_pp=False,
    )


def _widths(decoder: Decoder) -> list[int]:
    """Features of each layer's MLP: listed, or all the same."""
    stated = decoder.keys.raw("intermediate_size")
    if isinstance(stated, list):
        return [int(width) for width in stated]
    return [decoder.intermediate] * decoder.num_layers


def _layer(decoder: Decoder, layer_type: str, width: int, *, shares: bool) -> Layer:
    keys, hidden = decoder.keys, decoder.hidden
    window = keys.int("sliding_window") if layer_type == "sliding_attention" else None
    size = keys.int("hidden_size_per_layer_input")
    return Layer(
        modules=(
            *_mixing(decoder),
            *attention(decoder, shares=shares),
            decoder.rope(layer_type),
            *mlp(hidden=hidden, intermediate=width),
            *_residual(decoder),
            replicated("per_layer_input_gate", hidden, size),
            replicated("per_layer_projection", size, hidden),
            *norms(hidden, *FOUR_NORMS, "post_per_layer_input_norm"),
        ),
        caches=(SharedCache() if shares else decoder.cache(window),),
    )


def attention(decoder: Decoder, *, shares: bool) -> tuple[Module, ...]:
    """Norms over heads; a layer that shares a cache projects queries only."""
    bias = decoder.keys.flag("attention_bias")
    modules = decoder.attention(qkv_bias=bias, out_bias=bias, qk_norm=True)
    if not shares:
        return modules
    queries = Linear(
        name="self_attn.q_proj",
        inputs=decoder.hidden,
        parts=(Part(decoder.heads, decoder.head_dim),),
        bias=bias,
    )
    dropped = ("self_attn.qkv_proj", "self_attn.k_norm")
    return (queries, *(module for module in modules if module.name not in dropped))


def _mixing(decoder: Decoder) -> tuple[Module, ...]:
    """What predicts and corrects the residual streams.

    Source: vllm.model_executor.models.gemma3n.Gemma3nAltUp (0.33.0)
    """
    hidden, streams = decoder.hidden, decoder.keys.int("altup_num_inputs")
    return (
        replicated("altup.correction_coefs", streams, streams),
        replicated("altup.prediction_coefs", streams, streams**2),
        replicated("altup.modality_router", hidden, streams),
        norm("altup.router_norm", hidden),
        Weight(name="altup.correct_output_scale", shape=(hidden,), dtype="float32"),
        Buffer(name="altup.router_input_scale", elements=1, shared=False),
    )


def _residual(decoder: Decoder) -> tuple[Module, ...]:
    """A narrow detour beside attention.

    Source: vllm.model_executor.models.gemma3n.Gemma3nLaurelBlock (0.33.0)
    """
    hidden, rank = decoder.hidden, decoder.keys.int("laurel_rank")
    left = Linear(name="laurel.linear_left", inputs=hidden, parts=(Part(rank),))
    right = Linear(name="laurel.linear_right", inputs=rank, parts=(Part(hidden),), split=Split.ROW)
    return left, right, norm("laurel.post_laurel_norm", hidden)


def _streams(decoder: Decoder) -> tuple[Module, ...]:
    """What makes the residual streams and joins them, and the layers' own embedding."""
    keys, hidden = decoder.keys, decoder.hidden
    size = keys.int("hidden_size_per_layer_input")
    width = size * decoder.num_layers
    square = Linear(name="model.altup_projections.0", inputs=hidden, parts=(Part(hidden),))
    numbers = range(keys.int("altup_num_inputs") - 1)
    return (
        *(
            replace(square, name=f"model.{name}.{number}")
            for name in ("altup_projections", "altup_unembed_projections")
            for number in numbers
        ),
        embedding(keys.int("vocab_size_per_layer_input"), width, "model.embed_tokens_per_layer"),
        Linear(name="model.per_layer_model_projection", inputs=hidden, parts=(Part(width),)),
        norm("model.per_layer_projection_norm", size),
        Buffer(name="model.scales", elements=4),
    )
