"""Markdown, for the comment on a pull request and the summary of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.change_words import heading, rows, summary, title
from planner.report.parts.safe import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.difference.document import DeploymentChange, Difference
    from planner.report.base import Page

SUFFIXES = (".md", ".markdown")


def render(difference: Difference, page: Page) -> str:
    """A table a deployment that changes, then its findings."""
    del page
    return without_controls("\n".join(_document(difference)).rstrip() + "\n")


def _document(difference: Difference) -> Iterator[str]:
    yield from (f"### {_text(title(difference))}", "")
    yield from (f"**{summary(difference)}**", "")
    for change in difference.deployments:
        if change.state != "same":
            yield from _deployment(change)
    yield from (f"- note: {_text(note)}" for note in difference.notes)


def _deployment(change: DeploymentChange) -> Iterator[str]:
    state = "" if change.state == "changed" else f" ({change.state})"
    yield from (f"#### {_text(heading(change))}{state}", "")
    if found := rows(change):
        yield "| | before | after | change |"
        yield "| --- | --- | --- | --- |"
        yield from (f"| {' | '.join(map(_text, row))} |" for row in found)
        yield ""
    for state, findings in (("appeared", change.appeared), ("gone", change.gone)):
        for each in findings:
            yield f"- {state}: **{each.severity} {each.code}** {_text(each.message)}"
            if state == "appeared" and each.fix:
                yield f"  - fix: {_text(each.fix)}"
    yield ""


def _text(text: str) -> str:
    """Text that Markdown shows as it is, in a table too."""
    for mark in "\\`*_<>|[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
