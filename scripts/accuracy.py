"""Compare the planner with vLLM's own answers and with measured starts: docs/accuracy.md.

With ``--check`` nothing is written: a headline figure beyond its limit, or worse than the committed
page has it, fails, and so does a page that is not what would be written now.

Usage: ``python scripts/accuracy.py [--check]``.
"""

from __future__ import annotations

import argparse
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.golden.answers import answers  # noqa: E402
from scripts.golden.rows import read_rows, tables  # noqa: E402
from scripts.page.figures import headlines  # noqa: E402 - this checkout's, wherever it runs
from scripts.page.headline import Headline, failures  # noqa: E402
from scripts.page.held_out import elsewhere, held_out_headlines, held_out_section  # noqa: E402
from scripts.page.held_out_classes import class_headlines, held_out  # noqa: E402
from scripts.page.page import page  # noqa: E402
from scripts.speed.figures import judge, speed_headlines  # noqa: E402
from scripts.speed.page import speed_section  # noqa: E402
from scripts.starts.figures import all_log_answers, log_figures, stated, supported  # noqa: E402
from scripts.starts.headlines import log_headlines  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.golden.answers import Answer
    from scripts.speed.figures import Judged
    from scripts.starts.figures import LogAnswer

PAGE = ROOT / "docs" / "accuracy.md"
_LINE = re.compile(r"^\| (?P<name>[^|]+) \| (?P<value>\d+\.\d+) \|", re.MULTILINE)


def all_answers() -> list[Answer]:
    """The planner's answer to every golden row."""
    return list(answers(tables(read_rows())))


@cache
def served() -> Judged:
    """What the model of speed says of measured servers."""
    return judge()


def all_headlines(found: Sequence[Answer], starts: Sequence[LogAnswer]) -> list[Headline]:
    """Every figure that is promised."""
    return [
        *headlines(found),
        *class_headlines(held_out()),
        *log_headlines(log_figures(supported(starts)), log_figures(stated(starts))),
        *speed_headlines(served()),
        *held_out_headlines(elsewhere()),
    ]


def text(found: Sequence[Answer], starts: Sequence[LogAnswer]) -> str:
    """The page."""
    speed = (*speed_section(served()), *held_out_section(elsewhere()))
    lines = page(found, starts, all_headlines(found, starts), speed)
    return "\n".join(lines).rstrip() + "\n"


def committed() -> dict[str, float]:
    """The headline figures of the page as it lies here, by name."""
    if not PAGE.exists():
        return {}
    before, _, _ = PAGE.read_text(encoding="utf-8").partition("\n## ")
    return {match["name"]: float(match["value"]) for match in _LINE.finditer(before)}


def complaints(found: Sequence[Answer], starts: Sequence[LogAnswer]) -> list[str]:
    """What got worse or is beyond its limit, and whether the page is old; a sentence each."""
    worse = failures(all_headlines(found, starts), committed())
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text(found, starts)
    return worse + ([] if same else [f"{PAGE.name} is not what would be written now"])


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail when a figure gets worse")
    check = parser.parse_args().check
    found, starts = all_answers(), all_log_answers()
    for each in all_headlines(found, starts):
        print(f"{each.shown:>8}  {each.name}")
    wrong = complaints(found, starts)
    if check:
        for sentence in wrong:
            print(f"wrong: {sentence}")
        if wrong:
            print("make accuracy writes the page anew: where a figure is worse, say why")
        return int(bool(wrong))
    PAGE.write_text(text(found, starts), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
