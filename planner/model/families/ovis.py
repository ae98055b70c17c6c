"""Ovis 2 and 2.5: an encoder whose patches become words of a visual vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm, replicated
from planner.model.modules import Weight
from planner.model.towers import ovis
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Ovis", "Ovis2_5", "Ovis2_6ForCausalLM", "Ovis2_6_MoeForCausalLM")
EXAMPLES: dict[str, int] = {}
_INDICATORS, _INDICATORS_2_5 = 5, 4
"""words of the visual vocabulary that mark images and their lines"""


def read(keys: Keys) -> Architecture:
    """The encoder is divided in either mode.

    Source: vllm.model_executor.models.ovis, .ovis2_5 (0.33.0)
    """
    text_keys = text_part(keys, name="llm_config", tied=None)
    text = registered(text_keys)
    tower = _first(keys, text) if "Ovis" in keys.list("architectures") else _second(keys, text)
    return vision.beside(text, tower, keys, text_keys, layer_prefix="llm.model.layers")


def _first(keys: Keys, text: Architecture) -> tuple[Block, ...]:
    tokenizer = keys.part("visual_tokenizer_config")
    backbone = tokenizer.part("backbone_config")
    if backbone.text("model_type").startswith("aimv2"):
        backbone = backbone.with_defaults(ovis.AIMV2_DEFAULTS)
        encoder = ovis.aimv2(backbone, "visual_tokenizer.backbone")
    else:
        backbone = backbone.with_defaults(vision.SIGLIP_DEFAULTS)
        encoder = vision.siglip(
            vision.Encoder.read(backbone), "visual_tokenizer.backbone.vision_model"
        )
    words = tokenizer.int("vocab_size", default=16384)
    head = _head(
        words,
        words - _INDICATORS,
        backbone.int("hidden_size") * tokenizer.int("hidden_stride", default=1) ** 2,
        text,
    )
    return (*encoder, head)


def _second(keys: Keys, text: Architecture) -> tuple[Block, ...]:
    part = keys.part("vit_config").with_defaults(ovis.SIGLIP2_DEFAULTS)
    words = keys.int("visual_vocab_size", default=65536)
    merged = part.int("hidden_size") * part.int("hidden_stride") ** 2
    encoder = ovis.siglip2_navit(part, "visual_tokenizer.vit.vision_model")
    return (*encoder, _head(words, words - _INDICATORS_2_5, merged, text))


def _head(words: int, outputs: int, inputs: int, text: Architecture) -> Block:
    return Block(
        modules=(
            replicated("visual_tokenizer.head.0", inputs, outputs),
            norm("visual_tokenizer.head.1", outputs, bias=True),
            Weight(name="vte", shape=(words, text.hidden_size)),
        )
    )
