"""JSON, schema planner/1: exact, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES = (".json",)


def render(answer: Answer, page: Page) -> str:
    """The document in the order of the schema; pure ASCII, so that no locale can break it."""
    del page
    return json.dumps(answer.model_dump(mode="json"), indent=2) + "\n"
