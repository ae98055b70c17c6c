"""vLLM no longer reads the quantization method, or reads it only when told to.

What it checks:
    the checkpoint's method, or that of ``--quantization``, is one of this release.
Why:
    methods leave vLLM when their kernels are not kept up; deprecated ones are refused unless
    ``--allow-deprecated-quantization`` is given.

Example:
    a bitsandbytes checkpoint.
Fix:
    another number format of the model: AWQ, GPTQ, compressed-tensors, fp8.
Source in vLLM:
    ``vllm.config.model.ModelConfig._verify_quantization``: ``Unknown quantization method``
Versions:
    as 0.33 has them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.quant.read import checkpoint_method
from planner.quant.removed import (
    DEPRECATED_MESSAGE,
    DEPRECATED_METHODS,
    DEPRECATED_SINCE,
    REMOVED_METHODS,
)
from planner.rules.base import Explanation
from planner.vllm.version import version_number

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "QNT003"
NAME = "quantization-method-removed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = ("--model unsloth/Llama-3.3-70B-Instruct-bnb-4bit --gpus 8xH100 -tp 8",)
GOOD = ("--model casperhansen/llama-3.3-70b-instruct-awq --gpus 8xH100 -tp 8",)


def check(asked: AskedModel) -> Explanation | None:
    """Name the method and what to take instead."""
    method = checkpoint_method(asked.keys.mapping) or str(asked.arguments.quantization).lower()
    removed = REMOVED_METHODS.get(method)
    if removed is not None and asked.version.number >= version_number(removed.absent_in):
        return Explanation(
            message=f"vLLM {asked.version.name} does not read the quantization method {method}",
            cause=f"{removed.message}; gone by {removed.absent_in}",
            fix=removed.fix,
            source="vllm.model_executor.layers.quantization",
        )
    deprecated = method in DEPRECATED_METHODS and asked.version.number >= DEPRECATED_SINCE
    if deprecated and not asked.arguments.allow_deprecated_quantization:
        return Explanation(
            message=f"the quantization method {method} {DEPRECATED_MESSAGE}",
            cause="vLLM refuses it unless told otherwise",
            fix="add --allow-deprecated-quantization, or take another number format",
            source="vllm.config.model.ModelConfig._verify_quantization",
        )
    return None
