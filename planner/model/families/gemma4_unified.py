"""Gemma 4 without encoders: patches and sound go to the text model by one projection each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm, replicated
from planner.model.families import gemma4
from planner.model.modules import Weight
from planner.model.towers.parts import column

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Linear

ARCHITECTURES = ("Gemma4UnifiedForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}
TEXT_DEFAULTS: dict[str, Any] = {
    "max_position_embeddings": 262144,
    "sliding_window": 1024,
    "hidden_size_per_layer_input": 0,
}
"""where transformers.Gemma4UnifiedTextConfig (5.19) differs from Gemma 4's"""
VISION_DEFAULTS: dict[str, Any] = {
    "patch_size": 16,
    "pooling_kernel_size": 3,
    "mm_embed_dim": 3840,
    "mm_posemb_size": 1120,
    "output_proj_dims": 3840,
}
"""transformers.Gemma4UnifiedVisionConfig (5.19)"""
_AUDIO_DIM = 640
_COLOURS = 3


def read(keys: Keys) -> Architecture:
    """The text model, and the projections; vLLM wants the part on images.

    Source: vllm.model_executor.models.gemma4_unified (0.33.0)
    """
    text_keys = keys.part("text_config").with_defaults(TEXT_DEFAULTS)
    text = gemma4.text(text_keys)
    blocks = [_patches(keys.part("vision_config"), text.hidden_size)]
    if isinstance(keys.raw("audio_config"), dict):
        inputs = keys.part("audio_config").int("audio_embed_dim", default=_AUDIO_DIM)
        blocks.append(Block(modules=(_projection("embed_audio", inputs, text.hidden_size),)))
    built = vision.beside(text, tuple(blocks), keys, text_keys)
    return replace(built, mm_item_tokens=gemma4.largest_item(text_keys))


def _patches(keys: Keys, text_hidden: int) -> Block:
    keys = keys.with_defaults(VISION_DEFAULTS)
    side = keys.int("patch_size") * keys.int("pooling_kernel_size")
    inputs, hidden = side**2 * _COLOURS, keys.int("mm_embed_dim")
    prefix = "vision_embedder"
    positions = (keys.int("mm_posemb_size"), 2, hidden)
    return Block(
        modules=(
            norm(f"{prefix}.patch_ln1", inputs, bias=True),
            column(f"{prefix}.patch_dense", inputs, hidden),
            norm(f"{prefix}.patch_ln2", hidden, bias=True),
            Weight(name=f"{prefix}.pos_embedding", shape=positions),
            norm(f"{prefix}.pos_norm", hidden, bias=True),
            _projection("embed_vision", keys.int("output_proj_dims"), text_hidden),
        ),
        follows_mode=False,
    )


def _projection(name: str, inputs: int, outputs: int) -> Linear:
    return replicated(f"{name}.embedding_projection", inputs, outputs, quantized=False)
