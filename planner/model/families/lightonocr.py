"""LightOnOCR: the encoder and projector of Mistral 3 beside Qwen3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import mistral3
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("LightOnOCRForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """Without transformers' ``vision_feature_layer`` all layers are built.

    Source: vllm.model_executor.models.lightonocr (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "qwen3"}, tied=True)
    tower = mistral3.read(keys).tower
    return vision.beside(registered(text_keys), tower, keys, text_keys)
