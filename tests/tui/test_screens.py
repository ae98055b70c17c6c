"""Screens as text: what stands where, at the sizes people have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.tui.driving import asked, driving

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from planner.request import Request

SIZES = ((80, 24), (120, 40), (160, 50))
MIXED = ("8xH100", "2x8xA100")


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


#: what a new user meets, by its name: the request, the size, and the keys
MEETINGS: dict[str, tuple[Request, tuple[int, int], tuple[str, ...]]] = {
    "80x24-empty": (asked(), (80, 24), ()),
    "80x24-no-gpus": (asked(model="Qwen/Qwen3-8B"), (80, 24), ()),
    "80x24-typing-error": (asked(model="Qwen/Qwen3-8B", gpus="8xH10O"), (80, 24), ()),
    "80x24-unknown-model": (asked(model="Qwen/Qwen3-8C", gpus="8xH100"), (80, 24), ()),
    "80x24-nothing-fits": (asked(model="deepseek-ai/DeepSeek-R1", gpus="T4"), (80, 24), ("4",)),
    "80x24-long-names": (
        asked(
            model="nvidia/Llama-3_3-Nemotron-Super-49B-v1_5",
            gpus="2xstandard_nd96isr_mi300x_v5",
            tensor_parallel_size=8,
        ),
        (80, 24),
        ("w", "right"),
    ),
    "80x24-mixed": (asked(model="Qwen/Qwen3-8B", gpus=MIXED), (80, 24), ("7",)),
    "120x40-mixed": (asked(model="Qwen/Qwen3-8B", gpus=MIXED), (120, 40), ()),
    "120x40-mixed-text": (asked(model="Qwen/Qwen3-8B", gpus=MIXED), (120, 40), ("t",)),
}


@pytest.mark.parametrize("name", MEETINGS)
def test_what_a_new_user_meets(name: str, screen: SnapshotAssertion) -> None:
    begin, size, keys = MEETINGS[name]

    async def run() -> str:
        async with driving(begin, size=size, notifications=False) as d:
            await d.press(*keys)
            return d.text

    shown = asyncio.run(run())
    assert shown == screen(name=name)
    assert max(map(len, shown.splitlines())) <= size[0]
