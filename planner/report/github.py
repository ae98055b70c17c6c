"""Annotations of GitHub Actions: each finding beside its line in the pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Severity
from planner.report.parts.findings import found, sentence
from planner.report.parts.words import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.finding import Finding
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES: tuple[str, ...] = ()
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
#: GitHub's workflow commands end at a line's end, their properties at a comma or a colon
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_MESSAGE | {":": "%3A", ",": "%2C"}


def render(answer: Answer, page: Page) -> str:
    """A workflow command a finding, and the count."""
    del page
    findings = found(answer)
    return "\n".join([*map(command, findings), summary(findings)]) + "\n"


def command(finding: Finding) -> str:
    """A finding beside its line."""
    place = finding.location
    properties = {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "col": place.column if place else None,
        "title": f"{finding.code} {finding.name}",
    }
    return workflow_command(_COMMANDS[finding.severity], properties, sentence(finding))


def workflow_command(kind: str, properties: Mapping[str, object], text: str) -> str:
    """A command to the runner; properties that are None are left out."""
    listed = ",".join(
        f"{name}={_escaped(str(value), _IN_PROPERTY)}"
        for name, value in properties.items()
        if value is not None
    )
    return f"::{kind} {listed}::{_escaped(text, _IN_MESSAGE)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
