"""YAML, schema planner/1: the plan file that ``validate`` reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES = (".yaml", ".yml")
#: lines are not folded: a command stays on one line
_ENDLESS = 1 << 20


def render(answer: Answer, page: Page) -> str:
    """The document in the order of the schema."""
    del page
    return dump(answer.model_dump(mode="json"))


def dump(document: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Plain data as YAML, in the order of its keys, a line a value."""
    # 30 ms, and no other format writes YAML
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # typed as None
    writer.width = _ENDLESS
    out = io.StringIO()
    writer.dump(document, out)
    return out.getvalue()
