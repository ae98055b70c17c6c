"""Findings as code reviews and CI systems take them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner.report.parts.words import all_findings

if TYPE_CHECKING:
    from planner.finding import Finding
    from planner.plan import Answer

#: where a finding is that no file holds
NOWHERE = "command line"


def found(answer: Answer) -> list[Finding]:
    """All findings of an answer, the worst first."""
    return all_findings(answer)


def sentence(finding: Finding) -> str:
    """What is wrong, why, and what to type, in one text."""
    because = f": {finding.cause}" if finding.cause else ""
    instead = f"; fix: {finding.fix}" if finding.fix else ""
    return finding.message + because + instead


def file_of(finding: Finding) -> str:
    """The file a finding is in."""
    return finding.location.file if finding.location else NOWHERE


def line_of(finding: Finding) -> int:
    """Its line, 1 where only the file is known."""
    return (finding.location.line if finding.location else None) or 1


def fingerprints(findings: list[Finding]) -> list[str]:
    """What stays the same of a finding when lines move: its rule, its file and the part of it.

    Findings that are alike in all of these are told apart by their order.
    """
    seen: dict[str, int] = {}
    result = []
    for each in findings:
        at = each.location
        place = (at.part or "", at.path or "") if at else ("", "")
        key = "\0".join((each.code, file_of(each), *place))
        seen[key] = seen.get(key, 0) + 1
        result.append(hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:32])
    return result
