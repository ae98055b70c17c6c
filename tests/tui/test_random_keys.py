"""Whatever is pressed, it goes on, and what is drawn is what the flow says of the request."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planner.errors import PlannerError
from planner.estimate import estimate
from planner.explore.change import freed
from planner.recommend import recommend
from tests.tui.driving import asked, driving

_SMALL = asked(model="Qwen/Qwen3-8B", gpus="4xL40S")
_KEYS = (
    *("left", "right", "shift+left", "shift+right", "up", "down", "j", "k"),
    *("enter", "escape", "backspace", "tab", "shift+tab", "space", "home", "end"),
    *("f", "e", "b", "c", "l", "y", "t", "u", "o", "s", "g", "m", "d", "n"),
    *(
        "w",
        "pageup",
        "pagedown",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "f1",
        "ctrl+o",
        "ctrl+t",
        "ctrl+p",
        "x",
    ),
)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@example(keys=["g", "x", "escape", "m", "d", "x", "n", "up", "tab"])
@given(keys=st.lists(st.sampled_from(_KEYS), min_size=12, max_size=40))
def test_random_keys_never_crash_and_leave_the_plan_of_the_request(keys: list[str]) -> None:
    async def run() -> None:
        async with driving(_SMALL, size=(100, 36)) as d:
            await d.pilot.press(*keys)
            await d.settle()
            assert d.app.is_running
            try:
                expected = estimate(d.app.request, {})
            except PlannerError:
                assert d.app.view is None
                return
            assert d.app.view is not None
            assert d.app.view.answer == expected
            assert d.app.ranked == recommend(freed(d.app.request), {})

    asyncio.run(run())
