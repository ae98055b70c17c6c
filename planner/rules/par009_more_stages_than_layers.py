"""More pipeline stages than layers.

What it checks:
    the pipeline-parallel size is at most the number of layers.
Why:
    vLLM does not check it and makes stages without layers, which fail later.

Example:
    ``-pp 64`` on a model of 32 layers.
Fix:
    take at most one stage a layer; a stage a host is usual.
Source in vLLM:
    ``vllm.distributed.utils.get_pp_indices``
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

CODE = "PAR009"
NAME = "more-stages-than-layers"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 5x8xH100 -pp 40",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 5x8xH100 -pp 5",)


def broken(case: Case) -> Bools:
    """Rows with a stage that would hold no layer."""
    return case.layouts.pp > case.architecture.num_layers


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers."""
    layers = case.architecture.num_layers
    return Explanation(
        message=f"{int(case.layouts.pp[row])} pipeline stages for {layers} layers",
        cause="a stage holds at least one layer",
        fix=f"use --pipeline-parallel-size {layers} at most",
        source="vllm.distributed.utils.get_pp_indices",
    )
