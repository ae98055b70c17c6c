"""From a plan to a running vLLM, or to the files that run it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli import options, workload_options
from planner.cli.command import PlannerCommand, vllm_arguments
from planner.cli.launch_options import OWN, launching
from planner.cli.waiting import waiting
from planner.errors import ExitCode, UsageError
from planner.launch.base import find, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from planner.launch.base import Served
    from planner.plan import Answer
    from planner.request import Request
    from planner.runtime.launch.run import Launched, Manner
    from planner.vllm.arguments import VllmArguments


@click.command("launch", cls=PlannerCommand, vllm=True)
@click.argument("target", required=False, metavar="[PLAN]")
@launching
@options.subject
@options.storage
@workload_options.workload
@options.judgement
@click.pass_context
def launch(ctx: click.Context, /, target: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Show, write or run what serves a plan.

    PLAN is a file that planner recommend wrote; without one the options are those of recommend,
    and its first layout is taken. vLLM's options that change no figure of a plan, such as --port,
    may be typed beside it. Exit 4 if the server fails.
    """
    # pydantic, numpy and the model's own modules: not for --help
    from planner.cli.launch_text import show_files, write_out

    own = {name: typed.pop(name) for name in OWN}
    launcher = find(own["to"])
    settings = settle(launcher, own["to"], own["settings"])
    request, answer = _plan(ctx, target, typed, top=own["layout"])
    record = _served(own, settings, target, vllm_arguments(ctx), typed["fail_on"])
    served = record(answer, own["layout"])
    if own["run"] or own["check"]:
        if own["output"]:
            raise UsageError(
                "-o is given beside --run",
                cause="what runs here needs no files",
                fix="leave one of them out; --log FILE keeps the server's log",
            )
        return _run(served, request, own, lambda changed: record(changed, 1))
    files = launcher.files(served)
    if own["output"] is None:
        show_files(files, launcher, served, own)
    else:
        write_out(files, launcher, served, own)
    return ExitCode.OK


def _plan(
    ctx: click.Context, target: str | None, typed: dict[str, Any], *, top: int
) -> tuple[Request, Answer]:
    """The plan that was named, or the one that the options ask for, and what was asked."""
    arguments = vllm_arguments(ctx)
    asked = options.asked(ctx, {k: v for k, v in typed.items() if k != "fail_on"} | {"top": top})
    if target is not None:
        _nothing_planned_beside(arguments, asked.said, typed)
    if target is None:
        from planner.recommend import recommend
        from planner.request import require

        require(asked, "launch")
        with waiting("trying layouts"):
            return asked, recommend(asked)
    from planner.targets.files import read_document
    from planner.targets.formats.plan import read_answer
    from planner.targets.planned import goal_of, workload_of

    answer = read_answer(target, *read_document(target))
    load, wanted = workload_of(target, answer), goal_of(target, answer)
    return replace(asked, workload=load or asked.workload, goal=wanted or asked.goal), answer


#: the planner's own options that a plan's figures depend on
_PLANNED = (
    *("model", "gpus", "revision", "vllm_version", "executor"),
    *("storage", "memory_taken"),
)


def _nothing_planned_beside(
    arguments: VllmArguments, said: Collection[str], typed: Mapping[str, Any]
) -> None:
    """What a plan's figures depend on must be in the plan: ``said`` is of its load and goal."""
    given = [name for name in _PLANNED if typed[name]]
    given += [*arguments.given(), *sorted(said)]
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise UsageError(
            f"{flag} is given beside a plan",
            cause="the plan's figures were worked out without it",
            fix=f"planner recommend … {flag} … -o plan.yaml writes a plan with it",
        )


def _served(
    own: Mapping[str, Any],
    settings: Mapping[str, str],
    target: str | None,
    arguments: VllmArguments,
    fail_on: str,
) -> Callable[[Answer, int], Served]:
    """What makes the record of one of a plan's layouts."""
    from planner.launch.parts.served import choose, served

    def record(answer: Answer, number: int) -> Served:
        return served(
            answer,
            choose(answer, number, fail_on=fail_on),
            environ=os.environ,
            options=arguments.other if target else (),
            settings=settings,
            **{name: own[name] for name in ("variables", "secrets", "name", "image", "replicas")},
        )

    return record


def _run(
    served: Served, request: Request, own: Mapping[str, Any], record: Callable[[Answer], Served]
) -> int:
    """Start it here; the exit code."""
    from planner.cli.launch_progress import Progress
    from planner.cli.launch_text import show_launched
    from planner.runtime.launch.replan import of_served, with_changes
    from planner.runtime.launch.run import Session, run
    from planner.runtime.launch.watch import CrashError
    from planner.runtime.process import terminable

    progress = Progress(served.start_up_s, show_log=own["show_log"])
    asked = of_served(served, request)

    def ready(launched: Launched) -> None:
        progress.done()
        show_launched(launched, own["form"])
        if not own["check"]:
            progress.say(f"serving at {launched.url}; Ctrl-C ends it")

    def again(changes: Mapping[str, Any]) -> Served:
        from planner.estimate import estimate

        return record(estimate(with_changes(asked, changes)))

    session = Session(
        to=own["to"],
        asked=asked,
        manner=_manner(own),
        environ=dict(os.environ),
        display=progress,
        on_ready=ready,
        again=again,
    )
    try:
        with terminable(), progress.counting():
            run(served, session)
    except CrashError as crash:
        progress.last_lines(crash.tail)
        raise
    return ExitCode.OK


def _manner(own: Mapping[str, Any]) -> Manner:
    from planner.runtime.launch.run import Manner

    return Manner(
        check=own["check"],
        timeout_s=own["timeout"],
        retries=own["retries"],
        preflight=own["preflight"],
        log=Path(own["log"]) if own["log"] else None,
        python=own["python"],
    )


COMMAND = launch
