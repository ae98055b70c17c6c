"""vLLM reads no such variable.

What it checks:
    variables that begin with ``VLLM_`` are ones that this release reads.
Why:
    vLLM warns of the others and goes on without them: what was meant to be set is not.

Example:
    ``VLLM_ATTENTION_BACKEND``, whose place ``--attention-backend`` took.
Fix:
    as the finding says, or leave it out.
Source in vLLM:
    ``vllm.envs.environment_variables`` (0.33.0)
Versions:
    0.33, whose variables were read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import nearest
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import deployment
from planner.vllm.variables import variables
from planner.vllm.version import newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN037"
NAME = "variable-unknown"
SEVERITY = Severity.WARNING
ORIGIN = Origin.VLLM
SCOPE = "document"
BAD = (deployment("env: [{name: VLLM_ATTENTION_BACKEND, value: FLASHINFER}]"),)
GOOD = (deployment("env: [{name: VLLM_LOGGING_LEVEL, value: DEBUG}]"),)

#: not vLLM's own, though they are called so
_OTHERS = frozenset({"VLLM_ADDITIONAL_ARGS"})
_TOOK_ITS_PLACE = {
    "VLLM_ATTENTION_BACKEND": "--attention-backend",
    "VLLM_ALL2ALL_BACKEND": "--all2all-backend",
    "VLLM_USE_V1": "leave it out: there is no other engine",
}


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the variable and what is like it."""
    if document.release != newest():
        return
    places = document.container.variables
    for name in document.target.environment:
        if name.startswith("VLLM_") and name not in variables() and name not in _OTHERS:
            like = nearest(name, variables(), limit=1, likeness=0.85)
            took = _TOOK_ITS_PLACE.get(name) or (f"nearest: {like[0]}" if like else "leave it out")
            yield Explanation(
                message=f"vLLM {document.release} reads no variable {name}",
                cause="it goes on without, and warns of it at most",
                fix=took,
                source="vllm.envs.environment_variables",
                place=places[name].place if name in places else None,
            )
