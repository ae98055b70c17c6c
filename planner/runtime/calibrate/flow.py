"""Calibrate: logs of vLLM held against the planner, and what they teach kept for later answers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from planner.errors import PlannerError, UsageError
from planner.frozen import frozen
from planner.runtime.calibrate import file as calibration_file
from planner.runtime.calibrate.comparison import compare
from planner.runtime.calibrate.learn import Lesson, lesson
from planner.runtime.calibrate.log_findings import log_findings, unknown_errors
from planner.runtime.calibrate.logged_run import logged_run
from planner.runtime.calibrate.starts import read_starts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planner.calibration import Observation
    from planner.finding import Finding
    from planner.request import Request
    from planner.runtime.calibrate.figures import Term
    from planner.runtime.calibrate.logged_run import LoggedRun
    from planner.vllm.log import LogFacts


@frozen
class JudgedLog:
    """One log: what it says, the planner's figures beside it, what failed, what was learnt."""

    facts: LogFacts
    run: LoggedRun | None
    terms: tuple[Term, ...]
    findings: tuple[Finding, ...]
    lesson: Lesson
    notes: tuple[str, ...]


@frozen
class Calibrated:
    """All logs, those that are none, and the file that was written; None where none was."""

    logs: tuple[JudgedLog, ...]
    unread: tuple[PlannerError, ...]
    file: Path | None
    observations: tuple[Observation, ...]


def calibrate(
    paths: Sequence[Path],
    asked: Request,
    *,
    keep: bool = True,
    environ: Mapping[str, str] | None = None,
) -> Calibrated:
    """Read logs, compare each with the prediction, and keep what they teach.

    A log that cannot be read or used does not keep the others from being used.

    Raises:
        PlannerError: none of them can be used, or the file cannot be written.
    """
    process = os.environ if environ is None else environ
    today = datetime.now(UTC).date().isoformat()
    judged: list[JudgedLog] = []
    unread: list[PlannerError] = []
    facts: list[LogFacts] = []
    for path in paths:
        try:
            facts += read_starts(path)
        except PlannerError as error:
            unread.append(error)
    _one_model(facts, asked)
    for each in _distinct(facts):
        try:
            judged.append(judge_log(each, asked, environ=process, date=today))
        except PlannerError as error:
            unread.append(error)
    if not judged:
        raise unread[0]
    new = [seen for log in judged for seen in log.lesson.observations]
    file, seen = _keep(new, process) if keep and new else (None, tuple(new))
    return Calibrated(logs=tuple(judged), unread=tuple(unread), file=file, observations=seen)


def judge_log(
    facts: LogFacts, asked: Request, *, environ: Mapping[str, str], date: str
) -> JudgedLog:
    """One log against the planner.

    A log of nothing but a failure needs neither model nor GPUs to be explained.

    Raises:
        PlannerError: the log's model or GPUs are not known, and nothing in it is explained.
    """
    findings = log_findings(facts)
    unknown = () if findings else unknown_errors(facts)
    notes = [*facts.notes, *(f"no rule knows: {error.text}" for error in unknown)]
    try:
        run = logged_run(facts, asked, environ)
    except PlannerError as error:
        if not findings:
            raise
        notes.append(f"not compared: {error.message}" + (f" ({error.fix})" if error.fix else ""))
        return JudgedLog(
            facts=facts,
            run=None,
            terms=(),
            findings=findings,
            lesson=Lesson(),
            notes=tuple(notes),
        )
    terms = compare(run)
    return JudgedLog(
        facts=facts,
        run=run,
        terms=terms,
        findings=tuple({each.code: each for each in (*run.subject.findings, *findings)}.values()),
        lesson=lesson(run, terms, date=date),
        notes=(*notes, *run.notes),
    )


def _one_model(facts: Sequence[LogFacts], asked: Request) -> None:
    """A model that is typed stands for that of every log, so they must be of one."""
    named = dict.fromkeys(each.model for each in facts if each.model)
    if asked.model and len(named) > 1:
        raise UsageError(
            f"--model {asked.model} cannot stand for {len(named)} models",
            cause=f"the logs are of {', '.join(map(str, named))}",
            fix="calibrate with the logs of one model at a time",
        )


def _distinct(facts: Sequence[LogFacts]) -> list[LogFacts]:
    """The same log given twice is one."""
    return list({each.sha256: each for each in reversed(facts)}.values())[::-1]


def _keep(
    new: Sequence[Observation], environ: Mapping[str, str]
) -> tuple[Path, tuple[Observation, ...]]:
    path = calibration_file.place(environ)
    with calibration_file.locked(path):
        known = calibration_file.read(path).observations
        seen = calibration_file.merged(known, new)
        calibration_file.write(path, seen)
    return path, seen


def known(environ: Mapping[str, str] | None = None) -> Calibrated:
    """What was learnt so far.

    Raises:
        InvalidInputError: the file cannot be read.
    """
    path = calibration_file.place(os.environ if environ is None else environ)
    seen = calibration_file.read(path).observations
    return Calibrated(logs=(), unread=(), file=path if seen else None, observations=seen)


def forget(environ: Mapping[str, str] | None = None) -> Path | None:
    """Remove what was learnt; the file that is gone, or None where there was none.

    Raises:
        InvalidInputError: it cannot be removed.
    """
    path = calibration_file.place(os.environ if environ is None else environ)
    if not path.exists():
        return None
    with calibration_file.locked(path):
        calibration_file.write(path, ())
    return path
