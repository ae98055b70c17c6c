"""Kimi-VL and Kimi-K2.5: MoonViT beside DeepSeek's text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import deepseek
from planner.model.towers import kimi
from planner.model.towers.text_model import text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

K25 = "KimiK25ForConditionalGeneration"
ARCHITECTURES = ("KimiVLForConditionalGeneration", K25)
EXAMPLES = {"moonshotai/Kimi-VL-A3B-Instruct": 16_407_656_048}


def read(keys: Keys) -> Architecture:
    """VLLM leaves Kimi-K2.5's encoder unquantized in compressed-tensors checkpoints.

    Source: vllm.model_executor.models.kimi_vl, .kimi_k25 (0.33.0)
    """
    text_keys = text_part(keys)
    text = deepseek.read(text_keys)
    part = keys.part("vision_config")
    if K25 in keys.list("architectures"):
        method = keys.part("quantization_config").text("quant_method")
        quantized = method not in ("", "compressed-tensors")
        tower = kimi.moonvit_3d(part, text.hidden_size, quantized=quantized, cast=not quantized)
    else:
        tower = kimi.moonvit(part, text.hidden_size)
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
