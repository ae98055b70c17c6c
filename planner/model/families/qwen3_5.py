"""Qwen3.5, 3.6 and 3.8: Qwen3-Next's layers, dense or with experts, with an encoder or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.decoder import Decoder
from planner.model.delta_blocks import GatedDeltaNet
from planner.model.families.qwen3_next import DEFAULTS as QWEN3_NEXT_DEFAULTS
from planner.model.families.qwen3_next import sparse_block, stack
from planner.model.towers import qwen
from planner.model.towers.text_model import with_positions_of_tokens

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = (
    "Qwen3_5ForConditionalGeneration",
    "Qwen3_5MoeForConditionalGeneration",
    "Qwen3_5ForCausalLM",
    "Qwen3_5MoeForCausalLM",
)
EXAMPLES = {
    "Qwen/Qwen3.5-27B": 27_356_728_560,
    "Qwen/Qwen3.5-35B-A3B": 35_107_181_936,
}
_COMMON = {
    **QWEN3_NEXT_DEFAULTS,
    "vocab_size": 248320,
    "shared_expert_intermediate_size": 512,
}
DENSE_DEFAULTS = {
    **_COMMON,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 32,
    "num_key_value_heads": 4,
}
"""transformers.Qwen3_5TextConfig (5.19)"""
MOE_DEFAULTS = {
    **_COMMON,
    "num_hidden_layers": 40,
    "num_experts_per_tok": 8,
    "num_experts": 256,
}
"""transformers.Qwen3_5MoeTextConfig (5.19)"""
VISION_DEFAULTS: dict[str, Any] = {"deepstack_visual_indexes": []}
"""where transformers.Qwen3_5VisionConfig (5.19) differs from Qwen3-VL's"""


def read(keys: Keys) -> Architecture:
    """The text model, and the encoder where the file describes one.

    Whether the head is tied is the text part's word, not the whole file's.

    Source: vllm.model_executor.models.qwen3_5 (0.33.0)
    """
    nested = "text_config" in keys
    text_keys = keys.part("text_config") if nested else keys
    text = _text(text_keys)
    if not nested:
        return text
    return vision.beside(
        text,
        qwen.qwen3(keys.part("vision_config").with_defaults(VISION_DEFAULTS)),
        keys,
        text_keys,
        tower_data_parallel=True,
    )


def _text(keys: Keys) -> Architecture:
    moe = "moe" in keys.text("model_type")
    decoder = Decoder.read(with_positions_of_tokens(keys), MOE_DEFAULTS if moe else DENSE_DEFAULTS)
    keys = decoder.keys
    net = GatedDeltaNet.read(
        keys, interleaved=False, state_dtype=keys.text("mamba_ssm_dtype") or None
    )
    block = sparse_block(decoder) if moe else decoder.mlp()
    return decoder.architecture(
        stack(decoder, net, [block] * decoder.num_layers),
        on_every_stage=("embedding",),
        experts_per_token=keys.int("num_experts_per_tok") if moe else 0,
    )
