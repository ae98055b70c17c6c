"""Throughput against latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from planner.explore.chart import load_chart
from planner.tui.panels.plot import PlotPanel

if TYPE_CHECKING:
    from planner.explore.chart import Chart


class SpeedPanel(PlotPanel):
    """What more load does to throughput and to the wait for a token."""

    TITLE: ClassVar[str] = "speed"
    HELP: ClassVar[str] = (
        "Each point is a load. To the right the wait for each token grows, upwards the output "
        "tokens a second. `●` is the load that is asked, `A` the pinned plan, and the upright "
        "line the longest wait that is accepted (`--tpot-ms`). `t` shows the points."
    )

    def chart(self) -> Chart | None:
        """Of the loads."""
        return load_chart(self.view, self.pin) if self.view else None

    def nothing(self) -> str:
        """Why nothing is plotted."""
        return "speed is not predicted for this plan"
