"""Text for people: what changes, deployment by deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.change_words import aligned, heading, rows, summary, title
from planner.report.parts.findings import sentence
from planner.report.parts.safe import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.difference.document import DeploymentChange, Difference
    from planner.finding import Finding
    from planner.report.base import Page

SUFFIXES = (".txt",)


def render(difference: Difference, page: Page) -> str:
    """A table a deployment, then its findings; those that stay as they are in a line."""
    lines = [title(difference), ""]
    for change in difference.deployments:
        lines += [*_deployment(change), ""]
    lines += [f"note: {note}" for note in difference.notes]
    lines.append(summary(difference))
    text = "\n".join(lines) + "\n"
    return without_controls(text if page.unicode else text.replace("→", "->").replace("—", "-"))


def _deployment(change: DeploymentChange) -> Iterator[str]:
    state = "" if change.state == "changed" else f": {change.state}"
    yield heading(change) + state
    if change.state in {"changed", "added"} and (found := rows(change)):
        yield from (f"  {line}" for line in aligned(found))
    yield from _findings("appeared", change.appeared)
    yield from _findings("gone", change.gone)


def _findings(state: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    for each in findings:
        text = sentence(each) if state == "appeared" else each.message
        yield f"  {state}: {each.severity} {each.code} {text}"
