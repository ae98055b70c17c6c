"""A policy and comments laid over findings: what they may hide, and what not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.finding import Finding, Location, Origin, Severity
from planner.policy.file import rule_codes
from planner.rules import run035_suppression_without_a_reason as reasonless
from planner.rules import run036_suppression_without_effect as idle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.plan import Answer
    from planner.policy.policy import Policy
    from planner.targets.comments import Suppression

NOWHERE = "command line"


def apply(answer: Answer, policy: Policy, suppressions: Sequence[Suppression] = ()) -> Answer:
    """The answer with the findings that a project wants to hear of.

    What vLLM itself refuses and what does not fit stays an error whatever asks for silence; a
    note says so.
    """
    judge = _Judge(policy, suppressions)
    layouts = tuple(
        layout.model_copy(update={"findings": judge.kept(layout.findings)})
        for layout in answer.layouts
    )
    findings = (*judge.kept(answer.findings), *judge.kept(judge.on_comments()))
    notes = (*answer.notes, *judge.notes())
    return answer.model_copy(update={"layouts": layouts, "findings": findings, "notes": notes})


class _Judge:
    """Keeps or hides one finding after the other, and counts."""

    def __init__(self, policy: Policy, suppressions: Sequence[Suppression]) -> None:
        self._policy = policy
        self._suppressions = [each for each in suppressions if _problem(each) is None]
        self._wrong = [each for each in suppressions if _problem(each) is not None]
        self._used: set[tuple[Suppression, str]] = set()
        self._hidden: Counter[str] = Counter()
        self._firm: dict[str, None] = {}

    def kept(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that stay, with the severity that the policy gives them."""
        return tuple(self._weighed(found) for found in findings if not self._hides(found))

    def _hides(self, found: Finding) -> bool:
        file = found.location.file if found.location else NOWHERE
        comment = next((each for each in self._suppressions if _covers(each, found)), None)
        if comment is not None:
            self._used.add((comment, found.code))
            by = "comments"
        elif not self._policy.wanted(found.code, file):
            by = "policy"
        else:
            return False
        if _is_firm(found):
            self._firm[f"{found.code} in {file}"] = None
            return False
        self._hidden[by] += 1
        return True

    def _weighed(self, found: Finding) -> Finding:
        file = found.location.file if found.location else NOWHERE
        wanted = self._policy.severity(found.code, file)
        if wanted is None or wanted is found.severity:
            return found
        if _is_firm(found):
            self._firm[f"{found.code} in {file}"] = None
            return found
        return replace(found, severity=wanted)

    def on_comments(self) -> list[Finding]:
        """What is wrong with the comments themselves."""
        wrong = [
            reasonless.suppression_finding(_place(each), _problem(each) or "")
            for each in self._wrong
        ]
        if not self._policy.strict:
            return wrong
        return wrong + [
            idle.idle_finding(_place(each), code)
            for each in self._suppressions
            for code in each.codes
            if (each, code) not in self._used
        ]

    def notes(self) -> tuple[str, ...]:
        """What was hidden, and what could not be."""
        hidden = tuple(
            f"{count} {'finding' if count == 1 else 'findings'} ignored by {by}"
            for by, count in self._hidden.items()
        )
        firm = tuple(
            f"{what} cannot be ignored: vLLM itself refuses, or it does not fit"
            for what in self._firm
        )
        return hidden + firm


def _is_firm(found: Finding) -> bool:
    return found.severity is Severity.ERROR and found.origin is not Origin.POLICY


def _covers(comment: Suppression, found: Finding) -> bool:
    at = found.location
    return (
        at is not None
        and found.code in comment.codes
        and at.file == comment.file
        and comment.about in {None, at.line}
    )


def _problem(comment: Suppression) -> str | None:
    """Why a comment counts for nothing, or None."""
    if not comment.codes:
        return "it names no rule"
    known = rule_codes()
    unknown = [code for code in comment.codes if code not in known]
    if unknown:
        return f"no rule is called {', '.join(unknown)}"
    return None if comment.reason else "it gives no reason"


def _place(comment: Suppression) -> Location:
    return Location(file=comment.file, line=comment.line)
