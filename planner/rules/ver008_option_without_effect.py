"""The option has no effect any more.

What it checks:
    none of ``--disable-cascade-attn``, ``--log-config-file``, ``--mamba-cache-mode`` and
    ``--ir-op-priority``.
Why:
    the parser still takes them and says that they will go; a later release refuses them.

Example:
    ``--disable-cascade-attn``.
Fix:
    leave it out.
Source in vLLM:
    ``vllm.engine.arg_utils`` (0.33.0): its deprecation messages
Versions:
    0.33, which was read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "VER008"
NAME = "option-without-effect"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --disable-cascade-attn",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100",)

_READ = (0, 33)
#: options on their way out, with what the parser says of each
_GOING = {
    "--disable-cascade-attn": "cascade attention is gone: it has no effect",
    "--log-config-file": "logging is set up by VLLM_LOGGING_CONFIG_PATH",
    "--mamba-cache-mode": "it follows from prefix caching",
    "--ir-op-priority": "the kernels' own options take its place",
}


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    return case.version.number >= _READ and bool(_typed(case))


def explain(case: Case, row: int) -> Explanation:
    """Name them, each with why."""
    del row
    typed = _typed(case)
    return Explanation(
        message=f"{', '.join(typed)} will be refused by a later vLLM",
        cause="; ".join(dict.fromkeys(_GOING[flag] for flag in typed)),
        fix="leave it out",
        source="vllm.engine.arg_utils",
    )


def _typed(case: Case) -> list[str]:
    return [flag for flag, _ in case.arguments.other if flag in _GOING]
