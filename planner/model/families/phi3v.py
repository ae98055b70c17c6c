"""Phi-3 and Phi-3.5 Vision: CLIP beside Phi-3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import embedding
from planner.model.families import phi3
from planner.model.keys import Keys
from planner.model.modules import Weight
from planner.model.towers.clip_like import CLIP_336
from planner.model.towers.parts import plain_linear

if TYPE_CHECKING:
    from planner.model.architecture import Architecture

ARCHITECTURES = ("Phi3VForCausalLM",)
EXAMPLES: dict[str, int] = {}
_CLIP_OUTPUTS, _LAYER = 1024, -2
_PATCHES_MERGED = 4


def read(keys: Keys) -> Architecture:
    """The vocabulary's table is built twice on the first stage.

    Source: vllm.model_executor.models.phi3v (0.33.0)
    """
    text = phi3.read(keys)
    processor = keys.part("img_processor")
    name = "vision_embed_tokens"
    width = processor.int("image_dim_out", default=_CLIP_OUTPUTS) * _PATCHES_MERGED
    encoder = vision.Encoder.read(Keys(CLIP_336))
    encoder = encoder.up_to(processor.int("layer_idx", default=_LAYER))
    once = (
        embedding(text.vocab_size, text.hidden_size, "embed_tokens"),
        Weight(name=f"{name}.glb_GN", shape=(width,)),
        Weight(name=f"{name}.sub_GN", shape=(width,)),
        plain_linear(f"{name}.img_projection.0", width, text.hidden_size),
        plain_linear(f"{name}.img_projection.2", text.hidden_size, text.hidden_size),
    )
    clip = vision.clip(encoder, f"{name}.img_processor.vision_model")
    return vision.beside(text, (Block(modules=once), *clip), keys, keys)
