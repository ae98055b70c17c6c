"""Gemma 3n's encoders of images and of sound, and how both reach the text model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.model.architecture import Block
from planner.model.blocks import embedding, norm, norms
from planner.model.modules import Buffer, Weight
from planner.model.towers.mobilenet_v5 import ARCHITECTURE, mobilenet_v5
from planner.model.towers.parts import convolution, plain_linear, row

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

VISION_DEFAULTS: dict[str, Any] = {
    "architecture": ARCHITECTURE,
    "hidden_size": 2048,
    "vocab_size": 128,
}
"""transformers.Gemma3nVisionConfig (5.19)"""
AUDIO_DEFAULTS: dict[str, Any] = {
    "vocab_size": 128,
    "input_feat_size": 128,
    "hidden_size": 1536,
    "conf_attention_chunk_size": 12,
    "conf_attention_context_left": 13,
    "conf_attention_context_right": 0,
    "conf_num_attention_heads": 8,
    "conf_num_hidden_layers": 12,
    "conf_conv_kernel_size": 5,
    "sscp_conv_channel_size": [128, 32],
}
"""transformers.Gemma3nAudioConfig (5.19)"""
_CLIPS = 5
"""parts of a layer of the conformer that clip gradients, each with a bound"""


def vision_tower(keys: Keys, text_hidden: int) -> tuple[Block, ...]:
    """The encoder of images.

    Source: vllm.model_executor.models.gemma3n_mm (0.33.0)
    """
    keys = keys.with_defaults(VISION_DEFAULTS)
    if keys.text("architecture") != ARCHITECTURE:
        raise InvalidInputError(
            f"the image encoder {keys.text('architecture')} is not known",
            cause=f"Gemma 3n is read with {ARCHITECTURE} only",
            fix="use the config.json that lies beside the checkpoint",
        )
    modules = (*mobilenet_v5("vision_tower.timm_model"), *_embedder("vision", keys, text_hidden))
    return (Block(modules=modules, follows_mode=False),)


def _embedder(name: str, keys: Keys, text_hidden: int) -> tuple[Module, ...]:
    """A small vocabulary, norms, and the projection to the text model's width."""
    prefix, hidden = f"embed_{name}", keys.int("hidden_size")
    return (
        embedding(keys.int("vocab_size"), hidden, f"{prefix}.embedding"),
        *norms(hidden, f"{prefix}.hard_embedding_norm", f"{prefix}.soft_embedding_norm"),
        row(f"{prefix}.embedding_projection", hidden, text_hidden, bias=False, quantized=False),
    )


def audio_tower(keys: Keys, text_hidden: int) -> tuple[Block, ...]:
    """The encoder of sound: a conformer.

    Source: vllm.model_executor.models.gemma3n_mm (0.33.0),
    transformers.models.gemma3n.modeling_gemma3n.Gemma3nAudioEncoder (5.19)
    """
    keys = keys.with_defaults(AUDIO_DEFAULTS)
    hidden, prefix = keys.int("hidden_size"), "audio_tower"
    subsample = f"{prefix}.subsample_conv_projection"
    channels = [int(count) for count in keys.list("sscp_conv_channel_size")]
    bands = keys.int("input_feat_size") // 2 ** len(channels)
    once: tuple[Module, ...] = (
        plain_linear(f"{subsample}.input_proj_linear", channels[-1] * bands, hidden, bias=False),
        *_embedder("audio", keys, text_hidden),
    )
    for index, (before, after) in enumerate(zip([1, *channels], channels, strict=False)):
        name = f"{subsample}.conv_{index}"
        once += (*convolution(f"{name}.conv", after, before, 3, 3, bias=False),)
        once += (norm(f"{name}.norm", after),)
    each = (*_conformer(keys, f"{prefix}.conformer.0", hidden), *_masks(keys, prefix, hidden))
    return (
        Block(modules=once, follows_mode=False),
        Block(modules=each, count=keys.int("conf_num_hidden_layers"), follows_mode=False),
    )


def _conformer(keys: Keys, prefix: str, hidden: int) -> tuple[Module, ...]:
    """Feed-forward, attention, convolution, feed-forward."""
    attention, conv = f"{prefix}.attention", f"{prefix}.lconv1d"
    modules: tuple[Module, ...] = (
        Weight(
            name=f"{attention}.attn.per_dim_scale",
            shape=(hidden // keys.int("conf_num_attention_heads"),),
        ),
        plain_linear(f"{conv}.linear_start", hidden, 2 * hidden, bias=False),
        plain_linear(f"{conv}.linear_end", hidden, hidden, bias=False),
        *convolution(
            f"{conv}.depthwise_conv1d", hidden, 1, keys.int("conf_conv_kernel_size"), bias=False
        ),
        *norms(hidden, f"{conv}.pre_layer_norm", f"{conv}.conv_norm", f"{prefix}.norm"),
        *norms(hidden, f"{attention}.pre_attn_norm", f"{attention}.post_norm"),
    )
    for name in ("pos_proj", "q_proj", "k_proj", "v_proj", "post"):
        modules += (plain_linear(f"{attention}.{name}", hidden, hidden, bias=False),)
    for name in (f"{prefix}.ffw_layer_start", f"{prefix}.ffw_layer_end"):
        modules += (
            plain_linear(f"{name}.ffw_layer_1", hidden, 4 * hidden, bias=False),
            plain_linear(f"{name}.ffw_layer_2", 4 * hidden, hidden, bias=False),
            *norms(hidden, f"{name}.pre_layer_norm", f"{name}.post_layer_norm"),
        )
    return modules


def _masks(keys: Keys, prefix: str, hidden: int) -> tuple[Module, ...]:
    """Buffers of a layer: bounds and scales, the mask of a chunk, and its time scales."""
    chunk = keys.int("conf_attention_chunk_size")
    left, right = (keys.int(f"conf_attention_context_{side}") for side in ("left", "right"))
    sizes = (
        ("bounds", _CLIPS + 1, None),
        ("mask", chunk * (chunk + max(0, left - 1) + right), "uint8"),
        ("softcap", 1, "float32"),
        ("inv_timescales", hidden // 2, "float32"),
    )
    return tuple(
        Buffer(name=f"{prefix}.{name}", elements=elements, dtype=dtype, shared=False)
        for name, elements, dtype in sizes
    )
