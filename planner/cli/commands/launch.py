"""From a plan to a running vLLM, or to the files that run it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli import options
from planner.cli.command import Grouped, PlannerCommand, vllm_arguments
from planner.cli.output import write
from planner.errors import ExitCode, UsageError
from planner.launch.base import find, launchers, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.launch.base import Launcher, LaunchFile, Served
    from planner.plan import Answer
    from planner.vllm.arguments import VllmArguments


def _pairs(_ctx: click.Context, param: click.Parameter, typed: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` words, by name."""
    pairs = {}
    for word in typed:
        name, equals, value = word.partition("=")
        if not name or not equals:
            flag = param.opts[0]
            raise UsageError(f"{flag}: {word!r} is not NAME=VALUE", fix=f"{flag} NAME=VALUE")
        pairs[name] = value
    return pairs


def _option(group: str, *names: str, **settings: Any) -> Callable[..., Any]:  # noqa: ANN401
    return click.option(*names, cls=Grouped, group=group, **settings)


@click.command("launch", cls=PlannerCommand, vllm=True)
@click.argument("target", required=False, metavar="[PLAN]")
@_option(
    "launch",
    "--to",
    default="local",
    metavar="NAME",
    help=f"What runs it: {', '.join(launchers(own=True))} (local).",
)
@_option(
    "launch",
    "-o",
    "--output",
    metavar="DIR|FILE",
    help="Write the files there; without it they are shown.",
)
@_option("launch", "--force", is_flag=True, help="Write over files that are there.")
@_option(
    "launch",
    "--layout",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Which of the plan's layouts (1).",
)
@_option("launch", "--name", metavar="NAME", help="For files and services (the model's).")
@_option("launch", "--image", metavar="IMAGE", help="The container image (vLLM's own).")
@_option(
    "launch",
    "--replicas",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Deployments side by side (1).",
)
@_option(
    "launch",
    "--env",
    "variables",
    multiple=True,
    callback=_pairs,
    metavar="NAME=VALUE",
    help="A variable for the server.",
)
@_option(
    "launch",
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME",
    help="A variable to hand over by name; VLLM_API_KEY and HF_TOKEN are, where they are set.",
)
@_option(
    "launch",
    "--set",
    "settings",
    multiple=True,
    callback=_pairs,
    metavar="NAME=VALUE",
    help="What only this way of running knows.",
)
@_option(
    "launch",
    "--format",
    "form",
    metavar="FORMAT",
    default="table",
    help="Of what is shown: table, json, yaml (table).",
)
@options.subject
@options.workload
@options.judgement
@click.pass_context
def launch(ctx: click.Context, /, target: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Show or write what runs a plan.

    PLAN is a file that planner recommend wrote; without one the options are those of recommend,
    and its first layout is taken. vLLM's options that change no figure of a plan, such as --port,
    may be typed beside it.
    """
    # pydantic, numpy and the model's own modules: not for --help
    from planner.launch.parts.served import choose, served

    own = {name: typed.pop(name) for name in _OWN}
    launcher = find(own["to"])
    settings = settle(launcher, own["to"], own["settings"])
    answer = _plan(ctx, target, typed, top=own["layout"])
    record = served(
        answer,
        choose(answer, own["layout"], fail_on=typed["fail_on"]),
        environ=os.environ,
        options=vllm_arguments(ctx).other if target else (),
        **{name: own[name] for name in ("variables", "secrets", "name", "image", "replicas")},
        settings=settings,
    )
    files = launcher.files(record)
    if own["output"] is None:
        _show(files, launcher, record, own)
    else:
        _write(files, launcher, record, own)
    return ExitCode.OK


_OWN = (
    "to",
    "output",
    "force",
    "layout",
    "name",
    "image",
    "replicas",
    "variables",
    "secrets",
    "settings",
    "form",
)


def _plan(ctx: click.Context, target: str | None, typed: dict[str, Any], *, top: int) -> Answer:
    """The plan that was named, or the one that the options ask for."""
    if target is None:
        from planner.recommend import recommend
        from planner.request import require

        typed = {name: value for name, value in typed.items() if name != "fail_on"}
        asked = options.asked(ctx, {**typed, "top": top})
        require(asked, "launch")
        return recommend(asked)
    _nothing_planned_beside(vllm_arguments(ctx), typed)
    from planner.targets.plan_file import read_answer
    from planner.targets.yaml_text import read_document

    document, lines = read_document(target)
    return read_answer(target, document, lines)


def _nothing_planned_beside(arguments: VllmArguments, typed: Mapping[str, Any]) -> None:
    """What a plan's figures depend on must be in the plan."""
    given = [name for name in ("model", "gpus", "revision", "executor") if typed[name]]
    given += arguments.given()
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise UsageError(
            f"{flag} is given beside a plan",
            cause="the plan's figures were worked out without it",
            fix=f"planner recommend … {flag} … -o plan.yaml writes a plan with it",
        )


def _show(
    files: Sequence[LaunchFile], launcher: Launcher, record: Served, own: Mapping[str, Any]
) -> None:
    """One file as it is; several under their names, as ``head`` shows them."""
    if own["form"] != "table":
        from planner.cli.rows import show_one

        show_one(
            {
                "to": own["to"],
                "files": [{"path": f.path, "mode": f"{f.mode:o}", "text": f.text} for f in files],
                "start": [list(command) for command in launcher.start(record)],
            },
            own["form"],
        )
    elif len(files) == 1:
        write(files[0].text)
    else:
        write("\n".join(f"==> {file.path} <==\n{file.text}" for file in files))


def _write(
    files: Sequence[LaunchFile], launcher: Launcher, record: Served, own: Mapping[str, Any]
) -> None:
    from planner.runtime.launch.folder import write_files

    written = write_files(files, Path(own["output"]), force=own["force"])
    for path in written:
        click.echo(f"planner: wrote {path}", err=True)
    if written != [Path(own["output"])]:
        for command in launcher.start(record):
            click.echo(f"planner: start it there by {shlex.join(command)}", err=True)


COMMAND = launch
