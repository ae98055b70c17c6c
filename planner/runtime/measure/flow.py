"""Measure: run vLLM on dummy weights here, case by case, and keep what each took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planner.model.source import find_model
from planner.runtime.measure.dummy_model import dummy_config, fingerprint
from planner.runtime.measure.facts import append
from planner.runtime.measure.gpus import Pool, driver_answer, facts_of
from planner.runtime.measure.log import log_lines
from planner.runtime.measure.results import (
    FAILED,
    INTERRUPTED,
    MEASURED,
    Measurement,
    read_results,
    runs,
)
from planner.runtime.measure.run import Ready, Run, recorded
from planner.runtime.process import stop_all, wait_any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from planner.model.source import ModelSource
    from planner.runtime.measure.bench import Bench
    from planner.runtime.measure.case import Case

    Say = Callable[[str], None]


def prepare(
    cases: Sequence[Case], bench: Bench, *, revision: str | None = None, offline: bool = False
) -> list[Ready]:
    """Find every case's model, and what tells its measurement from others.

    Raises:
        PlannerError: a model is unknown or out of reach.
    """
    sources: dict[str, ModelSource] = {}

    def source_of(model: str) -> ModelSource:
        if model not in sources:
            sources[model] = find_model(
                model, revision=revision, offline=offline, environ=bench.environ
            )
        return sources[model]

    base = recorded(bench.environ)
    about = {
        "software": dict(bench.software),
        "board": _board(bench),
        "base": {k: v for k, v in base.items() if not k.startswith("CUDA_")},
    }
    ready: dict[str, Ready] = {}
    for case in cases:
        source = source_of(case.model)
        overrides = case.arguments.hf_overrides
        config = dummy_config(source.config, overrides if isinstance(overrides, Mapping) else {})
        draft = case.draft
        each = Ready(
            case=case,
            key=case.key({**about, "config": fingerprint(config)}),
            config=config,
            config_sha256=fingerprint(config),
            source=source.source,
            draft=dummy_config(source_of(draft).config, {}) if draft else None,
        )
        # a case that is given twice is one
        ready.setdefault(each.key, each)
    return list(ready.values())


def measure(
    ready: Sequence[Ready],
    bench: Bench,
    *,
    resume: bool = True,
    skip_failed: bool = False,
    jobs: int | None = None,
    say: Say = lambda _: None,
) -> list[Measurement]:
    """Run what is not measured yet, side by side where GPUs are left; the last word on each.

    Raises:
        InvalidInputError: the results file holds something else, or cannot be written.
        KeyboardInterrupt: all that ran was ended, and what it had measured is kept.
    """
    before = _runs(bench.results)
    _close_cut(before, bench)
    _write_models(ready, bench.results, before)
    skipped = {MEASURED, FAILED} if skip_failed else {MEASURED}
    done = {run.key for run in before if resume and run.outcome in skipped}
    todo = [each for each in ready if each.key not in done]
    if len(todo) < len(ready):
        say(f"{len(ready) - len(todo)} of {len(ready)} cases are in {bench.results.name} already")
    fitting = [each for each in todo if _fits(each, bench, say)]
    # the widest first: it would wait for all GPUs to be free at once
    fitting.sort(key=lambda each: -each.case.gpus)
    _Schedule(fitting, bench, jobs, say).run()
    last = {run.key: run for run in read_results(bench.results)} if ready else {}
    return [last[each.key] for each in ready if each.key in last]


class _Schedule:
    """Which cases wait, which run, on which GPUs."""

    def __init__(self, waiting: list[Ready], bench: Bench, jobs: int | None, say: Say) -> None:
        self._waiting = waiting
        self._total = len(waiting)
        self._ended = 0
        self._running: list[Run] = []
        self._bench = bench
        self._pool = Pool(bench.gpus.count, jobs)
        self._say = say

    def run(self) -> None:
        """Until none waits and none runs; whatever ends it early ends them too."""
        try:
            while self._waiting or self._running:
                self._start()
                left = [run.seconds_left for run in self._running if not run.timed_out]
                processes = [run.process for run in self._running]
                ended = wait_any(processes, max(0.0, min(left, default=60.0)))
                for run in [run for run in self._running if run.process in ended]:
                    self._finish(run)
                for run in self._running:
                    if run.seconds_left <= 0:
                        run.time_out()
        finally:
            if self._running:
                self._say(f"ending what runs; the facts are in {self._bench.results.name}")
            stop_all([run.process for run in self._running])
            for run in self._running:
                run.finish(interrupted=True)

    def _start(self) -> None:
        for ready in list(self._waiting):
            gpus = self._pool.take(ready.case.gpus if self._bench.gpus.count else 0)
            if gpus is not None:
                self._waiting.remove(ready)
                run = Run(self._bench, ready, gpus)
                self._running.append(run)
                places = [str(self._bench.gpus.places[i]) for i in gpus]
                on = f" on GPU {','.join(places)}" if places else ""
                self._say(f"{ready.case.name}: started{on}, log {run.log.name}")

    def _finish(self, run: Run) -> None:
        self._running.remove(run)
        self._pool.give(run.gpus)
        self._ended += 1
        outcome = run.finish().replace("_", " ")
        took = f"{run.process.seconds:.0f} s"
        self._say(f"{run.ready.case.name}: {outcome} after {took} ({self._ended}/{self._total})")


def _runs(results: Path) -> list[Measurement]:
    return runs(results) if results.exists() else []


def _close_cut(before: Sequence[Measurement], bench: Bench) -> None:
    """Give the runs that a killed planner left open their log and their end."""
    for run in before:
        log = bench.results.parent / str(run.case.get("log_file", ""))
        if not run.end and log.is_file():
            identity = {"case": run.key, "run": run.run}
            append(bench.results, {"fact": "log", **identity, "lines": log_lines(log)})
            append(bench.results, {"fact": "end", **identity, "outcome": INTERRUPTED})


def _write_models(ready: Sequence[Ready], results: Path, before: Sequence[Measurement]) -> None:
    """Each configuration once in a file, however many cases it has."""
    known = {run.case.get("config_sha256") for run in before if run.config}
    for each in {each.config_sha256: each for each in ready}.values():
        if each.config_sha256 not in known:
            append(
                results,
                {
                    "fact": "model",
                    "model": each.case.model,
                    "config_sha256": each.config_sha256,
                    "config": each.config,
                },
            )


def _fits(ready: Ready, bench: Bench, say: Say) -> bool:
    needed, there = ready.case.gpus, bench.gpus.count
    if there and needed > there:
        say(f"{ready.case.name}: left out, it needs {needed} GPUs and there are {there}")
        return False
    return True


def _board(bench: Bench) -> list[Any]:
    """The kinds of GPUs that are measured on."""
    facts = facts_of(driver_answer(bench.environ), bench.gpus.places) if bench.gpus.count else {}
    return sorted({(gpu["name"], gpu["total_bytes"]) for gpu in facts.get("gpus", ())})
