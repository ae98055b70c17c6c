"""Run a plan: start it, wait until it answers, ask it, hold it against the plan, and stay by it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import PlannerError, UsageError
from planner.finding import Severity
from planner.frozen import frozen
from planner.runtime.calibrate.flow import judge_log
from planner.runtime.launch.advice import advice
from planner.runtime.launch.client import Client
from planner.runtime.launch.first_request import Answered, first_request
from planner.runtime.launch.installed import vllm_python
from planner.runtime.launch.preflight import preflight, refuse
from planner.runtime.launch.runs.base import Here, find_run
from planner.runtime.launch.watch import CrashError, Deployment, GrowingLog
from planner.runtime.process import Command, Process, stop_all
from planner.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.finding import Finding
    from planner.launch.base import Served
    from planner.request import Request
    from planner.runtime.calibrate.flow import JudgedLog
    from planner.runtime.launch.runs.base import Part
    from planner.runtime.launch.watch import Display
    from planner.vllm.log import LogFacts

#: the variable in which vLLM looks for its key
_KEY = "VLLM_API_KEY"
#: of a log that is not kept
_MOST_LOG_BYTES = 64 * MIB


@frozen
class Manner:
    """How a deployment is run."""

    check: bool = False
    """End it once it has answered."""
    timeout_s: float = 3600.0
    """How long it may take to answer."""
    retries: int = 0
    """How often a start that failed is tried again with a change that its log asks for."""
    log: Path | None = None
    """Where the server's output is kept; None keeps it only while it runs."""
    preflight: bool = True
    """Start nothing where this machine lacks something."""
    python: str | None = None
    """The Python that has vLLM, where it was named."""


@frozen
class Session:
    """What stays the same from one start to the next."""

    to: str
    """The launcher that runs it."""
    asked: Request
    """The deployment as a request, for holding its log against the planner."""
    manner: Manner
    environ: Mapping[str, str]
    """This process's variables."""
    display: Display
    on_ready: Callable[[Launched], None]
    """Called once it answers."""
    again: Callable[[Mapping[str, Any]], Served]
    """The same plan with further options of vLLM's, by name."""


@frozen
class Change:
    """What was changed after a start that failed."""

    code: str
    """Of the rule that knows the failure."""
    message: str
    options: Mapping[str, Any]
    """vLLM's options by name."""


@frozen
class Launched:
    """A deployment that answers."""

    to: str
    served: Served
    url: str
    ready_s: float
    """From its start until it said that it is healthy."""
    first: Answered
    log: JudgedLog | None
    """Its start, held against the planner term by term; None where that was not possible."""
    findings: tuple[Finding, ...]
    """What this machine lacks, and may be done without."""
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def run(served: Served, session: Session) -> None:
    """Run a deployment until it ends, is ended, or has been checked.

    Raises:
        CrashError: the server failed, and no retry is left or would help.
        PlannerError: it cannot be run from here.
    """
    findings = _before(served, session)
    changes: list[Change] = []
    while True:
        try:
            _attempt(served, session, findings, tuple(changes))
        except CrashError as crash:
            change = _change(crash, served)
            if change is None or len(changes) >= session.manner.retries:
                raise
            served = _changed(session, change, crash)
            changes.append(change)
            session.display.say(f"{crash.message}: once more with {shown(change)}")
        else:
            return


def _before(served: Served, session: Session) -> tuple[Finding, ...]:
    """What this machine lacks, told where it does not matter enough to stop."""
    findings: tuple[Finding, ...] = ()
    if session.manner.preflight and not getattr(find_run(session.to), "ELSEWHERE", False):
        python = vllm_python(session.manner.python, session.environ)
        findings = preflight(served, python, session.environ)
        told = [f"{found.severity} {found.code} {found.message}" for found in findings]
        refused = bool(findings) and findings[0].severity is Severity.ERROR
        for text in told[1:] if refused else told:
            session.display.say(text)
        refuse(findings)
    client = Client(find_run(session.to).url(served))
    if client.answers():
        raise UsageError(
            f"a server answers at {client.url} already",
            cause="its answers would be taken for those of the one that is to be started",
            fix="--port with a free one, or end the other",
        )
    return findings


def shown(change: Change) -> str:
    """A change as one types it."""
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in change.options.items())


def _change(crash: CrashError, served: Served) -> Change | None:
    for found in crash.findings if crash.facts else ():
        options = advice(found.code, crash.facts, served)
        if options:
            return Change(code=found.code, message=found.message, options=options)
    return None


def _changed(session: Session, change: Change, crash: CrashError) -> Served:
    """The plan with a change; what speaks against it is told with the crash itself."""
    try:
        return session.again(change.options)
    except PlannerError as error:
        crash.fix = f"{crash.fix}; with {shown(change)}: {error.message}"
        raise crash from None


def _attempt(
    served: Served,
    session: Session,
    findings: tuple[Finding, ...],
    changes: tuple[Change, ...],
) -> None:
    how, manner = find_run(session.to), session.manner
    client = Client(how.url(served), session.environ.get(_KEY))
    with tempfile.TemporaryDirectory(prefix="planner-") as folder:
        here = Here(environ=session.environ, folder=Path(folder), python=manner.python)
        parts = how.parts(served, here)
        with _started(parts, manner.log, here.folder, session.display) as deployment:
            ready_s = deployment.wait_ready(client, manner.timeout_s)
            first = deployment.asked(lambda: first_request(client, served.served_name))
            judged, notes = _judged(deployment.log.facts(), session)
            session.on_ready(
                Launched(
                    to=session.to,
                    served=served,
                    url=client.url,
                    ready_s=ready_s,
                    first=first,
                    log=judged,
                    findings=findings,
                    changes=changes,
                    notes=notes,
                )
            )
            if not manner.check:
                deployment.wait_end()


@contextmanager
def _started(
    parts: Sequence[Part], kept: Path | None, folder: Path, display: Display
) -> Iterator[Deployment]:
    """The processes; leaving the block ends them all at the same time."""
    log = kept or folder / "server.log"
    before = log.stat().st_size if log.exists() else 0
    processes: list[Process] = []
    with ExitStack() as stack:
        stack.callback(stop_all, processes)
        for part in parts:
            own = log if not processes else folder / f"{part.name}.log"
            processes.append(Process(_command(part, own)))
        most = None if kept else _MOST_LOG_BYTES
        yield Deployment(processes, GrowingLog(log, skip_bytes=before, most_bytes=most), display)


def _command(part: Part, log: Path) -> Command:
    return Command(
        argv=part.argv,
        environment=part.environment,
        # where the user is: paths of models and templates may be relative
        folder=Path.cwd(),
        log=log.absolute(),
        stop_signal=part.stop_signal,
        grace_s=part.grace_s,
    )


def _judged(facts: LogFacts | None, session: Session) -> tuple[JudgedLog | None, tuple[str, ...]]:
    """The start against the planner; that it cannot be compared is a remark."""
    if facts is None:
        return None, ("the server's log holds nothing that is known of vLLM's",)
    today = datetime.now(UTC).date().isoformat()
    try:
        return judge_log(facts, session.asked, environ=session.environ, date=today), ()
    except PlannerError as error:
        return None, (f"not compared: {error.message}",)
