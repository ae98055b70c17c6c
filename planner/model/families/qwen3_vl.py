"""Qwen3-VL: a vision transformer beside Qwen3, dense or with experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.families import qwen3, qwen3_moe
from planner.model.towers import qwen
from planner.model.towers.text_model import text_part, with_positions_of_tokens

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

MOE = "Qwen3VLMoeForConditionalGeneration"
ARCHITECTURES = ("Qwen3VLForConditionalGeneration", MOE)
EXAMPLES = {
    "Qwen/Qwen3-VL-8B-Instruct": 8_767_123_696,
    "Qwen/Qwen3-VL-235B-A22B-Instruct": 235_670_022_896,
}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 151936,
    "hidden_size": 4096,
    "intermediate_size": 22016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "head_dim": 128,
    "max_position_embeddings": 128000,
}
"""transformers.Qwen3VLTextConfig (5.19)"""
MOE_DEFAULTS: dict[str, Any] = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "max_position_embeddings": 128000,
    "moe_intermediate_size": 1408,
    "num_experts_per_tok": 4,
    "num_experts": 60,
}
"""transformers.Qwen3VLMoeTextConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Features of some of the encoder's layers join the first layers of the text model.

    Source: vllm.model_executor.models.qwen3_vl, .qwen3_vl_moe (0.33.0)
    """
    moe = MOE in keys.list("architectures")
    text_keys = text_part(keys, MOE_DEFAULTS if moe else DEFAULTS)
    text = (qwen3_moe if moe else qwen3).read(with_positions_of_tokens(text_keys))
    tower = qwen.qwen3(keys.part("vision_config"))
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
