"""Tensor parallelism leaves the scale-up domain.

What it checks:
    every tensor-parallel group lies inside one scale-up domain: the GPUs of a host, or of a
    rack that shares NVLink.
Why:
    each layer ends in two all-reduces over the group. Over a network between hosts each takes
    many times as long as over NVLink, on every token. vLLM itself accepts such a layout
    without a word (on Ray with two warnings), or refuses it late when the command names one
    host only.

Example:
    ``-tp 16`` over two hosts of 8 GPUs.
Fix:
    tensor parallelism inside a host, pipeline stages across hosts: ``-tp 8 -pp 2``. Where the
    hosts do share a fast domain, allow it by name: ``--allow PAR003``.
Source in vLLM:
    docs/serving/parallelism_scaling: the tensor-parallel size is the number of GPUs in a
    node, the pipeline-parallel size the number of nodes
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.rules.parts.crossing import crossing_price

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR003"
NAME = "tensor-parallel-leaves-scale-up-domain"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "layout"
REPAIR = "safe"
BAD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xA100 -tp 16",)
GOOD = (
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xA100 -tp 8 -pp 2",
    "--model deepseek-ai/DeepSeek-R1 --gpus gb200-nvl72 -tp 16",
)


def broken(case: Case) -> Bools:
    """Rows with a tensor-parallel group over several domains, where there are that many GPUs."""
    return case.placement.tp_leaves_domain & ~case.placement.too_many


def explain(case: Case, row: int) -> Explanation:
    """Say what vLLM would do, and the layout to take instead."""
    tp = int(case.layouts.tp[row])
    domain = case.placement.scale_up_domain
    if tp <= domain:
        return _across(tp, int(case.placement.local_ranks[row]))
    ranks = tp * int(case.layouts.pp[row])
    inside = _inside(case, row)
    gpus = f"{domain} GPUs" if domain > 1 else "one GPU"
    return Explanation(
        message=f"tensor parallel size {tp} spans scale-up domains of {gpus}",
        cause=(
            "two all-reduces a layer would cross the network on every token; vLLM accepts it "
            "with --nnodes or Ray, and refuses a one-host command (world size "
            f"{ranks}, {case.group.gpus_per_node} GPUs here)"
        ),
        fix=(
            f"use --tensor-parallel-size {inside} --pipeline-parallel-size {ranks // inside}, "
            "or allow it: --allow PAR003"
        ),
        source="docs/serving/parallelism_scaling (vLLM 0.33)",
        repair=_stages(inside, ranks // inside),
    )


def _stages(tp: int, pp: int) -> Repair:
    return Repair(
        options={
            "--tensor-parallel-size": ("--tensor-parallel-size", str(tp)),
            "--pipeline-parallel-size": ("--pipeline-parallel-size", str(pp)),
        }
    )


def price(case: Case, row: int) -> str:
    """Against the layout that stays inside."""
    inside = _inside(case, row)
    ranks = int(case.layouts.tp[row] * case.layouts.pp[row])
    return crossing_price(case, row, inside, ranks // inside)


def _inside(case: Case, row: int) -> int:
    """The largest tensor parallel size that divides this one and stays inside a domain."""
    tp, domain = int(case.layouts.tp[row]), case.placement.scale_up_domain
    return max(size for size in range(1, domain + 1) if tp % size == 0)


def _across(tp: int, local_ranks: int) -> Explanation:
    """A group small enough for a domain, cut by the end of a host."""
    return Explanation(
        message=f"hosts of {local_ranks} ranks cut tensor-parallel groups of {tp} in two",
        cause="ranks fill hosts in order, so some group's all-reduces would cross the network",
        fix="choose sizes that put whole groups on each host, or allow it: --allow PAR003",
        source="vllm.distributed.parallel_state.initialize_model_parallel",
    )
