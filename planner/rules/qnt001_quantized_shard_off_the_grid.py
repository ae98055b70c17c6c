"""A shard of quantized weights breaks the format.

What it checks:
    the shard of every quantized matrix is a whole number of the format's blocks or groups, and
    of the kernel's tiles where it does not pad.
Why:
    scales belong to whole blocks; a rank that held half of one could not unpack it.

Example:
    ``-tp 8`` on a block-fp8 model of 1,536 features and blocks of 128.
Fix:
    a smaller tensor-parallel size with pipeline stages, or ``--enable-expert-parallel``, which
    keeps experts whole.
Source in vLLM:
    ``vllm.model_executor.layers.quantization``: ``Weight input_size_per_partition = 192 is not
    divisible by weight quantization block_k = 128``
Versions:
    all; 4-bit experts that Marlin does not take need whole blocks of 128 features in 0.8 to 0.12
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "QNT001"
NAME = "quantized-shard-off-the-grid"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-235B-A22B-Instruct-2507-FP8 --gpus 8xA100 -tp 8",)
GOOD = ("--model Qwen/Qwen3-235B-A22B-Instruct-2507-FP8 --gpus 8xA100 -tp 8 -ep",)
LOG = (
    "is not divisible by weight quantization block_[nk]",
    r"is not divisible by (?:group_size|min_thread_[nk])",
    "The input size is not aligned with the quantized weight shape",
    "[Ff]ailed to find a kernel that can implement the WNA16",
    "must divisible by BLOCK_SIZE_K",
    "requires K and N to be multiples of",
)


def broken(case: Case) -> Bools:
    """Rows in which some shard is off the grid."""
    mask = np.zeros(len(case.layouts), dtype=np.bool_)
    for misfit in case.misfits:
        mask |= np.asarray(misfit.broken)
    return mask & case.features_divide


def explain(case: Case, row: int) -> Explanation:
    """Name the first such shard, its size and the step."""
    misfit = next(m for m in case.misfits if np.broadcast_to(m.broken, len(case.layouts))[row])
    size = int(np.broadcast_to(np.asarray(misfit.size), len(case.layouts))[row])
    return Explanation(
        message=f"{misfit.what}: {size} per rank is no multiple of {misfit.step}",
        cause=f"{case.quantization.method} stores whole blocks; a rank cannot hold part of one",
        fix=(
            "use --enable-expert-parallel, or a smaller --tensor-parallel-size with pipeline stages"
            if case.has_experts
            else "use a smaller --tensor-parallel-size with --pipeline-parallel-size"
        ),
        source=misfit.source,
    )
