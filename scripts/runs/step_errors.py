"""Timed steps of own runs against the speed model, as a table: milliseconds and percent.

Usage: ``python -m scripts.runs.step_errors tests/data/h200_runs 1xH200``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import markdown
from scripts.runs.timed_steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.runs.timed_steps import Step

HEAD = ["case", "step", "batch", "tokens", "measured ms", "predicted ms", "%"]


def cells(step: Step) -> list[str]:
    """A row of the table; where dummy weights sent all tokens to the same experts, it says so."""
    told = step.compared(alike=step.routed_alike)
    what = f"{told.what}, same experts" if step.routed_alike else told.what
    batch = f"{step.decode or 1:.0f}"
    tokens = f"{step.context or step.length:.0f}"
    times = (f"{1000 * told.measured:.1f}", f"{1000 * told.predicted:.1f}", f"{told.error:+.0f}")
    return [told.source, what, batch, tokens, *times]


def lines(folder: Path, gpus: str) -> Iterator[str]:
    """The table of a folder."""
    return markdown.table(HEAD, map(cells, steps_of(folder, gpus)))


def main() -> None:
    """Read both tables of a folder, print one."""
    print(*lines(Path(sys.argv[1]), sys.argv[2]), sep="\n")


if __name__ == "__main__":
    main()
