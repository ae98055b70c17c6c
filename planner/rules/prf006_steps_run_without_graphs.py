"""Steps run without CUDA graphs.

What it checks:
    at the load that is named, a request takes at least 5 % longer than it would with CUDA graphs of
    the batch that runs: they are off, or the largest that is captured is smaller.
Why:
    without a graph each kernel of a step is launched by the host, and small batches wait for it.
    Graphs take memory: only what surely fits is offered.

Example:
    ``--enforce-eager`` for a few requests at a time.
Fix:
    leave out ``--enforce-eager``, or ``--max-cudagraph-capture-size`` as the finding says.
Source in vLLM:
    ``vllm.config.compilation.CompilationConfig.cudagraph_capture_sizes``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.what_if import with_compilation, with_settings
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.gain import gain_text, load_named, none, saved, worthwhile

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.gain import Floats
    from planner.units import Bools

CODE = "PRF006"
NAME = "steps-run-without-graphs"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-0.6B --gpus H100 --concurrency 4 --enforce-eager",)
GOOD = ("--model Qwen/Qwen3-0.6B --gpus H100 --concurrency 4",)
_ON = "FULL_AND_PIECEWISE"


def broken(case: Case) -> Bools:
    """Rows that gain clearly."""
    return worthwhile(gain(case))


def gain(case: Case) -> Floats:
    """Share of a request's time that graphs save."""
    if not load_named(case) or not _without(case):
        return none(case)
    return saved(case, _changed(case))


def explain(case: Case, row: int) -> Explanation:
    """Before and after."""
    return Explanation(
        message=f"steps run without CUDA graphs; with them {gain_text(case, _changed(case), row)}",
        cause="the host launches every kernel of a step by itself",
        fix="leave out --enforce-eager",
        source="vllm.config.compilation.CompilationConfig (vLLM 0.33)",
    )


def _without(case: Case) -> bool:
    return case.settings.enforce_eager or case.settings.compilation.graph_mode == "NONE"


def _changed(case: Case) -> Case:
    compiled = with_compilation(case, compiled=True, graph_mode=_ON)
    return with_settings(compiled, enforce_eager=False)
