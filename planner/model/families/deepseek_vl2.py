"""DeepSeek-VL2 and DeepSeek-OCR: image encoders and a small MLP beside DeepSeek's text model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.families import deepseek
from planner.model.keys import Keys
from planner.model.modules import Weight
from planner.model.towers.clip_like import CLIP_336
from planner.model.towers.parts import plain_linear
from planner.model.towers.sam import sam
from planner.model.towers.text_model import text_part
from planner.model.towers.timm_siglip import timm_siglip

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.modules import Module

OCR = "DeepseekOCRForCausalLM"
ARCHITECTURES = ("DeepseekVLV2ForCausalLM", OCR)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """Two vectors that part images and their lines lie on each stage.

    Source: vllm.model_executor.models.deepseek_vl2, .deepseek_ocr (0.33.0)
    """
    text_keys = text_part(keys, name="language_config", tied=None)
    text = deepseek.read(text_keys)
    projector = _projector(keys.part("projector_config"))
    width = (keys.part("projector_config").int("n_embed", default=2048),)
    marks = (Weight(name="image_newline", shape=width), Weight(name="view_seperator", shape=width))
    ocr = OCR in keys.list("architectures")
    tower = (*(_sam_and_clip() if ocr else timm_siglip("vision")), Block(modules=projector))
    changed = vision.beside(text, tower, keys, text_keys, every=(*text.every, *marks))
    return replace(changed, layer_prefix="language.model.layers")


def _sam_and_clip() -> tuple[Block, ...]:
    """Source: vllm.model_executor.models.deepseek_ocr (0.33.0)."""
    clip = vision.Encoder.read(Keys({**CLIP_336, "image_size": 224}))
    return (*sam(), *vision.clip(clip, "vision_model"))


def _projector(keys: Keys) -> tuple[Module, ...]:
    """Source: vllm.transformers_utils.configs.deepseek_vl2.MlpProjectorConfig (0.33.0)."""
    inputs, outputs = keys.int("input_dim", default=1152), keys.int("n_embed", default=2048)
    if keys.text("projector_type", default="downsample_mlp_gelu") == "linear":
        return (plain_linear("projector.layers", inputs, outputs),)
    merged = inputs * keys.int("downsample_ratio", default=2) ** 2
    inner = outputs * keys.int("mlp_ratio", default=1)
    sizes = (merged, *[inner] * (keys.int("depth", default=2) - 1), outputs)
    return tuple(
        plain_linear(f"projector.layers.{2 * index}", before, after)
        for index, (before, after) in enumerate(pairwise(sizes))
    )
