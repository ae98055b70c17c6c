"""The planner's answer to every golden row, and what the accuracy page makes of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from planner.rules.base import rules
from scripts.accuracy import all_answers, failures
from scripts.accuracy_figures import Exceptions, architectures, headlines, off, share
from scripts.golden_rows import BOARDS, read_rows, tables
from scripts.golden_verdicts import REFUSALS, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.golden_answers import Answer

ROWS = read_rows()

# one process answers all rows once, where tests are spread over several by group
pytestmark = pytest.mark.xdist_group("golden rows")


@pytest.fixture(scope="module")
def found() -> Sequence[Answer]:
    return all_answers()


def test_every_row_is_answered(found: Sequence[Answer]) -> None:
    assert len(found) == len(ROWS) > 5500
    assert {answer.row.capability for answer in found} == set(BOARDS)
    assert len(tables(ROWS)) < len(ROWS) / 5


def test_no_headline_figure_is_below_its_floor_or_worse_than_the_accuracy_page(
    found: Sequence[Answer],
) -> None:
    assert failures(headlines(found)) == []


def test_every_model_class_is_exact_on_nearly_all_its_rows(found: Sequence[Answer]) -> None:
    shares = {name: share(c.exact, c.accepted) for name, c in architectures(found).items()}
    assert {name: percent for name, percent in shares.items() if percent < 95} == {}


def test_what_is_not_as_vllm_says_has_a_reason(found: Sequence[Answer]) -> None:
    known = Exceptions.read()
    assert [a.row.name for a in off(found) if known.reason(a) is None] == []
    names = [answer.row.name for answer in off(found)]
    idle = [e["rows"] for e in known.entries if not any(fnmatchcase(n, e["rows"]) for n in names)]
    assert idle == []


def test_every_refusal_of_vllm_is_of_a_kind_that_a_rule_answers_for() -> None:
    codes = {rule.CODE for rule in rules()}
    assert {code for kind in REFUSALS for code in kind.codes} <= codes
    rejected = [row for row in ROWS if not row.accepted]
    assert [row.error for row in rejected if refusal(row.error) is None] == []
    assert {id(refusal(row.error)) for row in rejected} == {id(kind) for kind in REFUSALS}
