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


#: where keys that are not of the main screen work, by the key that leads there
_ELSEWHERE = {
    "browse.": "models",
    "card.": "help",
    "compare.": "compare",
    "launch.": "launch",
    "jump.": "jump",
    "findings.": "go.findings",
    "confirm.": "leave",
}


def test_every_key_can_be_another_one() -> None:
    """All at once: each on a key of its own, and none on the one it had."""
    names = list(bindings())
    free = [f"{held}f{number}" for held in ("", "ctrl+", "shift+") for number in range(1, 25)]
    keymap = dict(zip(names, free, strict=False))

    def active(d: Driver) -> dict[str, str]:
        found = [each.binding for each in d.app.screen.active_bindings.values()]
        return {binding.id: binding.key for binding in found if binding.id}

    async def run() -> dict[str, str]:
        seen: dict[str, str] = {}
        async with driving(_SMALL, settings=Tui(keymap=keymap)) as d:
            await d.press(keymap["pin"])
            assert d.app.pin is not None
            await d.to("tensor_parallel_size")
            await d.press(keymap["control.next"], keymap["control.more"])
            assert d.app.request != d.app.pin.request
            seen |= active(d)
            for way in _ELSEWHERE.values():
                await d.press(keymap[way])
                seen |= active(d)
                for key in ("card.close", "jump.stay"):
                    if d.app.screen is not d.app.what_if and key in active(d):
                        await d.press(keymap[key])
            return seen

    assert asyncio.run(run()) == keymap


def test_a_name_that_nothing_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as refused:
        checked({"lanch": "x"})
    assert "launch" in refused.value.fix


def test_every_binding_has_a_name_of_its_own() -> None:
    assert {"save", "open", "launch", "pin", "fix", "jump", "control.more"} <= set(bindings())
