"""A plot of curves, and the same points as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.containers import Grid, ScrollableContainer
from textual.strip import Strip
from textual.widgets import Static
from textual_hires_canvas import Canvas, HiResMode
from textual_plot import PlotWidget
from textual_plot.axis_formatter import AxisFormatter
from textual_plot.plot_widget import Legend

from planner.explore.chart import context_chart
from planner.tui.panels.panel import Panel, table_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual.app import ComposeResult

    from planner.explore.chart import Axis, Chart, Line, Role

#: room for the names of the upright axis: ``100,000``
_MARGIN = 8
_MARKS: dict[Role, str] = {"mark": "●", "pin mark": "A"}
#: the theme's colours, by what a line is
_COLOURS: dict[Role, str] = {
    "now": "primary",
    "band": "panel",
    "pin": "warning",
    "limit": "error",
    "mark": "accent",
    "pin mark": "warning",
}


class _Named(AxisFormatter):
    """Ticks where the chart has them, no more than there is room for."""

    def __init__(self, axis: Axis, room: int) -> None:
        self._names = dict(axis.ticks[:: max(1, -(-len(axis.ticks) // max(room, 1)))])

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """The places that are in sight."""
        del max_ticks
        return [place for place in self._names if min_ <= place <= max_]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """What stands there."""
        return [self._names[place] for place in ticks]


class _Canvas(Canvas):
    """A canvas whose every piece has a style: without colours textual asks for it."""

    def render_line(self, y: int) -> Strip:
        """One line of it."""
        line = super().render_line(y)
        return Strip(Segment.apply_style(line, Style(bold=False)), line.cell_length)


class _Plot(PlotWidget, can_focus=False):
    """A plot that keys pass by: they turn the request."""

    def compose(self) -> ComposeResult:
        """As its parent, on canvases of our own."""
        with Grid():
            for name in ("margin-top", "margin-left", "plot", "margin-bottom"):
                yield _Canvas(1, 1, id=name)
        yield Legend(id="legend")


class PlotPanel(Panel, ScrollableContainer, can_focus=True):
    """A plot with a sentence under its title."""

    def compose(self) -> ComposeResult:
        """The plot, and what stands in its place as text."""
        yield _Plot(allow_pan_and_zoom=False)
        yield Static(classes="words")

    def chart(self) -> Chart | None:
        """What there is to plot; None where nothing is."""
        raise NotImplementedError

    def nothing(self) -> str:
        """Why nothing is plotted."""
        raise NotImplementedError

    def key(self) -> Hashable:
        """The points, and the colours they are drawn in."""
        return self.chart(), self.app.theme

    def paint(self) -> None:
        """The plot, or its points."""
        chart = self.chart()
        plot, words = self.query_one(_Plot), self.query_one(".words", Static)
        self.say(chart.sentence if chart else "")
        plot.display = chart is not None and not self.as_text
        words.display = not plot.display
        if chart is None:
            words.update(Text(self.nothing(), "dim"))
        elif self.as_text:
            words.update(table_of(chart.rows))
        else:
            self._plot(plot, chart)

    def _plot(self, plot: _Plot, chart: Chart) -> None:
        # another margin would lay out the whole screen anew
        plot.margin_top, plot.margin_bottom, plot.margin_left = 0, 1, _MARGIN
        plot.clear()
        size = self.content_region
        plot.set_x_formatter(_Named(chart.x, size.width // 9))
        plot.set_y_formatter(_Named(chart.y, size.height // 3))
        plot.set_xlimits(*chart.x.ends)
        plot.set_ylimits(*chart.y.ends)
        for line in chart.lines:
            self._line(plot, line)

    def _line(self, plot: _Plot, line: Line) -> None:
        colour = self.app.theme_variables.get(_COLOURS[line.role], "white")
        if line.role in _MARKS:
            plot.scatter(line.x, line.y, marker=_MARKS[line.role], marker_style=f"bold {colour}")
        else:
            plot.plot(line.x, line.y, line_style=colour, hires_mode=HiResMode.BRAILLE)


class ContextPanel(PlotPanel):
    """Room of the KV cache against the length of requests."""

    TITLE: ClassVar[str] = "KV room"
    HELP: ClassVar[str] = (
        "How many requests of a length the KV cache holds at a time. Both axes are powers. `●` is "
        "the longest request of this plan, `A` the pinned one; a level line is the concurrency "
        "that is asked. `t` shows the points with their intervals."
    )

    def chart(self) -> Chart | None:
        """Of the KV cache."""
        return context_chart(self.view, self.pin) if self.view else None

    def nothing(self) -> str:
        """Why nothing is plotted."""
        return "no KV cache to plot"
