"""Kimi-K3: Kimi Linear's layers with narrower experts, beside Kimi-K2.5's encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import kimi_linear
from planner.model.towers import kimi

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("KimiK3ForConditionalGeneration",)
EXAMPLES = {"moonshotai/Kimi-K3": 2_779_931_834_976}


def read(keys: Keys) -> Architecture:
    """The encoder follows the checkpoint's number format except compressed-tensors'.

    Source: vllm.models.kimi_k3.nvidia.model.KimiK3ForConditionalGeneration (0.33.0)
    """
    text_keys = keys.part("text_config")
    text = kimi_linear.read(text_keys)
    tower = kimi.moonvit_3d(
        keys.part("vision_config"), text.hidden_size, quantized=False, cast=False
    )
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
