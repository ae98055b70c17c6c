"""What is promised of public starts: goals, and the limits that guard what is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.page.headline import Headline

if TYPE_CHECKING:
    from scripts.starts.figures import LogFigures

_NAME = "public starts"


def log_headlines(figures: LogFigures, of_all: LogFigures) -> list[Headline]:
    """The figures of the rows the planner is judged by, and of those of all releases.

    A limit short of its goal is about where the figure stood when it was last raised: raise it
    with the figure.
    """
    higher = (
        ("weights within 0.1 %, %", figures.weights_within_tenth_percent, 80, 84),
        ("weights within 1 %, %", figures.weights_within_percent, 97, 85),
        ("capacity within 3 %, %", figures.capacity_within_three_percent, 90, 83),
        ("starts or does not, right, %", figures.verdicts_right, 96, 86),
        ("weights within 0.1 %, all releases, %", of_all.weights_within_tenth_percent, None, 93),
        ("weights within 1 %, all releases, %", of_all.weights_within_percent, None, 93),
        ("starts or does not, right, all releases, %", of_all.verdicts_right, None, 85),
    )
    lower = (
        ("capacity, median error, %", figures.capacity_median_error, 0.7, 0.1),
        ("sure of it and wrong, rows", figures.confidently_wrong, 0, 0),
    )
    return [
        *(
            Headline(
                name=f"{_NAME}: {name}",
                value=round(value, 2),
                goal=goal,
                limit=limit,
                higher_is_better=better,
            )
            for rows, better in ((higher, True), (lower, False))
            for name, value, goal, limit in rows
        ),
        Headline(
            name=f"{_NAME}: Brier score of the probabilities",
            value=round(figures.brier, 3),
            limit=0.07,
            higher_is_better=False,
            digits=3,
        ),
    ]
