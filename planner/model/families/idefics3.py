"""Idefics3 and SmolVLM: a SigLIP-like encoder, one layer between, and Llama."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import replicated
from planner.model.families import llama
from planner.model.towers.idefics import DEFAULTS, idefics
from planner.model.towers.text_model import TEXT_PART, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Idefics3ForConditionalGeneration", "SmolVLMForConditionalGeneration")
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The classes have no pipeline stages.

    The text model's own part says whether its head is tied, if it names no architecture.
    Source: vllm.model_executor.models.idefics3, .smolvlm (0.33.0)
    """
    part = keys.part(TEXT_PART)
    text_keys = text_part(keys) if part.list("architectures") else part
    text = llama.read(text_keys)
    encoder = keys.part("vision_config").with_defaults(DEFAULTS)
    merged = encoder.int("hidden_size") * keys.int("scale_factor", default=2) ** 2
    projection = replicated("model.connector.modality_projection.proj", merged, text.hidden_size)
    tower = (*idefics(encoder, "model.vision_model"), Block(modules=(projection,)))
    prefix = "model.text_model.layers"
    return vision.beside(text, tower, keys, text_keys, layer_prefix=prefix, supports_pp=False)
