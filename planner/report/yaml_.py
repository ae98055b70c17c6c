"""YAML, schema planner/1: the plan file that ``validate`` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.dumped import dump

if TYPE_CHECKING:
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES = (".yaml", ".yml")


def render(answer: Answer, page: Page) -> str:
    """The document in the order of the schema."""
    del page
    return dump(answer.model_dump(mode="json"))
