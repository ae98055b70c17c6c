"""vLLM's kernels do not take the checkpoint's quantization, or not in this dtype.

What it checks:
    a kernel exists for the bits, groups and order of the checkpoint's method, and for the
    dtype of the activations beside it.
Why:
    the method's name is known, but vLLM keeps kernels for its usual shapes only.

Example:
    a GPTQ checkpoint with activation ordering in groups; AWQ of 8 bits; an fp8 checkpoint in
    float32.
Fix:
    another quantized checkpoint of the model, or the dtype that the finding names.
Source in vLLM:
    ``vllm.model_executor.layers.quantization``, the configuration class of each method;
    ``vllm.config.vllm.VllmConfig._get_quantization_config``: ``is not supported for quantization
    method``
Versions:
    as 0.33 has them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case

CODE = "QNT005"
NAME = "quantization-refused"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct-AWQ --gpus H100 --dtype float32",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct-AWQ --gpus H100 --dtype float16",)


def broken(case: Case) -> bool:
    """All rows or none: it is the checkpoint."""
    quantization = case.quantization
    if case.settings.capability < quantization.min_capability:  # QNT002, which vLLM checks first
        return False
    return bool(quantization.refusals) or case.settings.dtype not in quantization.dtypes


def explain(case: Case, row: int) -> Explanation:
    """Pass on vLLM's reason, or name the dtypes."""
    del row
    quantization, dtype = case.quantization, case.settings.dtype
    if quantization.refusals:
        return Explanation(
            message=quantization.refusals[0],
            cause=f"vLLM keeps {quantization.method} kernels for its usual shapes only",
            fix="take another quantized checkpoint of the model",
            source="vllm.model_executor.layers.quantization",
        )
    known = " or ".join(quantization.dtypes)
    return Explanation(
        message=f"{dtype} is not supported for the quantization method {quantization.method}",
        cause=f"its kernels compute in {known}",
        fix=f"use --dtype {quantization.dtypes[0]}" if quantization.dtypes else "",
        source="vllm.config.vllm.VllmConfig._get_quantization_config",
    )
