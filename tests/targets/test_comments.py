from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.targets.comments import suppressions


def read(text: str) -> list[tuple[int, int | None, tuple[str, ...], str]]:
    return [(s.line, s.about, s.codes, s.reason) for s in suppressions("a.yaml", text)]


def test_a_comment_behind_a_part_is_about_its_line() -> None:
    text = "a: 1\nimage: x # planner: ignore RUN025 our mirror\n"
    assert read(text) == [(2, 2, ("RUN025",), "our mirror")]


def test_comments_on_lines_of_their_own_are_about_the_next_line_that_is_none() -> None:
    text = "a: 1\n# planner: ignore RUN025: one\n# planner: ignore run024 - two\nimage: x\n"
    assert read(text) == [(2, 4, ("RUN025",), "one"), (3, 4, ("RUN024",), "two")]


def test_a_comment_above_all_else_is_about_the_file() -> None:
    text = "#!/bin/bash\n# ours\n\n---\n# planner: ignore RUN024, RUN025 for a demo\na: 1\n"
    assert read(text) == [(5, None, ("RUN024", "RUN025"), "for a demo")]


@pytest.mark.parametrize(
    ("comment", "codes", "reason"),
    [
        ("ignore", (), ""),
        ("ignore RUN025", ("RUN025",), ""),
        ("ignore RUN025 —", ("RUN025",), ""),
        ("ignore because we say so", (), "because we say so"),
    ],
)
def test_what_a_comment_leaves_out_is_empty(
    comment: str, codes: tuple[str, ...], reason: str
) -> None:
    assert read(f"a: 1 # planner: {comment}\n") == [(1, 1, codes, reason)]


@pytest.mark.parametrize(
    "line", ["a: b#planner: ignore RUN025 x", "# planner: ignored by us", "# ask the planner"]
)
def test_other_comments_ask_for_nothing(line: str) -> None:
    assert read(f"{line}\n") == []


@given(st.text("# planner:ignoreRUN025,\n-a1", max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    lines = len(text.splitlines())
    for each in suppressions("a.yaml", text):
        assert 1 <= each.line <= lines
        assert each.about is None or each.line <= each.about <= lines
