"""What keys of the main screen do with the plan, each a function of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from planner.explore import shelf
from planner.explore.change import freed, read_value, typed, value_of, with_value
from planner.explore.knob import find_knob
from planner.tui.files import open_plan, save_plan
from planner.tui.help import help_page
from planner.tui.screens.browse import Browse
from planner.tui.screens.compare import Compare
from planner.tui.screens.launch import Launch
from planner.tui.screens.prompt import Prompt

if TYPE_CHECKING:
    from textual.app import App

    from planner.explore.knob import Knob
    from planner.tui.session import Session

_NO_PLAN = "there is no plan yet"


def _own(app: App[Any]) -> Session:
    return cast("Session", app)


def pin(app: App[Any]) -> None:
    """Keep what is looked at beside what comes next; once more lets it go."""
    own = _own(app)
    same = own.pin is not None and own.view is not None and own.pin.request == own.view.request
    own.pin = None if same else own.view
    app.notify("let go" if same else "pinned as A: plots show both, c compares them")
    own.redraw()


def compare(app: App[Any]) -> None:
    """The pinned plan beside this one."""
    own = _own(app)
    if own.pin is None or own.view is None:
        app.notify("pin a plan first: space", severity="warning")
    else:
        app.push_screen(Compare(own.pin.answer, own.view.answer))


def best(app: App[Any]) -> None:
    """Take the best layout."""
    _own(app).change(freed(_own(app).request), best=True)


def undo(app: App[Any]) -> None:
    """Take the last change back."""
    _own(app).undo()


def launch(app: App[Any]) -> None:
    """What each launcher would write."""
    view = _own(app).view
    if view is None or view.layout is None:
        app.notify(_NO_PLAN, severity="warning")
    else:
        app.push_screen(Launch(view.answer, _own(app).environ))


def copy(app: App[Any]) -> None:
    """The commands, to the clipboard."""
    view = _own(app).view
    commands = view.layout.commands if view and view.layout else ()
    if not commands:
        app.notify("there is no command to copy", severity="warning")
        return
    app.copy_to_clipboard("\n".join(command.shell for command in commands))
    app.notify(f"copied: {commands[0].shell}")


def save(app: App[Any]) -> None:
    """Keep the plan."""
    save_plan(_own(app))


def open_(app: App[Any]) -> None:
    """Look at another plan."""
    open_plan(_own(app))


def models(app: App[Any]) -> None:
    """Choose a model."""
    app.push_screen(Browse(shelf.models()), lambda name: _set(app, "model", name))


def hardware(app: App[Any]) -> None:
    """Choose a node type or a board, and how many of it."""

    def count(name: str | None) -> None:
        if name:
            knob = find_knob("gpus")
            note = "hosts x GPUs x board, hosts x node type; @ names the network"
            card = Prompt("GPUs", text=name, note=note, check=lambda text: read_value(knob, text))
            app.push_screen(card, lambda text: _set(app, "gpus", text))

    app.push_screen(Browse(shelf.hardware()), count)


def edit(app: App[Any], knob: Knob) -> None:
    """Type a field; models and GPUs are chosen."""
    chosen = {"model": models, "gpus": hardware}.get(knob.name)
    if chosen is not None:
        chosen(app)
        return
    card = Prompt(
        knob.label,
        text=typed(value_of(_own(app).request, knob)),
        note=_note(knob),
        suggestions=knob.choices,
        check=lambda text: read_value(knob, text),
    )
    app.push_screen(card, lambda text: _set(app, knob.name, text))


def _note(knob: Knob) -> str:
    """What may be typed."""
    choices = ", ".join(knob.choices)
    return f"{choices}. {knob.help}" if knob.any_text else choices or knob.help


def _set(app: App[Any], name: str, text: str | None) -> None:
    """A field as it was typed; another model or cluster begins with its best layout."""
    if text is None:
        return
    knob = find_knob(name)
    asked = _own(app).request
    changed = with_value(asked, knob, read_value(knob, text))
    anew = changed != asked and knob.name in {"model", "gpus"}
    _own(app).change(freed(changed) if anew else changed, best=anew)


def help_(app: App[Any]) -> None:
    """About what has the focus."""
    app.push_screen(help_page(app))
