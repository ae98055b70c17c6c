"""Encoders of sound that lie whole on each rank, and Qwen's own that may be divided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.architecture import Block
from planner.model.blocks import norm, norms, replicated
from planner.model.modules import Buffer, Linear, Weight
from planner.model.towers.parts import column, convolution, plain_linear, row
from planner.model.towers.whisper import WhisperSizes
from planner.units import ceil_div

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

WHISPER_LARGE: dict[str, Any] = {
    "num_mel_bins": 128,
    "encoder_layers": 32,
    "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120,
    "d_model": 1280,
    "max_source_positions": 1500,
}
"""transformers.Qwen2AudioEncoderConfig and its kin (5.19)"""
QWEN3_DEFAULTS = {**WHISPER_LARGE, "output_dim": 3584, "downsample_hidden_size": 480}
"""transformers.Qwen3OmniMoeAudioEncoderConfig (5.19)"""
_KERNEL = 3


def _sizes(keys: Keys) -> WhisperSizes:
    return WhisperSizes(
        hidden=keys.int("d_model", "hidden_size"),
        heads=keys.int("encoder_attention_heads", "num_attention_heads"),
        intermediate=keys.int("encoder_ffn_dim", "intermediate_size"),
    )


def plain_layer(sizes: WhisperSizes, name: str) -> tuple[Module, ...]:
    """Whisper's layer as transformers builds it: whole on each rank, no bias on the keys."""
    hidden, inner = sizes.hidden, sizes.intermediate
    return (
        *(
            plain_linear(f"{name}.self_attn.{part}", hidden, hidden, bias=part != "k_proj")
            for part in ("q_proj", "k_proj", "v_proj", "out_proj")
        ),
        plain_linear(f"{name}.fc1", hidden, inner),
        plain_linear(f"{name}.fc2", inner, hidden),
        *norms(hidden, f"{name}.self_attn_layer_norm", f"{name}.final_layer_norm", bias=True),
    )


def plain_whisper(
    keys: Keys,
    prefix: str = "audio_tower",
    *,
    positions: bool = True,
    extra: tuple[Module, ...] = (),
) -> tuple[Block, ...]:
    """Whisper's encoder as transformers builds it; ``positions``: learned ones.

    Source: transformers.models.qwen2_audio.modeling_qwen2_audio.Qwen2AudioEncoder (5.19)
    """
    keys = keys.with_defaults(WHISPER_LARGE)
    sizes = _sizes(keys)
    hidden, length = sizes.hidden, keys.int("max_source_positions")
    table: Module = _waves(prefix, length * hidden)
    if positions:
        table = Weight(name=f"{prefix}.embed_positions", shape=(length, hidden))
    once = (
        *convolution(f"{prefix}.conv1", hidden, keys.int("num_mel_bins"), _KERNEL),
        *convolution(f"{prefix}.conv2", hidden, hidden, _KERNEL),
        table,
        norm(f"{prefix}.layer_norm", hidden, bias=True),
        *extra,
    )
    depth = keys.int("encoder_layers", "num_hidden_layers")
    return (
        Block(modules=once),
        Block(modules=plain_layer(sizes, f"{prefix}.layers.0"), count=depth),
    )


def qwen2_5_omni(keys: Keys, prefix: str = "audio_tower") -> tuple[Block, ...]:
    """Qwen2.5-Omni's: Whisper's layers, two marks and a projector.

    Source: transformers.models.qwen2_5_omni.modeling_qwen2_5_omni.Qwen2_5OmniAudioEncoder
    (5.19), which vLLM builds as it is
    """
    keys = keys.with_defaults({**WHISPER_LARGE, "output_dim": 3584})
    outputs, hidden = keys.int("output_dim"), keys.int("d_model")
    extra = (
        Weight(name=f"{prefix}.audio_bos_eos_token", shape=(2, outputs)),
        plain_linear(f"{prefix}.proj", hidden, outputs),
    )
    return plain_whisper(keys, prefix, positions=False, extra=extra)


def qwen3_omni(keys: Keys, prefix: str = "audio_tower") -> tuple[Block, ...]:
    """Qwen3-Omni's and Qwen3-ASR's: whole on each rank where its heads do not divide.

    Source: vllm.model_executor.models.qwen3_omni_moe_thinker.Qwen3OmniMoeAudioEncoder (0.33.0)
    """
    keys = keys.with_defaults(QWEN3_DEFAULTS)
    sizes = _sizes(keys)
    hidden, inner = sizes.hidden, keys.int("downsample_hidden_size")
    mels = keys.int("num_mel_bins")
    for _ in range(_KERNEL):
        mels = ceil_div(mels, 2)
    name = f"{prefix}.layers.0"
    layer = (
        *sizes.attention(f"{name}.self_attn"),
        column(f"{name}.fc1", hidden, sizes.intermediate),
        row(f"{name}.fc2", sizes.intermediate, hidden),
        *norms(hidden, f"{name}.self_attn_layer_norm", f"{name}.final_layer_norm", bias=True),
    )
    once = (
        *convolution(f"{prefix}.conv2d1", inner, 1, _KERNEL, _KERNEL),
        *convolution(f"{prefix}.conv2d2", inner, inner, _KERNEL, _KERNEL),
        *convolution(f"{prefix}.conv2d3", inner, inner, _KERNEL, _KERNEL),
        replicated(f"{prefix}.conv_out", inner * mels, hidden),
        _waves(prefix, keys.int("max_source_positions") * hidden),
        norm(f"{prefix}.ln_post", hidden, bias=True),
        replicated(f"{prefix}.proj1", hidden, hidden, bias=True),
        replicated(f"{prefix}.proj2", hidden, keys.int("output_dim"), bias=True),
    )
    divided = tuple(
        replace(m, divided_by=sizes.heads) if isinstance(m, Linear) else m for m in layer
    )
    depth = keys.int("encoder_layers")
    return Block(modules=once), Block(modules=divided, count=depth, follows_mode=False)


def _waves(prefix: str, elements: int) -> Buffer:
    """Sines and cosines for the positions, in float32."""
    return Buffer(name=f"{prefix}.positional_embedding", elements=elements, dtype="float32")
