"""Rows of data as text: tables with units for people, exact values for programs."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Literal

import click

from planner.cli.output import page, write
from planner.errors import UnknownNameError
from planner.units import GIB, params_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMATS = ("table", "json", "yaml")
#: how a key's unit is shown: ending of the key, divisor, heading
_UNITS = (
    ("_bytes_per_s_one_way", 1e9, "GB/s"),
    ("_bytes_per_s", 1e9, "GB/s"),
    ("_dense_flops", 1e12, "TFLOP/s"),
    ("_s_one_way", 1e-6, "us"),
    ("_bytes", GIB, "GiB"),
)


_WHOLE = 10_000
#: columns between two of them
_GAP = 2


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], form: str) -> None:
    """A list: the chosen columns for people, all of them for programs."""
    if form == "table":
        _table(rows, columns)
    else:
        _dump(list(rows), form)


def show_one(data: Mapping[str, Any], form: str) -> None:
    """Everything about one thing; for people without what is not known."""
    _dump(_known(data), "yaml") if form == "table" else _dump(data, form)


def _dump(data: Any, form: str) -> None:  # noqa: ANN401 - whatever JSON holds
    if form == "json":
        write(json.dumps(data, indent=2) + "\n")
    elif form == "yaml":
        from planner.dumped import dump  # 30 ms, only for YAML

        write(dump(data))
    else:
        raise UnknownNameError(
            f"no format is called {form}",
            cause=f"there are {', '.join(FORMATS)}",
            fix="--format json",
        )


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    # 50 ms, and no other format needs it
    from rich.console import Console
    from rich.table import Table

    here = page()
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    cells = [[_cell(column, row.get(column)) for column in columns] for row in rows]
    # a program that reads the lines wants them whole
    widths = _widths(columns, cells, here.width if here.terminal else _WHOLE)
    for column, width in zip(columns, widths, strict=False):
        numeric = any(isinstance(row.get(column), int | float) for row in rows)
        side: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(_heading(column), justify=side, min_width=width, max_width=width)
    if left_out := columns[len(widths) :]:
        names = ", ".join(map(_heading, left_out))
        click.echo(f"planner: note: no room for {names}; --format json has all", err=True)
    for row in cells:
        table.add_row(*row[: len(widths)])
    out = io.StringIO()
    Console(
        file=out,
        width=_WHOLE,
        color_system="standard" if here.colour else None,
        force_terminal=here.colour,
        no_color=not here.colour,
        highlight=False,
    ).print(table)
    write("".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines()))


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of the columns that have room: no cell is cut, headings may take several lines."""
    heads = [_heading(column) for column in columns]
    by_column = zip(*cells, strict=True) if cells else [()] * len(heads)
    held = [max(map(len, column), default=0) for column in by_column]
    whole = [max(len(head), size) for head, size in zip(heads, held, strict=True)]
    if sum(whole) + _GAP * (len(whole) - 1) <= width:
        return whole
    narrow = [max(size, *map(len, head.split())) for head, size in zip(heads, held, strict=True)]
    while len(narrow) > 1 and sum(narrow) + _GAP * (len(narrow) - 1) > width:
        narrow.pop()
    return narrow


def _heading(key: str) -> str:
    for ending, _, unit in _UNITS:
        if key.endswith(ending):
            return f"{key.removesuffix(ending).replace('_', ' ')} {unit}"
    return key.replace("_", " ")


def _cell(key: str, value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if key == "parameters":
        return params_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        divisor = next((d for ending, d, _ in _UNITS if key.endswith(ending)), None)
        return f"{value / divisor:,.4g}" if divisor else f"{value:,}"
    return str(value)


def _known(data: Any) -> Any:  # noqa: ANN401
    if isinstance(data, dict):
        return {k: _known(v) for k, v in data.items() if v not in (None, [], (), {})}
    if isinstance(data, list):
        return [_known(item) for item in data]
    return data
