"""Qwen2-Audio, Qwen2.5-Omni, Qwen3-Omni and Qwen3-ASR: ears, and eyes at times, beside Qwen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.families import qwen2, qwen3, qwen3_moe
from planner.model.towers import audio, qwen
from planner.model.towers.parts import plain_linear
from planner.model.towers.text_model import text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

AUDIO, ASR = "Qwen2AudioForConditionalGeneration", "Qwen3ASRForConditionalGeneration"
OMNI3 = "Qwen3OmniMoeForConditionalGeneration"
ARCHITECTURES = (AUDIO, "Qwen2_5OmniModel", "Qwen2_5OmniForConditionalGeneration", OMNI3, ASR)
EXAMPLES: dict[str, int] = {}
OMNI2_DEFAULTS: dict[str, Any] = {
    "vocab_size": 152064,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "sliding_window": 32768,
    "max_window_layers": 28,
    "tie_word_embeddings": True,
}
"""transformers.Qwen2_5OmniTextConfig (5.19)"""
OMNI3_DEFAULTS: dict[str, Any] = {
    "vocab_size": 3584,
    "hidden_size": 2048,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "moe_intermediate_size": 768,
    "num_experts_per_tok": 8,
    "num_experts": 128,
}
"""transformers.Qwen3OmniMoeTextConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The part that thinks; the parts that speak are not served.

    Source: vllm.model_executor.models.qwen2_audio, .qwen2_5_omni_thinker,
    .qwen3_omni_moe_thinker, .qwen3_asr (0.33.0)
    """
    named = keys.list("architectures")
    if AUDIO in named:
        return _audio(keys)
    thinker = keys.part("thinker_config")
    outer = keys.replaced({"text_config": thinker.raw("text_config")})
    ears, eyes = thinker.part("audio_config"), thinker.part("vision_config")
    if OMNI3 in named:
        text_keys = text_part(outer, OMNI3_DEFAULTS, tied=None)
        text = qwen3_moe.read(text_keys)
        tower = (*audio.qwen3_omni(ears), *qwen.qwen3_omni(eyes))
    elif ASR in named:
        text_keys = text_part(outer, tied=None)
        text, tower = qwen3.read(text_keys), audio.qwen3_omni(ears)
    else:
        text_keys = text_part(outer, OMNI2_DEFAULTS, tied=None)
        text = qwen2.read(text_keys)
        tower = (*audio.qwen2_5_omni(ears), *qwen.qwen2_5(eyes))
    return vision.beside(text, tower, keys, text_keys)


def _audio(keys: Keys) -> Architecture:
    text_keys = text_part(keys, tied=None)
    text = qwen2.read(text_keys)
    part = keys.part("audio_config").with_defaults(audio.WHISPER_LARGE)
    name = "multi_modal_projector.linear"
    projector = Block(modules=(plain_linear(name, part.int("d_model"), text.hidden_size),))
    return vision.beside(text, (*audio.plain_whisper(part), projector), keys, text_keys)
