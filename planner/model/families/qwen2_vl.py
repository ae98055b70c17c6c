"""Qwen2-VL and Qwen2.5-VL: a vision transformer beside Qwen2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.families import qwen2
from planner.model.towers import qwen
from planner.model.towers.text_model import TEXT_PART

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Qwen2VLForConditionalGeneration", "Qwen2_5_VLForConditionalGeneration")
EXAMPLES = {
    "Qwen/Qwen2-VL-7B-Instruct": 8_291_375_616,
    "Qwen/Qwen2.5-VL-7B-Instruct": 8_292_166_656,
}
DEFAULTS = {
    "vocab_size": 152064,
    "hidden_size": 8192,
    "intermediate_size": 29568,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "max_window_layers": 80,
}
"""transformers.Qwen2VLTextConfig and Qwen2_5_VLTextConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The text model's keys lie beside the encoder's or in a part of their own.

    Source: vllm.model_executor.models.qwen2_vl, .qwen2_5_vl (0.33.0)
    """
    text_keys = text_part(keys)
    text = qwen2.read(text_keys)
    encoder = qwen.qwen2 if keys.text("model_type") == "qwen2_vl" else qwen.qwen2_5
    return vision.beside(
        text, encoder(keys.part("vision_config")), keys, text_keys, tower_data_parallel=True
    )


def text_part(keys: Keys) -> Keys:
    """The text model's own part, or, in older files, what stands beside the encoder's.

    Source: transformers.models.qwen2_vl.configuration_qwen2_vl.Qwen2VLConfig (5.19)
    """
    text = keys.part(TEXT_PART) if TEXT_PART in keys else keys
    tied = any(part.flag("tie_word_embeddings") for part in (keys, text))
    return text.with_defaults(DEFAULTS).replaced({"tie_word_embeddings": tied})
