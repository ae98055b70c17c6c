"""Compare the planner with vLLM's own answers and with measured starts: docs/accuracy.md.

With ``--check`` nothing is written: a headline figure that is below its floor, or worse than the
committed page has it, fails.

Usage: ``python scripts/accuracy.py [--check]``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.accuracy_figures import headlines  # noqa: E402 - this checkout's, wherever it runs
from scripts.accuracy_page import page  # noqa: E402
from scripts.golden_answers import answers  # noqa: E402
from scripts.golden_rows import read_rows, tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.accuracy_figures import Headline
    from scripts.golden_answers import Answer

PAGE = ROOT / "docs" / "accuracy.md"
_LINE = re.compile(r"^\| (?P<name>[^|]+) \| (?P<value>\d+\.\d\d) \| [^|]*\|$", re.MULTILINE)


def all_answers() -> list[Answer]:
    """The planner's answer to every golden row."""
    return list(answers(tables(read_rows())))


def text(found: Sequence[Answer]) -> str:
    """The page."""
    return "\n".join(page(found, headlines(found))).rstrip() + "\n"


def committed() -> dict[str, float]:
    """The headline figures of the page as it lies here, by name."""
    if not PAGE.exists():
        return {}
    before, _, _ = PAGE.read_text(encoding="utf-8").partition("\n## ")
    return {match["name"]: float(match["value"]) for match in _LINE.finditer(before)}


def failures(found: Sequence[Headline]) -> list[str]:
    """What got worse, or is below its floor, a sentence each."""
    before = committed()
    return [
        f"{each.name}: {each.value:.2f} %, the page says {before[each.name]:.2f} %"
        for each in found
        if each.worse_than(before.get(each.name))
    ] + [
        f"{each.name}: {each.value:.2f} %, floor {each.floor:g} %"
        for each in found
        if not each.passed
    ]


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail when a figure gets worse")
    check = parser.parse_args().check
    found = all_answers()
    figures = headlines(found)
    for each in figures:
        print(f"{each.value:7.2f} %  {each.name}")
    failed = failures(figures)
    for sentence in failed:
        print(f"worse: {sentence}")
    if failed:
        print("where that is meant, make accuracy writes the page anew: say why in its commit")
    if check:
        return int(bool(failed))
    PAGE.write_text(text(found), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
