"""A decode-context-parallel size that the heads do not allow.

What it checks:
    the size divides the tensor-parallel size; with grouped-query attention TP is above the key-
    value heads, the size is at most TP / heads and divides the query heads of a group.
Why:
    the ranks that hold copies of the same key-value heads share the context among them, and
    there must be such copies.

Example:
    ``-tp 8 -dcp 2`` on a model of 8 key-value heads.
Fix:
    raise TP above the key-value heads, or leave ``-dcp`` out.
Source in vLLM:
    ``vllm.config.model.ModelConfig.verify_with_parallel_config``,
    ``vllm.config.parallel.ParallelConfig``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR013"
NAME = "decode-context-parallel-size"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "unsafe"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 8 -dcp 2",)
GOOD = ("--model deepseek-ai/DeepSeek-R1 --gpus 8xH200 -tp 8 -dcp 8",)
LOG = (
    "must be divisible by dcp_size",
    "DCP not support sliding window",
)


def broken(case: Case) -> Bools:
    """Rows with a size above one that the tensor-parallel group cannot carry."""
    tp, dcp = case.layouts.tp, case.layouts.dcp
    uneven: Bools = tp % dcp != 0
    if case.architecture.uses_mla:
        return (dcp > 1) & uneven
    heads = max(case.architecture.num_kv_heads, 1)
    group = max(case.architecture.num_attention_heads // heads, 1)
    copies = tp // heads
    crowded: Bools = (tp <= heads) | (dcp > copies) | (group % dcp != 0)
    return (dcp > 1) & (uneven | crowded)


def explain(case: Case, row: int) -> Explanation:
    """Name the sizes and the heads."""
    tp, dcp = int(case.layouts.tp[row]), int(case.layouts.dcp[row])
    heads = case.architecture.num_kv_heads
    return Explanation(
        message=f"decode context parallel size {dcp} does not go with TP {tp}",
        cause=(
            "it must divide TP"
            if case.architecture.uses_mla
            else f"{heads} key-value heads leave {tp // max(heads, 1)} copies of each over {tp} "
            "ranks, and only copies can share the context"
        ),
        fix="leave out --decode-context-parallel-size, or raise TP above the key-value heads",
        source="vllm.config.model.ModelConfig.verify_with_parallel_config",
        repair=Repair(safe=False, options={"--decode-context-parallel-size": ()}),
    )
