"""Measured servers of tests/data/speed/served.csv, as cases of the planner."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.layout import Layouts
from planner.lengths import Lengths
from planner.request import request
from planner.resolve import resolve, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.case import Case
    from planner.units import Floats, Ints

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "data" / "speed"
#: the release of rows that name none: they were measured in autumn 2025
_UNNAMED = "0.11"
#: seats of servers that had one for each user: few sizes, so that rows share cases
_SEATS = (256, 512, 1024)
#: places of the lengths that were drawn, between the shortest and the longest
_DRAWN = np.linspace(0.1, 0.9, 5)
#: how these servers were told to capture graphs
_GRAPHS = {
    "piecewise": {"cudagraph_mode": "PIECEWISE"},
    "2048": {"max_cudagraph_capture_size": 2048},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One load of one measured server; times in seconds."""

    version: str
    model: str
    board: str
    tp: int
    dp: int
    ep: bool
    input_tokens: int
    output_tokens: int
    shortest: float
    users: int
    kv_dtype: str
    share: float
    chunk: int
    waves: int
    variable: str
    ahead: bool
    graphs: str
    seats: int
    ttft_s: float
    tpot_s: float

    @property
    def gpus(self) -> int:
        """GPUs of the layout."""
        return self.tp * self.dp

    @property
    def tokens_per_s(self) -> float:
        """Output of the whole layout, from the closed loop's own times."""
        request_s = self.ttft_s + self.output_tokens * self.tpot_s
        return self.users * self.output_tokens / request_s

    @property
    def lengths(self) -> tuple[tuple[int, int], ...]:
        """Tokens in and out, evenly spread around the means."""
        width = 2 * (1 - self.shortest) / (1 + self.shortest)
        spread = 1 + width * (_DRAWN - 0.5)
        inputs, outputs = (np.unique(np.round(m * spread)).astype(int).tolist() for m in self.means)
        return tuple((size, out) for size in inputs for out in outputs)

    @property
    def means(self) -> tuple[int, int]:
        """Tokens in and out, on average."""
        return self.input_tokens, self.output_tokens

    @property
    def layout(self) -> tuple[str, str, int, int, bool]:
        """What rows of one server share, whatever its load."""
        return self.model, self.board, self.tp, self.dp, self.ep

    @property
    def setting(self) -> tuple[str, ...]:
        """What rows of one case share."""
        own = (self.version, self.model, self.board, self.kv_dtype, self.share, self.chunk)
        more = (self.variable, self.graphs, self.seats, *self.means, self.shortest)
        return tuple(map(str, (*own, *more)))


def read_rows() -> list[Row]:
    """Every row; lengths are means of what was drawn between the shortest and the nominal."""
    with (FOLDER / "served.csv").open(encoding="utf-8", newline="") as lines:
        return [_row(fields) for fields in csv.DictReader(lines)]


def _row(fields: dict[str, str]) -> Row:
    scale = (1 + float(fields["shortest"])) / 2
    return Row(
        version=".".join(fields["version"].split(".")[:2]) or _UNNAMED,
        model=fields["model"],
        board=fields["board"],
        tp=int(fields["tp"]),
        dp=int(fields["dp"]),
        ep=fields["ep"] == "1",
        input_tokens=round(int(fields["input"]) * scale),
        output_tokens=round(int(fields["output"]) * scale),
        shortest=float(fields["shortest"]),
        users=int(fields["users"]),
        kv_dtype=fields["kv_dtype"],
        share=float(fields["share"]),
        chunk=int(fields["chunk"]),
        waves=int(fields["waves"]),
        variable=fields["variable"],
        ahead=fields["ahead"] == "1",
        graphs=fields["graphs"],
        seats=int(fields["seats"] or next(s for s in _SEATS if s >= int(fields["users"]))),
        ttft_s=float(fields["ttft_ms"]) / 1000,
        tpot_s=float(fields["tpot_ms"]) / 1000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Rows of one case: a row of its table each, at ``users``, Float64[rows, 1]."""

    case: Case
    index: Ints
    users: Floats


def cases(rows: Iterable[Row]) -> list[Served]:
    """The cases of all rows; ``index`` says which rows they are."""
    groups: dict[tuple[str, ...], list[tuple[int, Row]]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[row.setting].append((number, row))
    return [_served(members) for members in groups.values()]


def _served(members: list[tuple[int, Row]]) -> Served:
    rows = [row for _, row in members]
    one = rows[0]
    asked = request(
        model=one.model,
        gpus=f"8x{one.board}",
        offline=True,
        calibration=False,
        vllm_version=one.version,
        input_tokens=one.input_tokens,
        output_tokens=one.output_tokens,
        # all waves are as long: users differ by row, waves do not
        concurrency=1,
        num_prompts=one.waves,
        arrival="burst",
        gpu_memory_utilization=one.share,
        kv_cache_dtype=one.kv_dtype,
        max_num_batched_tokens=one.chunk,
        max_num_seqs=one.seats,
        max_model_len=max(map(sum, one.lengths)) + 256,
        compilation_config=_GRAPHS.get(one.graphs, {}),
        async_scheduling=one.ahead,
        environment={one.variable: "1"} if one.variable else {},
    )
    lengths = Lengths(name="drawn", source="served.csv", requests=one.lengths)
    asked = replace(asked, workload=replace(asked.workload, lengths=lengths))
    subject = resolve(asked, {})
    sizes = {name: np.array([getattr(r, name) for r in rows]) for name in ("tp", "dp", "ep")}
    ones = np.ones(len(rows), dtype=np.int64)
    layouts = Layouts(pp=ones, dcp=ones, **sizes)
    users = np.array([[float(row.users)] for row in rows])
    index = np.array([number for number, _ in members])
    return Served(case=table(subject, subject.groups[0], layouts), index=index, users=users)
