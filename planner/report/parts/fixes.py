"""Which findings can be mended in their files, and which were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.words import all_findings

if TYPE_CHECKING:
    from planner.finding import Finding
    from planner.plan import Answer


def can_be_fixed(finding: Finding, *, safe: bool = True) -> bool:
    """Whether ``--fix`` makes it in its file; only with ``--unsafe-fixes`` where not ``safe``."""
    repair = finding.repair
    return repair is not None and bool(repair.edits) and repair.safe is safe


def fix_words(answer: Answer) -> str:
    """What was fixed, or what could be: ``[*] 2 fixable with --fix``; nothing where none is."""
    found = all_findings(answer)
    if answer.fixed is not None:
        return f"{len(answer.fixed)} fixed, {len(found)} left"
    safe, unsafe = (sum(can_be_fixed(f, safe=which) for f in found) for which in (True, False))
    more = " more" if safe else ""
    words = [
        f"[*] {safe} fixable with --fix" if safe else "",
        f"{unsafe}{more} with --unsafe-fixes" if unsafe else "",
    ]
    return ", ".join(word for word in words if word)
