"""Key-value heads fit no tensor-parallel size of that number.

What it checks:
    the tensor-parallel size divides the key-value heads, or is a multiple of them.
Why:
    ranks share heads evenly, or share copies of one head evenly; vLLM's model does not build
    otherwise. The latent cache of MLA has no heads to divide. A few model classes know no
    copies (gpt-oss): with more ranks than heads they fail with a division by zero.

Example:
    ``--model Qwen/Qwen2.5-32B-Instruct -tp 5``: 8 key-value heads over 5 ranks.
Fix:
    take a size that divides the key-value heads, and pipeline stages for the rest.
Source in vLLM:
    ``vllm.model_executor.layers.linear.QKVParallelLinear`` by
    ``vllm.distributed.utils.divide``: ``8 is not divisible by 5``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR002"
NAME = "kv-heads-do-not-divide"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    "--model Qwen/Qwen2.5-32B-Instruct --gpus 5xH100 -tp 5",
    "--model openai/gpt-oss-120b --gpus 2x8xH100 -tp 16 --allow PAR003",
)
GOOD = (
    "--model Qwen/Qwen2.5-32B-Instruct --gpus 8xH100 -tp 8",
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH100 -tp 16 --allow PAR003",
)


def broken(case: Case) -> Bools:
    """Rows whose size neither divides the heads nor is a multiple of them."""
    heads = case.architecture.num_kv_heads
    tp = case.layouts.tp
    if case.architecture.uses_mla or heads == 0:
        return np.zeros(len(tp), dtype=np.bool_)
    copied = (tp % heads == 0) & np.bool_(case.architecture.copies_kv_heads)
    shared: Bools = (heads % tp == 0) | copied
    return ~shared


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers."""
    heads = case.architecture.num_kv_heads
    tp = int(case.layouts.tp[row])
    fitting = [size for size in range(1, heads + 1) if heads % size == 0 and size <= tp]
    return Explanation(
        message=f"{heads} key-value heads cannot be shared by tensor parallel size {tp}",
        cause=(
            "each rank holds as many whole heads as the others"
            + (", or a copy of one" if case.architecture.copies_kv_heads else "")
        ),
        fix=f"use --tensor-parallel-size {fitting[-1]} with --pipeline-parallel-size for the rest",
        source="vllm.model_executor.layers.linear.QKVParallelLinear",
    )
