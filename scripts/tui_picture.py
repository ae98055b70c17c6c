"""Draw the terminal application for the guide: docs/tui.svg, of one request, the same anywhere.

A part of the generated pages, so that ``make docs-check`` fails where it is not current.
Usage: ``python -m scripts.tui_picture``; ``make picture``.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from planner.request import request
from planner.tui.app import PlannerApp

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "tui.svg"
SIZE = (130, 42)
#: what a terminal tells of itself, and would change the picture
_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TERM", "TEXTUAL_THEME")
#: letters of a server of others: the reader's own will do
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def drawn() -> str:
    """The first screen, when all is answered."""
    asked = request(
        model="deepseek-ai/DeepSeek-R1",
        gpus="2x8xA100",
        offline=True,
        calibration=False,
        vllm_version="0.33",
        tensor_parallel_size=8,
        pipeline_parallel_size=2,
        top=12,
    )
    app = PlannerApp(asked, {})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        while app.answering.busy:
            await pilot.pause(0.01)
        await app.workers.wait_for_complete()
        await pilot.pause()
        return _FONT_FACE.sub("", app.export_screenshot(title="planner tui"))


def picture() -> str:
    """The picture as a file holds it."""
    for name in _TERMINAL:
        os.environ.pop(name, None)
    os.environ |= {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
    text = asyncio.run(drawn())
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n")) + "\n"


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"picture: {PICTURE.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
