"""What people do by the mouse alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.events import MouseScrollDown, MouseScrollUp
from textual.widgets import DataTable, OptionList

from planner.tui.controls import Control, Controls
from planner.tui.screens.card import Reading
from planner.tui.screens.prompt import Prompt
from planner.tui.whatif import SHARED
from tests.tui.driving import R1, Driver, driving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.widget import Widget


def by_mouse(steps: Callable[[Driver], Awaitable[None]], size: tuple[int, int] = (120, 40)) -> None:
    async def run() -> None:
        async with driving(R1, size) as driver:
            await steps(driver)

    asyncio.run(run())


async def click(d: Driver, at: str | Widget, x: int, y: int = 0) -> None:
    await d.pilot.click(at, offset=(x, y))
    await d.settle()


async def wheel(d: Driver, at: Widget, event: type[MouseScrollUp | MouseScrollDown]) -> None:
    await d.pilot._post_mouse_events([event], at, offset=(2, 0), button=0)
    await d.settle()


def test_a_field_is_turned_at_its_arrows_and_typed_between_them() -> None:
    async def steps(d: Driver) -> None:
        field = d.app.screen.query_one("#knob-pipeline_parallel_size", Control)
        await click(d, field, field.size.width - 1)
        assert d.app.request.pinned.pipeline_parallel_size == 3
        await click(d, field, field.size.width - 1)
        assert d.app.request.pinned.pipeline_parallel_size == 4
        left = next(at for at in range(field.size.width) if field.render().plain[at] == "◀")
        await click(d, field, left)
        assert d.app.request.pinned.pipeline_parallel_size == 3
        await click(d, field, left + 6)
        assert isinstance(d.app.screen, Prompt)

    by_mouse(steps)


def test_the_wheel_turns_the_field_with_the_focus_and_scrolls_past_the_others() -> None:
    async def steps(d: Driver) -> None:
        field = d.app.screen.query_one("#knob-pipeline_parallel_size", Control)
        await wheel(d, field, MouseScrollUp)
        assert d.app.request.pinned.pipeline_parallel_size == 2
        controls = d.app.screen.query_one(Controls)
        await wheel(d, field, MouseScrollDown)
        assert controls.scroll_target_y > 0
        await d.to("pipeline_parallel_size")
        await wheel(d, field, MouseScrollUp)
        assert d.app.request.pinned.pipeline_parallel_size == 3
        await wheel(d, field, MouseScrollDown)
        assert d.app.request.pinned.pipeline_parallel_size == 2

    by_mouse(steps, (80, 24))


def test_a_row_of_the_layouts_is_chosen_by_one_click_and_taken_by_the_next() -> None:
    async def steps(d: Driver) -> None:
        table = d.app.screen.query_one(DataTable)
        assert d.app.ranked is not None
        wanted = d.app.ranked.layouts[2]
        # the first line is the heading
        await click(d, table, 8, 3)
        assert table.cursor_row == 2
        await click(d, table, 8, 3)
        pinned = d.app.request.pinned
        sizes = (pinned.tensor_parallel_size, pinned.pipeline_parallel_size)
        assert sizes == (wanted.tensor_parallel_size, wanted.pipeline_parallel_size)
        marked = [str(table.get_row_at(row)[0]) for row in range(3)]
        assert marked == [" ", " ", "●"]

    by_mouse(steps)


def test_a_finding_that_is_clicked_is_explained() -> None:
    async def steps(d: Driver) -> None:
        await click(d, d.app.screen.query_one(OptionList), 3, 1)
        assert isinstance(d.app.screen, Reading)

    by_mouse(steps)


def test_each_tab_of_a_small_screen_brings_its_panel_to_the_front() -> None:
    async def steps(d: Driver) -> None:
        for name in reversed(SHARED):
            await click(d, f"#tab-{name}", 1)
            shown = [each for each in SHARED if d.app.screen.query_one(f"#{each}").region.area]
            assert shown == [name]

    by_mouse(steps, (80, 24))
