"""JSON, schema planner/1: exact, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.difference.document import Difference
    from planner.report.base import Page

SUFFIXES = (".json",)


def render(difference: Difference, page: Page) -> str:
    """The document in the order of the schema."""
    del page
    return json.dumps(difference.model_dump(mode="json"), indent=2) + "\n"
