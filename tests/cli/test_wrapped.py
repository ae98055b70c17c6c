"""Explanations and tables at the width of the reader's screen."""

from __future__ import annotations

import pytest

from planner.cli.rows import _widths
from planner.cli.wrapped import wrapped
from planner.manual import overview, page_of

FULL = (
    "    every tensor-parallel group lies inside one scale-up domain: the GPUs of a host, or of a\n"
    "    rack that shares NVLink.\n"
)


def test_lines_that_were_broken_because_they_were_full_flow_on() -> None:
    assert wrapped(FULL, 60) == (
        "    every tensor-parallel group lies inside one scale-up\n"
        "    domain: the GPUs of a host, or of a rack that shares\n"
        "    NVLink.\n"
    )


def test_lines_that_were_over_stay_apart() -> None:
    commands = "  planner recommend\n  planner estimate\n"
    assert wrapped(commands, 80) == commands


def test_what_stands_in_a_column_stays_under_it() -> None:
    line = "  HWD007  error    The vLLM that will run has no kernels for a GPU.\n"
    assert wrapped(line, 40) == (
        "  HWD007  error    The vLLM that will\n"
        "                   run has no kernels\n"
        "                   for a GPU.\n"
    )


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert wrapped("  see vllm.v1.worker.gpu_worker.Worker\n", 20) == (
        "  see\n  vllm.v1.worker.gpu_worker.Worker\n"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_every_page_fits_but_for_words_that_cannot_be_cut(width: int) -> None:
    for page in (overview(), page_of("PAR003"), page_of("weights")):
        for line in wrapped(page, width).splitlines():
            assert len(line) <= width or len(line.split()) == 1, line


def test_a_table_without_room_breaks_its_headings_before_it_leaves_columns_out() -> None:
    columns, cells = ["id", "gpus_per_node", "fabric"], [["hgx-h100-8", "8", "ib-ndr"]]
    assert _widths(columns, cells, 80) == [10, 13, 6]
    assert _widths(columns, cells, 25) == [10, 4, 6]
    assert _widths(columns, cells, 20) == [10, 4]
    assert _widths(columns, cells, 5) == [10]
    assert _widths(columns, [], 80) == [2, 13, 6]
