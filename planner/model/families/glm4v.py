"""GLM-4.1V, GLM-4.5V and GLM-OCR: a vision transformer beside GLM-4, dense or with experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.families import glm4, glm4_moe
from planner.model.towers import glm
from planner.model.towers.text_model import text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

OCR = "GlmOcrForConditionalGeneration"
ARCHITECTURES = ("Glm4vForConditionalGeneration", "Glm4vMoeForConditionalGeneration", OCR)
EXAMPLES = {
    "zai-org/GLM-4.1V-9B-Thinking": 10_292_593_152,
}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 151552,
    "hidden_size": 4096,
    "intermediate_size": 13696,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "attention_bias": False,
    "head_dim": None,
}
"""transformers.Glm4vTextConfig (5.19)"""
MOE_DEFAULTS: dict[str, Any] = {
    "vocab_size": 151424,
    "num_attention_heads": 96,
    "num_key_value_heads": 8,
    "max_position_embeddings": 65536,
    "attention_bias": True,
    "partial_rotary_factor": 0.5,
}
"""transformers.Glm4vMoeTextConfig (5.19), where it is unlike Glm4MoeConfig"""

OCR_DEFAULTS: dict[str, Any] = {
    **DEFAULTS,
    "vocab_size": 59392,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
}
"""transformers.GlmOcrTextConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The encoder's projector is as wide as the text model's feed-forward block.

    Source: vllm.model_executor.models.glm4_1v, .glm_ocr (0.33.0)
    """
    part = keys.part("vision_config")
    if OCR in keys.list("architectures"):
        text_keys = text_part(keys, OCR_DEFAULTS)
        text = glm4.read(text_keys)
        tower = glm.glm_ocr(part, text_keys.int("intermediate_size"))
        return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
    moe = keys.text("model_type") == "glm4v_moe"
    text_keys = text_part(keys, MOE_DEFAULTS if moe else DEFAULTS)
    text = (glm4_moe if moe else glm4).read(text_keys)
    tower = glm.glm4v(part)
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
