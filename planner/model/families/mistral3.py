"""Mistral Small 3.1, Ministral 3, Mistral Large 3: a Pixtral encoder beside a text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.families import deepseek, mistral
from planner.model.modules import Linear, Part, Split, Weight

if TYPE_CHECKING:
    from types import ModuleType

    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Mistral3ForConditionalGeneration",)
EXAMPLES = {
    "mistralai/Mistral-Small-3.1-24B-Instruct-2503": 24_011_361_280,
    "mistralai/Mistral-Large-3-675B-Instruct-2512": 675_991_176_960,
}
_TEXT: dict[str, ModuleType] = {"deepseek_v3": deepseek, "mistral4": deepseek}
"""text models by ``model_type`` that are not Mistral's own"""


def read(keys: Keys) -> Architecture:
    """The encoder's patches are merged two by two before they are projected.

    Source: vllm.model_executor.models.mistral3 (0.33.0)
    """
    text_keys = keys.part("text_config")
    text = _TEXT.get(text_keys.text("model_type"), mistral).read(text_keys)
    encoder = vision.Encoder.read(keys.part("vision_config"), vision.PIXTRAL_DEFAULTS)
    tower = vision.pixtral(encoder.up_to(keys.raw("vision_feature_layer")))
    projector = _projector(keys, encoder.hidden, text.hidden_size)
    return vision.beside(text, (*tower, projector), keys, text_keys)


def _projector(keys: Keys, hidden: int, text_hidden: int) -> Block:
    merged = hidden * keys.int("spatial_merge_size", default=2) ** 2
    bias = keys.flag("multimodal_projector_bias")
    name = "multi_modal_projector"
    return Block(
        modules=(
            norm(f"{name}.norm", hidden),
            Weight(name=f"{name}.patch_merger.merging_layer", shape=(hidden, merged)),
            Linear(name=f"{name}.linear_1", inputs=hidden, parts=(Part(text_hidden),), bias=bias),
            Linear(
                name=f"{name}.linear_2",
                inputs=text_hidden,
                parts=(Part(text_hidden),),
                split=Split.ROW,
                bias=bias,
            ),
        ),
        follows_mode=False,
    )
