"""Attention heads do not divide by the tensor-parallel size.

What it checks:
    the number of attention heads is a multiple of ``--tensor-parallel-size``.
Why:
    each rank computes whole heads; vLLM refuses to start otherwise.

Example:
    ``--model Qwen/Qwen2.5-7B-Instruct -tp 8``: 28 heads over 8 ranks.
Fix:
    take a tensor-parallel size that divides the heads, and pipeline stages for the rest.
Source in vLLM:
    ``vllm.config.model.ModelConfig.verify_with_parallel_config``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR001"
NAME = "attention-heads-do-not-divide"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 8xH100 -tp 8",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 8xH100 -tp 4",)
LOG = (r"attention heads \(\d+\) must be divisible by tensor parallel size",)


def broken(case: Case) -> Bools:
    """Rows whose tensor-parallel size does not divide the heads."""
    uneven: Bools = case.architecture.num_attention_heads % case.layouts.tp != 0
    return uneven


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers and the sizes that divide."""
    heads = case.architecture.num_attention_heads
    tp = int(case.layouts.tp[row])
    limit = case.group.nodes * case.group.gpus_per_node
    fitting = [size for size in range(1, limit + 1) if heads % size == 0]
    return Explanation(
        message=f"{heads} attention heads do not divide by tensor parallel size {tp}",
        cause="each rank computes whole heads",
        fix=f"use --tensor-parallel-size {' or '.join(map(str, fitting[-3:]))}",
        source="vllm.config.model.ModelConfig.verify_with_parallel_config",
    )
