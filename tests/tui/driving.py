"""Drives the application by keys, and reads its screen as text."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from planner.request import Request, request
from planner.tui.app import PlannerApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from planner.policy.policy import Tui

#: no network is asked, nothing learnt here is applied: the same answers everywhere
ALONE: dict[str, Any] = {"offline": True, "calibration": False, "vllm_version": "0.33", "top": 12}


def asked(**keywords: Any) -> Request:  # noqa: ANN401 - each is checked by its name
    """A request that any machine answers alike."""
    return request(**{**ALONE, **keywords})


R1 = asked(model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100")


class Driver:
    """One running application."""

    def __init__(self, app: PlannerApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.shot = self.svg = ""
        self.focused: str | None = None

    async def press(self, *keys: str) -> None:
        """Keys one after the other, each answered before the next."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def write(self, text: str) -> None:
        """Letters, as they are typed."""
        names = {"/": "slash", ".": "full_stop", "-": "minus", " ": "space", "@": "at"}
        await self.pilot.press(*(names.get(letter, letter) for letter in text))
        await self.settle()

    async def settle(self) -> None:
        """Wait until all that was asked is answered and drawn."""
        await self.pilot.pause()
        while self.app.answering.busy:
            await self.pilot.pause(0.005)
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()
        await self.pilot.pause()

    async def to(self, knob: str) -> None:
        """Put the focus on a field."""
        self.app.screen.query_one(f"#knob-{knob}").focus()
        await self.settle()

    @property
    def text(self) -> str:
        """The screen, line by line, without colours."""
        strips = self.app.screen._compositor.render_strips()
        lines = ("".join(segment.text for segment in strip).rstrip() for strip in strips)
        return "\n".join(lines)


@asynccontextmanager
async def driving(
    begin: Request | None = None,
    size: tuple[int, int] = (120, 40),
    settings: Tui | None = None,
    *,
    notifications: bool = True,
) -> AsyncIterator[Driver]:
    """The application on a screen of so many columns and lines."""
    app = PlannerApp(begin or R1, {}, settings=settings)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        yield driver
