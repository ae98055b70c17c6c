"""Command A Vision: SigLIP beside Command A."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.modules import Linear, Part
from planner.model.towers.parts import row
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Cohere2VisionForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The projector is gated, and divided in either mode.

    Source: vllm.model_executor.models.cohere2_vision (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "cohere2"}, tied=True)
    text = registered(text_keys)
    encoder = vision.Encoder.read(keys.part("vision_config"), vision.SIGLIP_DEFAULTS)
    merged = encoder.hidden * keys.int("downsample_factor", default=2) ** 2
    inner = keys.int("alignment_intermediate_size", default=36864) // 2
    name = "multi_modal_projector"
    parts = (Part(inner), Part(inner))
    projector = (
        Linear(name=f"{name}.linear_1", inputs=merged, parts=parts, bias=True),
        row(f"{name}.linear_2", inner, text.hidden_size),
    )
    tower = (*vision.siglip(encoder), Block(modules=projector))
    return vision.beside(text, tower, keys, text_keys)
