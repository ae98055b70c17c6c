"""Keye-VL and PaddleOCR-VL: a SigLIP with rotary positions too, beside Qwen3 or ERNIE 4.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.families import ernie4_5, qwen3
from planner.model.modules import Buffer, Weight
from planner.model.towers.parts import column, plain_linear, row
from planner.model.towers.text_model import TEXT_PART

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

OCR, NEWER = "PaddleOCRVLForConditionalGeneration", "KeyeVL1_5ForConditionalGeneration"
ARCHITECTURES = ("KeyeForConditionalGeneration", NEWER, OCR)
EXAMPLES: dict[str, int] = {}
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}
"""transformers.PaddleOCRVisionConfig (5.19)"""
_PACKED_POSITIONS = 32768
_MERGED = 4


def read(keys: Keys) -> Architecture:
    """The text model's keys lie beside the encoder's.

    Source: vllm.model_executor.models.keye, .keye_vl1_5, .paddleocr_vl (0.33.0)
    """
    named = keys.list("architectures")
    ocr = OCR in named
    text_keys = _flat(keys) if ocr else keys
    text = (ernie4_5 if ocr else qwen3).read(text_keys)
    encoder = vision.Encoder.read(keys.part("vision_config"), VISION_DEFAULTS)
    model = "visual.vision_model"
    extra: tuple[Module, ...] = (
        Buffer(
            name=f"{model}.encoder.rotary_pos_emb.inv_freq",
            elements=encoder.head_dim // 4,
            dtype="float32",
        ),
    )
    if not ocr:
        table = (_PACKED_POSITIONS, encoder.hidden)
        extra += (Weight(name=f"{model}.embeddings.packing_position_embedding", shape=table),)
    merged = encoder.hidden * _MERGED
    normed = merged if NEWER in named else encoder.hidden
    linears: tuple[Module, ...] = (
        column("mlp_AR.linear_1", merged, merged),
        row("mlp_AR.linear_2", merged, text.hidden_size),
    )
    if ocr:
        linears = (
            plain_linear("mlp_AR.linear_1", merged, merged),
            plain_linear("mlp_AR.linear_2", merged, text.hidden_size),
        )
    projector = (norm("mlp_AR.pre_norm", normed, bias=True), *linears)
    tower = (*vision.siglip(encoder, model), Block(modules=(*extra, *projector)))
    return vision.beside(text, tower, keys, text_keys, supports_pp=not ocr)


def _flat(keys: Keys) -> Keys:
    """The text model's part may be one of its own; the whole file says whether it is tied."""
    unsafe = ("model_type", "architectures", "tie_word_embeddings")
    part = keys.part(TEXT_PART).mapping
    return keys.replaced({name: v for name, v in part.items() if name not in unsafe})
