"""The model class takes no adapters.

What it checks:
    with ``--enable-lora`` the model's class is one that this release gives adapters.
Why:
    a class says which of its layers adapters may change; vLLM refuses those that do not.

Example:
    ``--enable-lora`` on DBRX.
Fix:
    leave ``--enable-lora`` out, or merge the adapter into the checkpoint.
Source in vLLM:
    ``vllm.config.lora.LoRAConfig.verify_with_model_config`` (0.33.0); the classes of all
    releases were read
Versions:
    all: which classes take adapters is known by release
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes
from planner.vllm.spans import LAST_PATCH, judged_by, release_number

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "LRA003"
NAME = "model-takes-no-adapters"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model databricks/dbrx-instruct --gpus 8xH100 -tp 8 --enable-lora",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora",)
LOG = ("LoRA is not supported for",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    if not case.arguments.enable_lora:
        return False
    classes, release = model_classes(), release_number(case.version.name, LAST_PATCH)
    served = classes.serving(case.architecture.name, release)
    # what falls to the Transformers backend takes them
    return served is not None and not served.lora.holds(judged_by(release, classes.read))


def explain(case: Case, row: int) -> Explanation:
    """Name the class."""
    del row
    return Explanation(
        message=f"{case.architecture.name} takes no adapters in vLLM {case.version.name}",
        cause="the class does not say which of its layers they may change",
        fix="leave out --enable-lora; an adapter can be merged into the checkpoint",
        source="vllm.config.lora.LoRAConfig.verify_with_model_config",
    )
