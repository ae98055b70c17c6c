"""Servers that others measured (tests/data/speed/public.csv), and what is predicted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from planner.case.speed_columns import speed_at
from scripts.page.compared import Compared
from scripts.runs.timed_steps import read
from scripts.speed.rows import FOLDER
from scripts.speed.served_cases import case_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.speed_columns import Predicted, SpeedColumns

TTFT, TPOT, THROUGHPUT, BATCH = "TTFT", "TPOT", "output tokens/s", "batch's time"
#: of loads whose requests come together, and none after them
AT_ONCE = ", all at once"


def rows() -> list[dict[str, str]]:
    """What was published."""
    return read(FOLDER / "public.csv")


def left_out() -> list[dict[str, str]]:
    """What was published and does not say enough, by source and reason."""
    return read(FOLDER / "public_left_out.csv")


def speed_of(row: dict[str, str]) -> SpeedColumns:
    """What the planner says of a row's load."""
    load: dict[str, Any] = {"input_tokens": int(row["input"]), "output_tokens": int(row["output"])}
    users = int(row["users"]) if row["users"] else None
    if users:
        load |= {"concurrency": users, "num_prompts": int(row["prompts"]), "arrival": "burst"}
    case = case_of(row["model"], row["gpus"], row["options"], row["vllm"], **load)
    if users:
        return speed_at(case, concurrency=np.array([float(users)]))
    return speed_at(case, request_rate=np.array([float(row["rate"])]))


def compared(row: dict[str, str]) -> Iterator[Compared]:
    """Each figure that a row has."""
    speed = speed_of(row)
    out = int(row["output"])
    kind = AT_ONCE if row["users"] and row["users"] == row["prompts"] else ""
    figures: tuple[tuple[str, str, Predicted, float], ...] = (
        (TTFT, "ttft_ms", speed.ttft_s, 1000),
        (TPOT, "tpot_ms", speed.tpot_s, 1000),
        (THROUGHPUT, "output_tokens_per_s", speed.output_tokens_per_s, 1),
    )
    for what, column, told, unit in figures:
        if row[column]:
            yield _compared(row, f"{what}{kind}", float(row[column]) / unit, told)
    if row["seconds"]:
        whole = speed.ttft_s.mid + (out - 1) * speed.tpot_s.mid
        low, high = (end / speed.tpot_s.mid for end in (speed.tpot_s.low, speed.tpot_s.high))
        yield Compared(
            source=row["source"],
            what=BATCH,
            measured=float(row["seconds"]),
            predicted=whole.item(),
            low=low.item(),
            high=high.item(),
        )


def _compared(row: dict[str, str], what: str, measured: float, told: Predicted) -> Compared:
    middle = told.mid.item()
    return Compared(
        source=row["source"],
        what=what,
        measured=measured,
        predicted=middle,
        low=told.low.item() / middle,
        high=told.high.item() / middle,
    )


def all_compared() -> list[Compared]:
    """Every figure of every row."""
    return [each for row in rows() for each in compared(row)]
