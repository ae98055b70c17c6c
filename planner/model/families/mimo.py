"""MiMo 7B: Qwen2's layers; its layers of multi-token prediction belong to the draft model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.families import qwen2

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("MiMoForCausalLM",)
EXAMPLES = {"XiaomiMiMo/MiMo-7B-Base": 7_622_619_136}


def read(keys: Keys) -> Architecture:
    """Qwen2's layers; the window is taken as stated, whether or not the file says it is used.

    Source: vllm.model_executor.models.mimo (0.33.0)
    """
    return qwen2.stack(Decoder.read(keys).with_even_heads())
