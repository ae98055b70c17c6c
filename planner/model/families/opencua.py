"""OpenCUA: the encoder of Qwen2.5-VL beside Qwen2, one position a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import qwen2
from planner.model.towers import qwen
from planner.model.towers.text_model import text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("OpenCUAForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """Images alone.

    Source: vllm.model_executor.models.opencua (0.33.0)
    """
    text_keys = text_part(keys, tied=None)
    tower = qwen.qwen2_5(keys.part("vision_config"))
    text = qwen2.read(text_keys)
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
