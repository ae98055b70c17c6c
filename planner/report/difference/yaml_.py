"""YAML, schema planner/1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.dumped import dump

if TYPE_CHECKING:
    from planner.difference.document import Difference
    from planner.report.base import Page

SUFFIXES = (".yaml", ".yml")


def render(difference: Difference, page: Page) -> str:
    """The document in the order of the schema."""
    del page
    return dump(difference.model_dump(mode="json"))
