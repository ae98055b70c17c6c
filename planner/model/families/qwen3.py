"""Qwen3, dense: like Llama, with norms over each head of queries and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.families.qwen2 import DEFAULTS as QWEN2_DEFAULTS
from planner.model.families.qwen2 import EAGER_HIDDEN_COPIES, with_windows

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Qwen3ForCausalLM",)
EXAMPLES = {"Qwen/Qwen3-32B": 32_762_123_264, "Qwen/Qwen3-0.6B": 596_049_920}
DEFAULTS = {**QWEN2_DEFAULTS, "head_dim": 128}
"""transformers.Qwen3Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with norms over heads, and a gated MLP.

    Source: vllm.model_executor.models.qwen3 (0.33.0)
    """
    architecture = stack(Decoder.read(with_windows(keys, DEFAULTS)))
    return replace(architecture, eager_hidden_copies=EAGER_HIDDEN_COPIES)


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    attention = decoder.attention(qkv_bias=decoder.keys.flag("attention_bias"), qk_norm=True)
    mlp = decoder.mlp()
    return decoder.architecture(
        [decoder.layer(attention, mlp, cache=decoder.cache(window)) for window in decoder.windows()]
    )
