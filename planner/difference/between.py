"""Two answers held against each other, deployment by deployment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from planner.difference.document import DeploymentChange, Difference, State
from planner.difference.figures import figures, moved, options, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.finding import Finding
    from planner.plan import Answer, JudgedTarget, Layout


def difference(
    before: Answer, after: Answer, *, command: Literal["diff", "validate"], old: str, new: str
) -> Difference:
    """What of each deployment differs between two answers of ``validate``.

    Deployments are paired by their part of the file, then by model, then those that are left
    alone on both sides.
    """
    changes = [_change(before, one, after, other) for one, other in _pairs(before, after)]
    return Difference.model_construct(
        command=command,
        old=old,
        new=new,
        deployments=tuple(changes),
        notes=tuple(dict.fromkeys((*before.notes, *after.notes))),
    )


def _pairs(before: Answer, after: Answer) -> list[tuple[JudgedTarget | None, JudgedTarget | None]]:
    left, right = list(before.targets), list(after.targets)
    found: list[tuple[JudgedTarget | None, JudgedTarget | None]] = []
    same_files = {t.file for t in left} & {t.file for t in right}
    for alike in (
        lambda one, other: (one.file, one.part) == (other.file, other.part),
        lambda one, other: one.file not in same_files and one.part == other.part,
        lambda one, other: one.model == other.model,
        lambda _one, _other: len(left) == len(right) == 1,
    ):
        for one in list(left):
            other = next((each for each in right if alike(one, each)), None)
            if other is not None:
                left.remove(one)
                right.remove(other)
                found.append((one, other))
    order = {id(target): number for number, target in enumerate(before.targets)}
    found.sort(key=lambda pair: order[id(pair[0])])
    return [*found, *((one, None) for one in left), *((None, other) for other in right)]


def _change(
    before: Answer, one: JudgedTarget | None, after: Answer, other: JudgedTarget | None
) -> DeploymentChange:
    shown = other or one
    old, new = _layout(before, one), _layout(after, other)
    was, now = _findings(before, one, old), _findings(after, other, new)
    fixed = tuple(moved(options(old), options(new)))
    runs_with = tuple(moved(settings(old), settings(new)))
    measures = tuple(moved(figures(one, old), figures(other, new)))
    appeared, gone = _beyond(now, was), _beyond(was, now)
    state: State = "added" if one is None else "removed" if other is None else "same"
    if state == "same" and (fixed or runs_with or measures or appeared or gone):
        state = "changed"
    return DeploymentChange.model_construct(
        file=shown.file if shown else "",
        part=shown.part if shown else "",
        model=shown.model if shown else None,
        state=state,
        options=fixed,
        settings=runs_with,
        figures=measures,
        appeared=appeared,
        gone=gone,
    )


def _layout(answer: Answer, target: JudgedTarget | None) -> Layout | None:
    return None if target is None or target.layout is None else answer.layouts[target.layout]


def _findings(answer: Answer, target: JudgedTarget | None, layout: Layout | None) -> list[Finding]:
    if target is None:
        return []
    alone = len(answer.targets) == 1
    own = [
        each
        for each in answer.findings
        if alone
        or (
            each.location is not None
            and (each.location.file, each.location.part or "") == (target.file, target.part)
        )
    ]
    return [*own, *(layout.findings if layout else ())]


def _beyond(these: Iterable[Finding], those: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of one side beyond as many of the same rule on the other."""
    there = Counter(each.code for each in those)
    found = []
    for each in these:
        if there[each.code]:
            there[each.code] -= 1
        else:
            found.append(each)
    return tuple(found)
