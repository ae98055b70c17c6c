"""PaliGemma: SigLIP beside Gemma or Gemma 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.families import gemma, gemma2
from planner.model.towers.parts import plain_linear
from planner.model.towers.text_model import text_part, with_image_prefix

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("PaliGemmaForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The tokens of an image see each other.

    Source: vllm.model_executor.models.paligemma (0.33.0)
    """
    text_keys = text_part(keys, tied=True)
    first = text_keys.text("model_type", default="gemma") == "gemma"
    text = with_image_prefix((gemma if first else gemma2).read(text_keys))
    part = keys.part("vision_config")
    encoder = vision.Encoder.read(part, vision.SIGLIP_DEFAULTS)
    width = part.int("projection_dim", default=keys.int("projection_dim", default=2048))
    projector = plain_linear("multi_modal_projector.linear", encoder.hidden, width)
    tower = (*vision.siglip(encoder), Block(modules=(projector,)))
    return vision.beside(text, tower, keys, text_keys)
