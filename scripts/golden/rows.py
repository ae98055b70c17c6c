"""What vLLM itself answers: the rows of ``tests/data/oracle``, read into numbers.

Shared by ``accuracy.py`` and the tests; ``tests/data/oracle/README.md`` tells the columns.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "oracle"
FILES = ("layouts", "compute_capability", "options", "more_models", "mixed")
#: the board that stands for a compute capability; the defaults that move with a GPU's memory are
#: those that vLLM was asked with
BOARDS = {
    75: "t4",
    80: "a100-sxm4-80gb",
    89: "l40s",
    90: "h200",
    100: "b200",
    120: "rtx-pro-6000-bw-server-96gb",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRow:
    """One layout of one model on one kind of board, and vLLM's figures or its refusal.

    Figures of a refused layout are empty; a tuple has an entry a pipeline stage, or a KV group.
    """

    file: str
    model: str
    tp: int
    pp: int
    dp: int
    ep: bool
    dcp: int
    capability: int
    options: str
    accepted: bool
    architecture: str
    dtype: str
    quantization: str
    parameter_bytes: tuple[int, ...]
    buffer_bytes: tuple[int, ...]
    block_size: int | None
    bytes_per_block: tuple[int, ...]
    blocks_per_request: tuple[int, ...]
    max_model_len: int | None
    num_blocks: int | None
    error: str

    @property
    def layout(self) -> str:
        """The layout for people: ``TP4 PP2 EP``."""
        sizes = (("TP", self.tp), ("PP", self.pp), ("DP", self.dp), ("DCP", self.dcp))
        words = [f"{name}{size}" for name, size in sizes if size > 1 or name == "TP"]
        return " ".join([*words, *(["EP"] if self.ep else [])])

    @property
    def name(self) -> str:
        """The row for people."""
        options = "".join(f" {key}={value}" for key, value in self.arguments.items())
        return f"{self.model} {self.layout} on {BOARDS[self.capability]}{options}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The options of vLLM that differ from a server's defaults, by name."""
        options: dict[str, Any] = json.loads(self.options) if self.options else {}
        return options

    @property
    def sharing(self) -> tuple[str, int, str]:
        """What rows of one table of layouts have in common."""
        return self.model, self.capability, self.options


def read_rows() -> tuple[GoldenRow, ...]:
    """Every row of every file."""
    return tuple(row for name in FILES for row in _read(name))


def tables(rows: tuple[GoldenRow, ...]) -> list[list[GoldenRow]]:
    """The rows that one table of layouts answers, in order of appearance."""
    found: dict[tuple[str, int, str], list[GoldenRow]] = defaultdict(list)
    for row in rows:
        found[row.sharing].append(row)
    return list(found.values())


def _read(name: str) -> list[GoldenRow]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [_row(name, line) for line in csv.DictReader(file)]


def _row(file: str, line: dict[str, str]) -> GoldenRow:
    return GoldenRow(
        file=file,
        model=line["model"],
        tp=int(line["tp"]),
        pp=int(line["pp"]),
        dp=int(line["dp"]),
        ep=line["ep"] == "1",
        dcp=int(line["dcp"]),
        capability=int(line["cc"]),
        options=line["options"],
        accepted=line["verdict"] == "accepted",
        architecture=line["architecture"],
        dtype=line["dtype"],
        quantization=line["quantization"],
        parameter_bytes=_numbers(line["parameter_bytes"]),
        buffer_bytes=_numbers(line["buffer_bytes"]),
        block_size=_number(line["block_size"]),
        bytes_per_block=_numbers(line["bytes_per_block"]),
        blocks_per_request=_numbers(line["blocks_per_request"]),
        max_model_len=_number(line["max_model_len"]),
        num_blocks=_number(line["num_blocks"]),
        error=line["error"],
    )


def _number(text: str) -> int | None:
    return int(text) if text else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+")) if text else ()
