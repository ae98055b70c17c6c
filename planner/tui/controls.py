"""The left side: every field of the request, to be turned by keys or by the mouse."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from planner.explore.change import shown, value_of
from planner.explore.knob import Knob, knobs
from planner.explore.ladder import NOTHING_COUNTS, Counts, place_of, turned

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from planner.request import Request

LABEL_WIDTH = 23
#: room for a value, with its arrows
_VALUE_WIDTH = 14
#: from this width on a line shows where a number stands
_TRACK_FROM = 46
_FAR = 4


class Turned(Message):
    """A field is to have another value."""

    def __init__(self, knob: Knob, value: Any) -> None:  # noqa: ANN401 - typed by the field
        super().__init__()
        self.knob, self.value = knob, value


class Edit(Message):
    """A field is to be typed."""

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self.knob = knob


class Control(Widget, can_focus=True):
    """One field: its name, its value, and how to change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "change", id="control.less"),
        Binding("right", "turn(1)", "change", id="control.more"),
        Binding(
            "shift+left", f"turn({-_FAR})", "change by four", id="control.much-less", show=False
        ),
        Binding(
            "shift+right", f"turn({_FAR})", "change by four", id="control.much-more", show=False
        ),
        Binding("enter", "edit", "type", id="control.type"),
        Binding("backspace,delete", "free", "let free", id="control.free"),
        Binding("down,j", "app.focus_next", "other field", id="control.next", show=False),
        Binding("up,k", "app.focus_previous", "other field", id="control.previous", show=False),
        Binding("pagedown", "group(1)", "other group", id="control.next-group", show=False),
        Binding("pageup", "group(-1)", "other group", id="control.previous-group", show=False),
    ]
    value: reactive[Any] = reactive(None)
    """What the request says; None leaves it open."""
    counts: reactive[Counts] = reactive(NOTHING_COUNTS)

    def __init__(self, knob: Knob) -> None:
        super().__init__(id=f"knob-{knob.name}")
        self.knob = knob

    @property
    def help_text(self) -> str:
        """What the field means, for the help page."""
        return f"**{self.knob.label}** (`{self.knob.flag}`)\n\n{self.knob.help}"

    def render(self) -> Text:
        """One line, as wide as there is room."""
        free = self.value == self.knob.default
        text = self._text(self.value)
        left, right = ("◀", "▶") if self.has_focus else (" ", " ")
        if self.knob.kind == "text":
            left = right = " "
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(self.knob.label.ljust(LABEL_WIDTH)[:LABEL_WIDTH])
        room = self.size.width - LABEL_WIDTH - 2
        track = self._track() if self.size.width >= _TRACK_FROM else ""
        room -= len(track)
        line.append(track, "dim")
        line.append(f"{left}", "bold")
        line.append(_shortened(text, room).rjust(room), "dim" if free else "bold")
        return line.append(f"{right}", "bold")

    def _text(self, value: Any) -> str:  # noqa: ANN401 - typed by the field
        if value is None and self.knob.name in self.counts.effective:
            value = self.counts.effective[self.knob.name]
        return shown(self.knob, value)

    def _track(self) -> str:
        """Where a number stands between its least and its most."""
        if self.knob.kind not in {"whole", "real"}:
            return ""
        cells = self.size.width - LABEL_WIDTH - _VALUE_WIDTH
        if self.value is None and self.knob.name not in self.counts.effective:
            return f"├{'─' * (cells - 2)}┤"
        at = round(place_of(self.knob, self.counts, self.value) * (cells - 3))
        return f"├{'─' * at}●{'─' * (cells - 3 - at)}┤"

    def action_turn(self, by: int) -> None:
        """So many values up or down."""
        self._change(turned(self.knob, self.counts, self.value, by))

    def action_free(self) -> None:
        """As if nobody had asked."""
        if self.knob.kind != "text":
            self._change(self.knob.default)

    def action_edit(self) -> None:
        """Type it; yes and no are turned."""
        if self.knob.kind == "switch":
            self.action_turn(1)
        else:
            self.post_message(Edit(self.knob))

    def action_group(self, by: int) -> None:
        """To the first field of the next group, or of the one before."""
        fields = list(self.screen.query(Control))
        groups = list(dict.fromkeys(field.knob.group for field in fields))
        group = groups[(groups.index(self.knob.group) + by) % len(groups)]
        next(field for field in fields if field.knob.group == group).focus()

    def _change(self, value: Any) -> None:  # noqa: ANN401 - typed by the field
        if value != self.value:
            self.value = value
            self.post_message(Turned(self.knob, value))

    def on_click(self, event: events.Click) -> None:
        """On an arrow or the line it is turned, elsewhere typed."""
        self.focus()
        if event.x >= self.size.width - 2:
            self.action_turn(1)
        elif LABEL_WIDTH <= event.x <= LABEL_WIDTH + 1:
            self.action_turn(-1)
        elif event.x > LABEL_WIDTH:
            self.action_edit()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel turns what has the focus."""
        if self.has_focus:
            event.stop()
            self.action_turn(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel turns what has the focus."""
        if self.has_focus:
            event.stop()
            self.action_turn(-1)


class Controls(VerticalScroll, can_focus=False):
    """All fields, by what they are about."""

    def compose(self) -> ComposeResult:
        """A heading for each group, a line for each field."""
        for group, members in groupby(knobs(), key=lambda knob: knob.group):
            yield Static(group, classes="heading")
            for knob in members:
                yield Control(knob)

    def show(self, request: Request, counts: Counts) -> None:
        """Draw another request."""
        for control in self.query(Control):
            control.value = value_of(request, control.knob)
            control.counts = counts.only(control.knob.name)


def _shortened(text: str, room: int) -> str:
    """The text, or its end behind dots: of a model's name the end says more."""
    return text if len(text) <= room else f"…{text[len(text) - room + 1 :]}"
