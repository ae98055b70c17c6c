"""Screens as text: what stands where, at the sizes people have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.tui.driving import asked, driving

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

SIZES = ((80, 24), (120, 40), (160, 50))


class Text(SingleFileSnapshotExtension):
    """A file of text for each screen, to be read in review."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def screen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Text)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_screens_of_each_size(size: tuple[int, int], screen: SnapshotAssertion) -> None:
    """One journey through all screens: the start of an application is what takes the time."""

    async def run() -> dict[str, str]:
        shots = {}
        async with driving(size=size, notifications=False) as d:
            shots["best"] = d.text
            await d.press("space")
            await d.to("tensor_parallel_size")
            await d.press("left")
            shots["refused"] = d.text
            await d.press("f")
            shots["mended"] = d.text
            await d.press("t")
            shots["tables"] = d.text
            await d.press("t", "b")
            for key, name in (("4", "alternatives"), ("5", "context"), ("7", "cluster")):
                await d.press(key)
                shots[name] = d.text
            for key, name in (
                ("c", "compare"),
                ("e", "explain"),
                ("l", "launch"),
                ("f1", "help"),
                ("m", "models"),
                ("g", "hardware"),
                ("s", "save"),
                ("ctrl+o", "jump"),
            ):
                await d.press(key)
                shots[name] = d.text
                await d.press("escape")
        return shots

    shots = asyncio.run(run())
    wide, high = size
    for name, text in shots.items():
        assert text == screen(name=f"{wide}x{high}-{name}"), name
        assert max(map(len, text.splitlines())) <= wide


def test_an_empty_beginning_says_what_to_press(screen: SnapshotAssertion) -> None:
    async def run() -> str:
        async with driving(asked(), size=(80, 24)) as d:
            return d.text

    assert asyncio.run(run()) == screen(name="80x24-empty")
