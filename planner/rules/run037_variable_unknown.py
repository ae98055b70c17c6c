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
    ``vllm.envs.environment_variables``
Versions:
    every release from 0.6.0 on; one that was not read by what the releases beside it read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import nearest
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import deployment
from planner.vllm.spans import LAST_PATCH, ReleaseNumber, Spans, release_name, release_number
from planner.vllm.variables import variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
#: of the variables that are gone
_TOOK_ITS_PLACE = {
    "VLLM_ATTENTION_BACKEND": "--attention-backend",
    "VLLM_ALL2ALL_BACKEND": "--all2all-backend",
    "VLLM_USE_V1": "leave it out: there is no other engine",
}


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the variable and what is like it."""
    mine = [name for name in document.target.environment if name.startswith("VLLM_")]
    known = variables().known(document.release) if mine and document.release else frozenset()
    places = document.container.variables
    for name in mine if known else ():
        if name not in known and name not in _OTHERS:
            when, fix = _told(name, known, release_number(document.release or "", LAST_PATCH))
            yield Explanation(
                message=f"vLLM {document.release} reads no variable {name}",
                cause=f"{when}it goes on without, and warns of it at most",
                fix=fix,
                source="vllm.envs.environment_variables",
                place=places[name].place if name in places else None,
            )


def _told(name: str, known: Iterable[str], release: ReleaseNumber) -> tuple[str, str]:
    """When it was read, or will be, and what to type instead."""
    spans = variables().rows.get(name, Spans())
    if last := spans.last_before(release):
        gone = _TOOK_ITS_PLACE.get(name, "leave it out")
        return f"{release_name(last)} was the last release with it; ", gone
    if first := spans.next_after(release):
        return f"it came with {release_name(first)}; ", "take a later release, or leave it out"
    like = nearest(name, known, limit=1, likeness=0.85)
    return "", f"nearest: {like[0]}" if like else "leave it out"
