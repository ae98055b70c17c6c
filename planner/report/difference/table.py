"""Text for people: what changes, deployment by deployment."""

from __future__ import annotations

from textwrap import wrap
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
        lines += [*_deployment(change, page.width), ""]
    for note in difference.notes:
        lines += _within(f"note: {note}", page.width, under=len("note: "))
    lines.append(summary(difference))
    text = "\n".join(lines) + "\n"
    return without_controls(text if page.unicode else text.replace("→", "->").replace("—", "-"))


def _deployment(change: DeploymentChange, width: int) -> Iterator[str]:
    state = "" if change.state == "changed" else f": {change.state}"
    yield heading(change) + state
    if change.state in {"changed", "added"} and (found := rows(change)):
        yield from (f"  {line}" for line in aligned(found))
    yield from _findings("appeared", change.appeared, width)
    yield from _findings("gone", change.gone, width)


def _findings(state: str, findings: tuple[Finding, ...], width: int) -> Iterator[str]:
    for each in findings:
        text = sentence(each) if state == "appeared" else each.message
        yield from _within(f"  {state}: {each.severity} {each.code} {text}", width, under=4)


def _within(text: str, width: int, under: int) -> list[str]:
    """Lines of a sentence; those after the first stand under its words, and no word is cut."""
    return wrap(
        text, width, subsequent_indent=" " * under, break_long_words=False, break_on_hyphens=False
    )
