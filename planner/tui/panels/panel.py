"""What every panel is: a title, a drawing, and the same as a table of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.measure import Measurement
from rich.table import Table
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from rich.console import RenderableType

    from planner.explore.look import View
    from planner.plan import Answer

#: columns of the widest table
_WIDEST = 500


class Panel(Widget):
    """One question and its answer.

    A panel that is not in sight is drawn when it comes into sight, and one whose answer is what it
    was is not drawn again: a key press costs what it changes.
    """

    TITLE: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    """What the panel says, for the help page."""
    as_text: reactive[bool] = reactive(False, init=False)  # noqa: FBT003 - a drawing at first

    def __init__(self, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id=id, classes="panel")
        self.border_title = self.TITLE
        self.view: View | None = None
        self.pin: View | None = None
        self._drawn: Hashable = None

    @property
    def help_text(self) -> str:
        """What the panel says."""
        return f"**{self.TITLE}**\n\n{self.HELP}"

    def say(self, sentence: str, colour: str = "") -> None:
        """Put a sentence beside the title, or in its place where there is little room."""
        text = f"{self.TITLE}: " if len(self.TITLE) + len(sentence) <= self.size.width - 4 else ""
        said = f"[{colour}]{sentence}[/]" if colour else sentence
        self.border_title = f"{text}{said}" if sentence else self.TITLE

    def show(self, view: View | None, pin: View | None) -> None:
        """Draw another answer."""
        self.view, self.pin = view, pin
        self.draw()

    def rank(self, answer: Answer | None) -> None:
        """Draw the layouts that one could have instead; most panels have no use for them."""

    def draw(self) -> None:
        """Draw what is known, if it can be seen and is not what was drawn before."""
        if not self.is_on_screen:
            return
        wanted = (self.key(), self.as_text, self.size)
        if wanted != self._drawn:
            self._drawn = wanted
            self.paint()

    @property
    def is_on_screen(self) -> bool:
        """Whether it has a place on the screen."""
        return self.display and self.size.width > 0

    def key(self) -> Hashable:
        """All that the drawing depends on, besides the width."""
        raise NotImplementedError

    def paint(self) -> None:
        """Draw it."""
        raise NotImplementedError

    def watch_as_text(self) -> None:
        """Draw it the other way."""
        self.draw()

    def on_resize(self) -> None:
        """What is drawn depends on the width."""
        self.draw()

    def on_show(self) -> None:
        """What was not drawn while it was out of sight."""
        self.call_after_refresh(self.draw)


class TextPanel(Panel, ScrollView, can_focus=True):
    """A panel of lines."""

    def __init__(self, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id)
        self._lines: list[Strip] = []

    def text(self) -> RenderableType:
        """What is to be read."""
        raise NotImplementedError

    def paint(self) -> None:
        """Lay it out in lines as wide as the panel."""
        page, console = self.text(), self.app.console
        width = max(self.scrollable_content_region.width, 1)
        if self.as_text:
            # a table keeps its columns; what finds no room is scrolled to
            widest = console.options.update(width=_WIDEST)
            width = max(width, Measurement.get(console, widest, page).maximum)
        options = console.options.update(width=width, height=None)
        lines = console.render_lines(page, options, pad=False)
        self._lines = [Strip(line) for line in lines]
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the drawing."""
        left, top = self.scroll_offset
        at, width = y + top, self.size.width
        line = self._lines[at] if at < len(self._lines) else Strip.blank(width)
        return line.crop_extend(left, left + width, self.rich_style).apply_style(self.rich_style)


def table_of(rows: Sequence[Sequence[Any]]) -> RenderableType:
    """Rows as columns of text, the headings first: the first column at the left edge."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for at, heading in enumerate(rows[0]):
        table.add_column(heading, justify="left" if at == 0 else "right", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*row)
    return table
