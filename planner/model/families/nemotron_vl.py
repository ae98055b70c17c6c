"""Nemotron Nano VL and its later kin: RADIO beside Nemotron-H."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.towers.parts import plain_linear
from planner.model.towers.radio import radio
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = (
    "NemotronH_Nano_VL_V2",
    "NemotronH_Nano_Omni_Reasoning_V3",
    "NemotronH_Super_Omni_Reasoning_V3",
    "NemotronH_Omni_Reasoning_V3",
)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The class has no pipeline stages.

    Source: vllm.model_executor.models.nano_nemotron_vl.NemotronH_Nano_VL_V2 (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "nemotron_h"}, name="llm_config", tied=None)
    text = registered(text_keys)
    hidden = keys.int("vit_hidden_size")
    inner = keys.int("projector_hidden_size")
    merged = hidden * round(1 / keys.float("downsample_ratio", default=0.5)) ** 2
    drafts = text_keys.int("num_nextn_predict_layers", default=0)
    last = (norm("vision_final_layernorm", hidden, bias=True),) if drafts else ()
    projector = (
        *last,
        norm("mlp1.0", merged),
        plain_linear("mlp1.1", merged, inner, bias=False),
        plain_linear("mlp1.3", inner, text.hidden_size, bias=False),
    )
    tower = (*radio(keys.part("vision_config")), Block(modules=projector))
    built = vision.beside(text, tower, keys, text_keys, supports_pp=False)
    if "sound_config" not in keys:
        return built
    return replace(built, notes=(*built.notes, "the encoder of sound is not counted"))
