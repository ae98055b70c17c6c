"""Expert parallelism on a model without experts.

What it checks:
    ``--enable-expert-parallel`` is given only for a mixture of experts whose number vLLM finds.
Why:
    vLLM refuses it. It looks for the number under four names at the top of the configuration;
    DBRX keeps it elsewhere.

Example:
    ``--model meta-llama/Llama-3.1-8B-Instruct -ep``.
Fix:
    leave ``--enable-expert-parallel`` out.
Source in vLLM:
    ``vllm.config.model.ModelConfig.verify_with_parallel_config``: ``Number of experts in the
    model must be greater than 0``
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

CODE = "MOE001"
NAME = "expert-parallel-on-dense-model"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "safe"
BAD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 8 -ep",
    "--model databricks/dbrx-instruct --gpus 8xH100 -tp 8 -ep",
)
GOOD = ("--model mistralai/Mixtral-8x7B-Instruct-v0.1 --gpus 8xH100 -tp 8 -ep",)
LOG = ("Number of experts in the model must be greater than 0",)


def broken(case: Case) -> Bools:
    """Rows with expert parallelism, where there are no experts."""
    return case.layouts.ep & (not (case.has_experts and case.architecture.counts_experts))


def explain(case: Case, row: int) -> Explanation:
    """Name the class."""
    del row
    return Explanation(
        message=f"{case.architecture.name} has no experts {_which(case)}",
        cause="vLLM refuses --enable-expert-parallel where it counts no experts",
        fix="leave out --enable-expert-parallel",
        source="vllm.config.model.ModelConfig.verify_with_parallel_config",
        repair=Repair(options={"--enable-expert-parallel": ()}),
    )


def _which(case: Case) -> str:
    return "that vLLM finds" if case.has_experts else "to spread"
