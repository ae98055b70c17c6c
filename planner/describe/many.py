"""The answers about several deployments as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


def together(answers: Sequence[plan.Answer]) -> plan.Answer:
    """One answer of several; what they do not share is None, and each of ``targets`` has its own.

    A single answer stays as it is.
    """
    if len(answers) == 1:
        return answers[0]
    versions = _different(answer.vllm_version for answer in answers)
    return plan.Answer.model_construct(
        command=answers[0].command,
        vllm_version=", ".join(versions),
        calibration=_different(name for answer in answers for name in answer.calibration),
        model=_shared(answer.model for answer in answers),
        hardware=_shared(answer.hardware for answer in answers),
        workload=_shared(answer.workload for answer in answers),
        goal=_shared(answer.goal for answer in answers),
        layouts=tuple(layout for answer in answers for layout in answer.layouts),
        findings=tuple(found for answer in answers for found in answer.findings),
        notes=_different(note for answer in answers for note in answer.notes),
        targets=tuple(_numbered(answers)),
    )


def _numbered(answers: Iterable[plan.Answer]) -> Iterable[plan.JudgedTarget]:
    """The targets, their layouts counted through."""
    before = 0
    for answer in answers:
        for target in answer.targets:
            place = None if target.layout is None else target.layout + before
            yield target.model_copy(update={"layout": place})
        before += len(answer.layouts)


def _shared(values: Iterable[T]) -> T | None:
    first, *others = values
    return first if all(other == first for other in others) else None


def _different(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
