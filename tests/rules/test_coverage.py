"""What vLLM checks is judged by rules that can fire, or it is said why it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from planner.finding import Origin
from planner.rules.base import rules
from scripts.rule_pages import coverage_parts

ROWS = [
    pytest.param(row, id=f"{part['title']}: {row['says']}")
    for part in coverage_parts()
    for row in part["rows"]
]
LEAST_ROWS = 90
#: of scopes that judge what is asked, not a machine or a log
ASKED = {"layout", "model", "command"}


@pytest.mark.parametrize("row", ROWS)
def test_a_check_of_vllm_has_rules_or_a_reason(row: dict[str, Any]) -> None:
    known = {rule.CODE for rule in rules()}
    assert bool(row.get("rules")) != bool(row.get("why"))
    assert set(row.get("rules", ())) <= known
    assert row["where"].startswith(("vllm", "documentation, "))


def test_every_rule_about_what_vllm_refuses_is_in_the_table() -> None:
    named = {code for row in ROWS for code in row.values[0].get("rules", ())}  # type: ignore[union-attr]
    refused = {r.CODE for r in rules() if r.ORIGIN is Origin.VLLM and r.SCOPE in ASKED}
    assert refused <= named, sorted(refused - named)


def test_the_table_is_not_cut_short() -> None:
    assert len(ROWS) >= LEAST_ROWS
