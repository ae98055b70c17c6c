"""The application: one request, one answer, and what changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from planner.explore.change import with_layout, with_value
from planner.explore.ladder import NOTHING_COUNTS
from planner.explore.mend import mended
from planner.tui.answering import Answered, Answering, Failed, Job, Ranked
from planner.tui.files import save_plan
from planner.tui.keymap import checked
from planner.tui.screens.confirm import Confirm
from planner.tui.session import Session
from planner.tui.whatif import WhatIf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.screen import Screen

    from planner.plan import Answer
    from planner.policy.policy import Tui
    from planner.request import Request
    from planner.tui.controls import Turned
    from planner.tui.panels.alternatives import Take
    from planner.tui.panels.findings import Mend

DARK, LIGHT = "textual-dark", "textual-light"


class PlannerApp(Session):
    """A request that is edited in place, and its answer drawn beside it."""

    CSS_PATH = "planner.tcss"
    TITLE = "planner"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", "to the shell", id="suspend", show=False),
        Binding("ctrl+t", "light", "light or dark", id="light", show=False),
        Binding("ctrl+q", "leave", "quit", id="quit", show=False),
    ]

    def __init__(
        self,
        request: Request,
        environ: Mapping[str, str],
        *,
        best: bool = True,
        kept: str | None = None,
        settings: Tui | None = None,
    ) -> None:
        """Begin with a request.

        Args:
            request: as ``Session`` takes it.
            environ: as ``Session`` takes it.
            best: take the best layout first.
            kept: as ``Session`` takes it.
            settings: the user's own keys and colours.
        """
        super().__init__(request, environ, kept=kept)
        self.answering = Answering(self, environ)
        self.ranked: Answer | None = None
        self._begin_with_best = best
        self.what_if = WhatIf()
        if settings is not None:
            self.set_keymap(checked(settings.keymap))
            self.theme = LIGHT if settings.theme == "light" else DARK

    def on_mount(self) -> None:
        """Answer what was typed."""
        self.push_screen(self.what_if)
        self.call_after_refresh(self.ask, best=self._begin_with_best)

    def ask(self, *, best: bool) -> None:
        """Have the request answered, away from the screen."""
        self._draw_request()
        if self.request.model:
            self.answering.ask(Job(request=self.request, best=best))
        else:
            self.redraw()

    def _draw_request(self) -> None:
        counts = self.view.counts if self.view else NOTHING_COUNTS
        self.what_if.controls.show(self.request, counts)

    def redraw(self) -> None:
        """Draw the answer again: what is pinned has changed."""
        self.what_if.show(self.request, self.view, self.pin)

    def on_answered(self, message: Answered) -> None:
        """Draw an answer, unless something else was asked since."""
        if message.job.request != self.request:
            return
        if self.saved == message.job.request or not self.changed:
            self.saved = message.view.request
        self.request, self.view = message.view.request, message.view
        self._draw_request()
        self.what_if.fail(None)
        self.redraw()

    def on_ranked(self, message: Ranked) -> None:
        """Draw the layouts one could have instead."""
        self.ranked = message.answer
        self.what_if.rank(message.answer)

    def on_failed(self, message: Failed) -> None:
        """Say why there is no answer."""
        if message.job.request == self.request:
            self.view, self.ranked = None, None
            self.redraw()
            self.what_if.rank(None)
            self.what_if.fail(message.error)

    def on_turned(self, message: Turned) -> None:
        """A field was turned."""
        self.change(with_value(self.request, message.knob, message.value))

    def on_take(self, message: Take) -> None:
        """Another layout was taken."""
        self.change(with_layout(self.request, message.layout, message.answer.hardware))

    def on_mend(self, message: Mend) -> None:
        """What a finding says is done, where it names an option."""
        changed = mended(self.request, message.finding)
        if changed is None:
            self.notify(f"{message.finding.code} names no option to change", severity="warning")
        else:
            self.change(changed)

    def action_light(self) -> None:
        """Dark letters on a light ground, or the other way."""
        self.theme = DARK if self.theme == LIGHT else LIGHT

    def action_leave(self) -> None:
        """End, and say so where changes were not saved."""
        if self.view is None or self.request == self.saved:
            self.exit()
            return
        question = Confirm("quit", "The plan was changed and not saved. Save it first?", no="quit")
        self.push_screen(question, self._left)

    def _left(self, save: bool | None) -> None:  # noqa: FBT001 - what a screen answers
        if save:
            save_plan(self, then=self.exit)
        elif save is False:
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key that works here, and textual's own commands."""
        told = set[str]()
        for active in screen.active_bindings.values():
            what, action = active.binding.description, active.binding.action
            if what and what not in told and active.enabled:
                told.add(what)
                key = self.get_key_display(active.binding)

                async def run(action: str = action, node: object = active.node) -> None:
                    await self.run_action(action, node)  # type: ignore[arg-type]  # any node

                yield SystemCommand(what.capitalize(), f"key {key}", run)
        yield from super().get_system_commands(screen)
