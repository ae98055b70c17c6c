"""Gemma 3 with its SigLIP encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families import gemma3
from planner.model.families.gemma import NORMALIZER
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Gemma3ForConditionalGeneration",)
EXAMPLES = {"google/gemma-3-27b-it": 27_432_406_640, "google/gemma-3-4b-it": 4_300_079_472}


def read(keys: Keys) -> Architecture:
    """The text model, in which the tokens of an image see each other, and the encoder.

    Source: vllm.model_executor.models.gemma3_mm (0.33.0)
    """
    text_keys = gemma3.text_keys(keys.part("text_config"))
    decoder = Decoder.read(text_keys, tied=True)
    text = decoder.architecture(
        gemma3.layers(decoder, mm_prefix=True),
        on_every_stage=WHOLE_FRAME,
        every=(NORMALIZER,),
    )
    encoder = vision.Encoder.read(keys.part("vision_config"), vision.SIGLIP_DEFAULTS)
    shape = (encoder.hidden, decoder.hidden)
    projector = Block(
        modules=(
            Weight(name="multi_modal_projector.mm_input_projection_weight", shape=shape),
            norm("multi_modal_projector.mm_soft_emb_norm", encoder.hidden),
        )
    )
    return vision.beside(
        text,
        (*vision.siglip(encoder), projector),
        keys,
        text_keys,
        eager_hidden_copies=gemma3.EAGER_HIDDEN_COPIES,
    )
