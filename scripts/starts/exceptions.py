"""Why public starts come out far from what was printed: ``exceptions.toml`` beside the rows."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING

from scripts.starts.public_runs import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.starts.figures import LogAnswer

_WEIGHTS, _CAPACITY = 0.01, 0.03


@cache
def exceptions() -> tuple[dict[str, str], ...]:
    """The entries, each with ``source``, ``figure`` and ``reason``."""
    text = (DATA / "exceptions.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["exception"])


def far_off(answers: Iterable[LogAnswer]) -> Iterator[tuple[str, str]]:
    """Source and figure of every answer that wants a reason."""
    for answer in answers:
        wrong = {
            "weights": abs(answer.weights_error or 0) > _WEIGHTS,
            "capacity": abs(answer.capacity_error or 0) > _CAPACITY,
            "verdict": answer.verdict is False,
        }
        yield from ((answer.run.source, figure) for figure, off in wrong.items() if off)


def reason(answer: LogAnswer, figure: str) -> str:
    """Why a figure of an answer is far off; empty where nobody wrote it down, or it is near."""
    if (answer.run.source, figure) not in set(far_off([answer])):
        return ""
    return next(
        (
            entry["reason"]
            for entry in exceptions()
            if entry["source"] == answer.run.source and entry["figure"] == figure
        ),
        "",
    )
