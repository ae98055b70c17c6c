"""Annotations of GitHub Actions: what appeared beside its line, a notice of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report import github
from planner.report.parts.change_words import heading, rows, summary

if TYPE_CHECKING:
    from planner.difference.document import DeploymentChange, Difference
    from planner.report.base import Page

SUFFIXES: tuple[str, ...] = ()


def render(difference: Difference, page: Page) -> str:
    """A workflow command a finding that is new, a notice of the figures of each deployment."""
    del page
    commands = [
        *(github.command(each) for c in difference.deployments for each in c.appeared),
        *(_notice(change) for change in difference.deployments if rows(change)),
    ]
    return "\n".join([*commands, summary(difference)]) + "\n"


def _notice(change: DeploymentChange) -> str:
    text = "\n".join(f"{name}: {old} → {new} {by}".rstrip() for name, old, new, by in rows(change))
    return github.workflow_command("notice", {"file": change.file, "title": heading(change)}, text)
