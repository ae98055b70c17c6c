"""Colours: none, light, dark; and keys of the user's own."""

from __future__ import annotations

import asyncio

import pytest

from planner.errors import UnknownNameError
from planner.policy.policy import Tui
from planner.tui.keymap import bindings, checked
from tests.tui.driving import Driver, asked, driving

_SMALL = asked(model="Qwen/Qwen3-8B", gpus="4xL40S")


def look(size: tuple[int, int] = (120, 40), settings: Tui | None = None, *keys: str) -> Driver:
    async def run() -> Driver:
        async with driving(_SMALL, size, settings) as d:
            await d.press(*keys)
            d.shot = d.text
            d.focused = d.app.focused.id if d.app.focused else None
            d.svg = d.app.export_screenshot()
            return d

    return asyncio.run(run())


def test_without_colours_everything_is_drawn_and_nothing_is_coloured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coloured = look().shot
    monkeypatch.setenv("NO_COLOR", "1")
    plain = look()
    assert plain.shot == coloured
    assert plain.app.no_color
    assert look((80, 24), None, "7", "5", "4", "t", "e", "escape", "m").shot


def test_light_and_dark_show_the_same_letters() -> None:
    light = look(settings=Tui(theme="light"))
    dark = look(settings=Tui(theme="dark"))
    assert light.shot == dark.shot
    assert light.svg != dark.svg


def test_a_key_is_bound_anew_by_the_name_of_what_it_does() -> None:
    settings = Tui(keymap={"go.memory": "f5", "control.more": "plus"})
    assert look((80, 24), settings, "f5").focused == "memory"
    assert look((80, 24), settings, "2").focused == "knob-model"


def test_a_name_that_nothing_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as refused:
        checked({"lanch": "x"})
    assert "launch" in refused.value.fix


def test_every_binding_has_a_name_of_its_own() -> None:
    assert {"save", "open", "launch", "pin", "fix", "jump", "control.more"} <= set(bindings())
