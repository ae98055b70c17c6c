"""GitLab's code quality report: findings in the widget of a merge request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.finding import Severity
from planner.report.parts.findings import file_of, fingerprints, found, line_of, sentence

if TYPE_CHECKING:
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES: tuple[str, ...] = ()
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.ADVICE: "info"}


def render(answer: Answer, page: Page) -> str:
    """A list of issues as Code Climate has them."""
    del page
    findings = found(answer)
    issues = [
        {
            "description": sentence(each),
            "check_name": each.code,
            "fingerprint": mark,
            "severity": _SEVERITIES[each.severity],
            "location": {"path": file_of(each), "lines": {"begin": line_of(each)}},
        }
        for each, mark in zip(findings, fingerprints(findings), strict=True)
    ]
    return json.dumps(issues, indent=2) + "\n"
