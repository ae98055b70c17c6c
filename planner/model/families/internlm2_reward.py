"""InternLM2's reward models: the same layers, a score in place of the head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.families import internlm2
from planner.model.modules import Embedding, Linear, Part, Split

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("InternLM2ForRewardModel",)
EXAMPLES = {"internlm/internlm2-7b-reward": 7_358_652_416}


def read(keys: Keys) -> Architecture:
    """The score is float32 and divided over ranks by its inputs.

    Source: vllm.model_executor.models.internlm2.InternLM2ForRewardModel (0.33.0)
    """
    decoder = Decoder.read(keys)
    built = internlm2.stack(decoder)
    score = Linear(
        name="v_head",
        inputs=decoder.hidden,
        parts=(Part(1),),
        split=Split.ROW,
        quantized=False,
        dtype="float32",
    )
    kept = tuple(
        module
        for module in built.every
        if not (isinstance(module, Embedding) and module.name == "lm_head")
    )
    return replace(built, every=(*kept, score), pooling=True)
