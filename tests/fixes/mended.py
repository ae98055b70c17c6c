"""Files mended as the command line mends them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.fixes.mending import Mended, mend
from planner.policy.policy import Policy
from planner.request import Request
from planner.review import review
from planner.targets.reading import Reading, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.finding import Finding
    from planner.plan import Answer


def read(file: Path) -> Reading:
    """The deployments of a file; what is wrong with it is a finding."""
    return replace(read_all([str(file)]), searched=True)


def judge_on(gpus: str, policy: Policy | None = None) -> Callable[[Reading], Answer]:
    """What judges deployments of a cluster, without a network."""
    asked = Request(gpus=(gpus,) if gpus else (), offline=True)
    return lambda reading: review(asked, reading, policy or Policy(), {})


def mended(file: Path, gpus: str, *, unsafe: bool = False, policy: Policy | None = None) -> Mended:
    """What fixes make of a file, in memory."""
    judge = judge_on(gpus, policy)
    reading = read(file)
    return mend(reading, judge(reading), judge, unsafe=unsafe)


def text_after(text: str, file: Path, gpus: str, *, unsafe: bool = False) -> str:
    """A text after its fixes; ``file`` is where it is put for them."""
    file.write_bytes(text.encode())
    changed = mended(file, gpus, unsafe=unsafe).files
    return changed[0].after if changed else text


def found(answer: Answer) -> list[Finding]:
    """All findings of an answer."""
    return [*answer.findings, *(f for layout in answer.layouts for f in layout.findings)]
