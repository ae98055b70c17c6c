"""``--quantization`` names another method than the checkpoint.

What it checks:
    on a checkpoint that is quantized already, ``--quantization`` names its own method or is
    left out.
Why:
    vLLM quantizes 16-bit checkpoints while loading; it does not convert one format to another.

Example:
    ``--quantization fp8`` on an AWQ checkpoint.
Fix:
    leave ``--quantization`` out, or take the 16-bit checkpoint.
Source in vLLM:
    ``vllm.config.model.ModelConfig._verify_quantization``: ``Quantization method specified in
    the model config (x) does not match the quantization method specified in the `quantization`
    argument (y)``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.finding import Origin, Repair, Severity
from planner.quant.read import argument_mismatch
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "QNT004"
NAME = "quantization-does-not-match-checkpoint"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
REPAIR = "unsafe"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct-AWQ --gpus H100 --quantization fp8",)
GOOD = (
    "--model Qwen/Qwen2.5-7B-Instruct-AWQ --gpus H100 --quantization awq",
    "--model Qwen/Qwen2.5-7B-Instruct --gpus H100 --quantization fp8",
)
LOG = ("does not match the quantization method specified in the",)


def check(asked: AskedModel) -> Explanation | None:
    """Pass on vLLM's own sentence."""
    try:
        mismatch = argument_mismatch(asked.keys.mapping, asked.arguments.quantization)
    except InvalidInputError:  # the checkpoint's own method is what is wrong
        return None
    if mismatch is None:
        return None
    return Explanation(
        message=mismatch,
        cause="vLLM quantizes 16-bit checkpoints while loading; it converts no other format",
        fix="leave out --quantization, or take the 16-bit checkpoint",
        source="vllm.config.model.ModelConfig._verify_quantization",
        repair=Repair(safe=False, options={"--quantization": ()}),
    )
