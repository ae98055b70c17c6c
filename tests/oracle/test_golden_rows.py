"""The planner's answer to every golden row, and what the accuracy page makes of them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from planner.rules.base import rules
from scripts.accuracy import all_answers, complaints
from scripts.golden.rows import BOARDS, read_rows, tables
from scripts.golden.verdicts import REFUSALS, refusal
from scripts.page.figures import Exceptions, architectures, off, share
from scripts.starts.figures import all_log_answers

ROWS = read_rows()


def test_rows_are_of_every_board_and_share_tables() -> None:
    assert len(ROWS) > 5500
    assert {row.capability for row in ROWS} == set(BOARDS)
    assert len(tables(ROWS)) < len(ROWS) / 4


def test_the_planner_answers_every_row_as_vllm_does() -> None:
    """One test, so that one process answers the rows, once."""
    found = all_answers()
    assert len(found) == len(ROWS)

    known = Exceptions.read()
    unlike = off(found)
    assert [answer.row.name for answer in unlike if known.reason(answer) is None] == []
    names = [answer.row.name for answer in unlike]
    idle = [e["rows"] for e in known.entries if not any(fnmatchcase(n, e["rows"]) for n in names)]
    assert idle == []

    shares = {name: share(c.exact, c.accepted) for name, c in architectures(found).items()}
    assert {name: percent for name, percent in shares.items() if percent < 95} == {}
    assert complaints(found, all_log_answers()) == [], "make accuracy, and look at the page"


def test_every_refusal_of_vllm_is_of_a_kind_that_a_rule_answers_for() -> None:
    codes = {rule.CODE for rule in rules()}
    assert {code for kind in REFUSALS for code in kind.codes} <= codes
    rejected = [row for row in ROWS if not row.accepted]
    assert [row.error for row in rejected if refusal(row.error) is None] == []
    assert {id(refusal(row.error)) for row in rejected} == {id(kind) for kind in REFUSALS}
