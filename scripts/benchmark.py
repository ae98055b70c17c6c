"""How fast the planner itself is, against its limits.

A ratio compares the command with the bare import of what it cannot do without, run in turns on
this machine, so a slow machine slows both. Medians; time is wall-clock, processor time beside it.
Byte code may be kept, whatever this environment says of it: an installed package has its own.

Usage: ``python scripts/benchmark.py [--check] [--runs 11]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# this checkout's, run by path or not
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MB = 10**6
PLANNER = str(Path(sys.executable).with_name("planner"))
RECOMMEND = [PLANNER, *("recommend", "--model", "deepseek-ai/DeepSeek-R1", "--gpus", "2x8xA100")]
RECOMMEND_BASE = "import numpy, rich.table; from pydantic import BaseModel"
MAX_RATIO = 2.0
MAX_MEMORY_MB = 120
CANDIDATES = 100_000
MAX_CANDIDATES_SECONDS = 1.0
MAX_MANIFESTS_SECONDS = 10.0
MAX_KEY_SECONDS = 0.050
MAX_PAINTED_SECONDS = 0.100


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure and its limit, where it has one."""

    name: str
    value: float
    limit: float | None
    unit: str
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is within the limit."""
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        verdict = "pass" if self.passed else "FAIL"
        limit = "no limit" if self.limit is None else f"limit {self.limit:g}"
        measured = f"{self.value:.{2 if self.value >= 1 else 3}f} {self.unit}"
        return f"{verdict}  {self.name:<34} {measured:>10}  {limit}  {self.detail}"


def time_process(command: list[str]) -> Run:
    """Run one command to its end; its output is thrown away.

    Errors: ``CalledProcessError`` when the command fails.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    nowhere = subprocess.DEVNULL
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=nowhere, stdin=nowhere, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    wall_seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Run(
        wall_seconds=wall_seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        # Linux counts in KiB, macOS in bytes
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )


def in_turns(command: list[str], base: list[str], runs: int) -> tuple[list[Run], list[Run]]:
    """Run both in turns, so that what else the machine does hits both; the first pair warms up."""
    pairs = [(time_process(command), time_process(base)) for _ in range(runs + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def ratio(name: str, measured: list[Run], base: list[Run]) -> Figure:
    """The median wall time of one over that of the other."""
    ours, theirs = (statistics.median(r.wall_seconds for r in runs) for runs in (measured, base))
    cpu = [statistics.median(r.cpu_seconds for r in runs) for runs in (measured, base)]
    return Figure(
        name=name,
        value=ours / theirs,
        limit=MAX_RATIO,
        unit="x",
        detail=f"{ours * 1e3:.0f} ms to {theirs * 1e3:.0f} ms; processor {cpu[0] / cpu[1]:.2f} x",
    )


def process_figures(runs: int) -> list[Figure]:
    """The commands as processes.

    This process imports nothing large before: Linux counts what the parent held at the fork into
    the child's peak.
    """
    recommend, bare = in_turns(RECOMMEND, [sys.executable, "-c", RECOMMEND_BASE], runs)
    helped, clicked = in_turns([PLANNER, "--help"], [sys.executable, "-c", "import click"], runs)
    return [
        ratio("recommend to its bare imports", recommend, bare),
        Figure(
            name="recommend, peak memory",
            value=statistics.median(run.peak_bytes for run in recommend) / MB,
            limit=MAX_MEMORY_MB,
            unit="MB",
            detail=f"bare imports {statistics.median(run.peak_bytes for run in bare) / MB:.0f} MB",
        ),
        ratio("help to import click", helped, clicked),
    ]


def candidates_figure() -> Figure:
    """Judging and ranking candidate layouts in process, the model and the cluster read before.

    The rows are distinct; on this cluster some break rules, as in a search.
    """
    import numpy as np  # after the processes, see there

    from planner.judged import judge_layouts
    from planner.layout import Layouts
    from planner.rank.order import order
    from planner.rank.prospect import prospect
    from planner.request import request
    from planner.resolve import resolve

    subject = resolve(request(model="deepseek-ai/DeepSeek-R1", gpus="128x8xH100"), {})
    axes = np.meshgrid(*(np.arange(1, 41),) * 2, np.arange(1, 33), [False, True], indexing="ij")
    tp, pp, dp, ep = (axis.ravel()[:CANDIDATES] for axis in axes)
    layouts = Layouts(tp=tp, pp=pp, dp=dp, ep=ep, dcp=np.ones_like(tp))
    started = time.perf_counter()
    judged = judge_layouts(subject, subject.groups[0], layouts)
    compared = prospect(judged.case, subject.request.goal)
    ranked = order(compared, np.flatnonzero(judged.kept))
    seconds = time.perf_counter() - started
    return Figure(
        name=f"{len(layouts):,} candidate layouts",
        value=seconds,
        limit=MAX_CANDIDATES_SECONDS,
        unit="s",
        detail=f"{len(ranked):,} of them valid and fitting",
    )


def layouts_figure() -> Figure:
    """Memory and speed of layouts that can all be built, beside what ``numpy.exp`` takes."""
    from scripts.benchmark_layouts import LAYOUTS, exp_seconds, planned_seconds

    memory, speed = planned_seconds()
    base = exp_seconds()
    return Figure(
        name=f"{LAYOUTS:,} planned layouts to numpy.exp",
        value=(memory + speed) / base,
        limit=None,
        unit="x",
        detail=f"memory {memory:.2f} s, speed {speed:.2f} s, to {base:.3f} s; processor",
    )


def manifests_figure() -> Figure:
    """Reading and judging a repository's manifests in one run."""
    from scripts.benchmark_manifests import MANIFESTS, judged_seconds

    seconds, judged = judged_seconds()
    return Figure(
        name=f"{MANIFESTS:,} manifests",
        value=seconds,
        limit=MAX_MANIFESTS_SECONDS,
        unit="s",
        detail=f"{judged:,} judged",
    )


def key_figures() -> list[Figure]:
    """What a key press of the terminal application takes, in processor time."""
    from scripts.benchmark_keys import answer_seconds, painted_seconds

    candidates, answer = answer_seconds()
    detail = f"{candidates:,} candidates, processor"
    named = (
        ("key press: answer", answer, MAX_KEY_SECONDS),
        ("key press: answer and painting", painted_seconds(), MAX_PAINTED_SECONDS),
    )
    return [
        Figure(name=name, value=seconds, limit=limit, unit="s", detail=detail)
        for name, seconds, limit in named
    ]


def main() -> int:
    """Print the figures; with ``--check`` 1 when one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed")
    parser.add_argument("--runs", type=int, default=11, help="pairs of processes (default: 11)")
    options = parser.parse_args()
    figures = [*process_figures(options.runs), candidates_figure(), layouts_figure()]
    figures += [manifests_figure(), *key_figures()]
    print("\n".join(map(str, figures)))
    return int(options.check and not all(figure.passed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
