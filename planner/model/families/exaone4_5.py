"""EXAONE 4.5: Qwen2.5-VL's encoder with fewer key-value heads, beside EXAONE 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import exaone4
from planner.model.towers import qwen
from planner.model.towers.text_model import text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Exaone4_5_ForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The encoder is divided and whole in the modes that Qwen2.5-VL knows.

    Source: vllm.model_executor.models.exaone4_5 (0.33.0)
    """
    text_keys = text_part(keys)
    text = exaone4.read(text_keys)
    tower = qwen.qwen2_5(keys.part("vision_config"))
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
