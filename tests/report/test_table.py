from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.report.base import Page
from planner.report.parts.memory import TERMS, bar_cells, stage_rows
from planner.report.parts.rejected import rejected_groups
from planner.report.parts.words import (
    fit_text,
    group_name,
    layout_name,
    shortened,
    summary,
)
from planner.report.table import render
from tests.answers import (
    TP_LEAVES_NODE,
    broken,
    deepseek_r1,
    estimate,
    layout,
    nothing_fits,
    rejected,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Answer

    Golden = Callable[[str, str], None]

ANSWERS = [deepseek_r1, estimate, broken, nothing_fits]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_in_a_pipe(width: int, golden: Golden) -> None:
    golden(f"deepseek-r1-{width}.txt", render(deepseek_r1(), Page(width=width)))


def test_the_table_in_a_terminal_without_colour(golden: Golden) -> None:
    page = Page(width=80, terminal=True)
    golden("deepseek-r1-terminal.txt", render(deepseek_r1(), page))


def test_the_table_in_a_terminal_without_block_characters(golden: Golden) -> None:
    page = Page(width=80, terminal=True, unicode=False)
    text = render(deepseek_r1(), page)
    assert text.isascii()
    golden("deepseek-r1-ascii.txt", text)


@pytest.mark.parametrize("answer", [estimate, broken, nothing_fits])
def test_the_other_answers_as_text(answer: Callable[[], Answer], golden: Golden) -> None:
    golden(f"{answer.__name__.replace('_', '-')}-80.txt", render(answer(), Page()))


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_line_is_wider_than_the_page(
    answer: Callable[[], Answer], width: int, *, terminal: bool
) -> None:
    page = Page(width=width, terminal=terminal)
    # the table of stages has nine columns: it is never narrower than 75
    lines = [ln for ln in render(answer(), page).splitlines() if width >= 80 or "  " not in ln[6:]]
    assert max(map(len, lines)) <= width


def test_colour_changes_nothing_but_colour() -> None:
    page = Page(width=80, terminal=True)
    coloured = render(deepseek_r1(), Page(width=80, terminal=True, colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r" +\n", "\n", re.sub(r"\x1b\[[0-9;]*m", "", coloured)) == render(
        deepseek_r1(), page
    )


def test_the_recommended_layout_comes_first_and_its_commands_are_whole() -> None:
    text = render(deepseek_r1(), Page(width=80))
    assert text.index("1. TP8 x PP2") < text.index("other layouts") < text.index("rejected")
    commands = re.sub(r" \\\n\s+", " ", text)
    for command in deepseek_r1().layouts[0].commands:
        assert command.shell in commands


def test_a_reason_stands_with_the_layouts_that_it_is_true_of() -> None:
    cut = "hosts of {} ranks cut tensor-parallel groups of 2 in two"
    wide = "tensor parallel size 16 spans scale-up domains of 8 GPUs"
    out = (
        rejected(2, 5, ("PAR003",), cut.format(5)),
        rejected(3, 1, ("PAR001",), "128 attention heads do not divide by 3"),
        rejected(16, 1, ("PAR003",), wide),
        rejected(2, 7, ("PAR003", "PAR008"), cut.format(7)),
    )
    groups = rejected_groups(deepseek_r1().model_copy(update={"rejected": out}))
    assert [(each.code, each.message, each.names) for each in groups] == [
        ("PAR003", cut.format(5), ["TP2 x PP5", "TP2 x PP7"]),
        ("PAR003", wide, ["TP16"]),
        ("PAR001", "128 attention heads do not divide by 3", ["TP3"]),
    ]


def test_what_was_assumed_is_always_said() -> None:
    text = render(deepseek_r1(), Page(width=120))
    assert deepseek_r1().hardware is not None
    assert "assumed: A100 is read as a100-sxm4-80gb" in text


def test_control_characters_do_not_reach_the_terminal() -> None:
    answer = deepseek_r1()
    assert answer.model is not None
    model = answer.model.model_copy(update={"id": "a\x1b]0;title\x07b\x1b[2Jc"})
    for colour in (True, False):
        text = render(
            answer.model_copy(update={"model": model}), Page(terminal=True, colour=colour)
        )
        assert "\x1b]" not in text
        assert "\x1b[2J" not in text
        assert "\x07" not in text


def test_layouts_are_named_by_the_sizes_above_one() -> None:
    assert layout_name(layout(8, 2)) == "TP8 x PP2"
    assert layout_name(layout(1, 1)) == "TP1"
    assert layout_name(layout(1, 1, 8, ep=True)) == "DP8 + EP"


def test_like_stages_share_a_row() -> None:
    memory = layout(8, 2).memory
    assert memory is not None
    first, last = memory.stages
    four = memory.model_copy(update={"stages": (first, last, last, last)})
    assert [row.stage for row in stage_rows(four)] == ["0", "1-3"]
    assert [row.layers for row in stage_rows(four)] == ["0-30", "31-60"]


sizes = st.lists(st.integers(-(2**40), 2**40), min_size=len(TERMS), max_size=len(TERMS))


@given(sizes, st.integers(10, 200))
def test_a_bar_is_full_and_shows_every_part(parts: list[int], cells: int) -> None:
    drawn = bar_cells(parts, cells)
    some = any(part > 0 for part in parts)
    assert sum(drawn) == (cells if some else 0)
    assert all((have > 0) == (part > 0) for have, part in zip(drawn, parts, strict=True))


def test_sentences() -> None:
    fit = layout(8, 2).fit
    short = fit.model_copy(update={"verdict": "does_not_fit", "margin_bytes": -(2**28)})
    assert fit_text(short) == "does not fit, 0.25 GiB short, probability 0.99"
    assert shortened([f"TP{n}" for n in range(8)], 2) == "TP0, TP1 and 6 more"
    assert summary([TP_LEAVES_NODE, TP_LEAVES_NODE]) == "2 errors"
    assert summary([]) == "no findings"
    hardware = deepseek_r1().hardware
    assert hardware is not None
    alone = hardware.groups[0].model_copy(update={"nodes": 1, "gpus_per_node": 1})
    assert group_name(alone) == "a100-sxm4-80gb"
