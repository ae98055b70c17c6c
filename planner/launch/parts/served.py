"""From a plan to what launchers are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, RefusedError, UsageError
from planner.finding import Severity
from planner.launch.base import PORT, Served
from planner.launch.parts.paths import rooted
from planner.launch.parts.secrets import mirrors, refuse_secrets, secret_names
from planner.vllm.command import read_command
from planner.vllm.hosts import shell_line
from planner.vllm.rewrite import with_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.plan import Answer, Command, HardwareGroup, Layout
    from planner.vllm.rewrite import Options

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: commands that join hosts and start no server
_JOINS = "ray"


def layout_of(answer: Answer, number: int) -> Layout:
    """One of a plan's layouts, counted from 1.

    Raises:
        InvalidInputError: it cannot be run anywhere.
        RefusedError: the plan has none.
        UsageError: there are fewer.
    """
    if not answer.layouts:
        for why in answer.findings:
            raise RefusedError(why.message, cause=why.cause, fix=why.fix)
        raise RefusedError("the plan holds no layout", cause="nothing fitted when it was written")
    if number > len(answer.layouts):
        raise UsageError(
            f"there is no layout {number}",
            cause=f"the plan holds {len(answer.layouts)}",
            fix=f"--layout {len(answer.layouts)}, or --top {number} when it is made",
        )
    layout = answer.layouts[number - 1]
    if not layout.commands or not answer.hardware or not answer.hardware.groups:
        raise InvalidInputError(
            "the layout has no commands, or the plan no hosts",
            cause="it needs more GPUs than the plan's cluster has",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes a whole plan",
        )
    return layout


def choose(answer: Answer, number: int, *, fail_on: str = "error") -> Layout:
    """One of a plan's layouts, counted from 1, to be launched.

    Raises:
        PlannerError: as ``layout_of``.
        RefusedError: it does not fit, or a finding speaks against it.
    """
    layout = layout_of(answer, number)
    if layout.fit.verdict == "does_not_fit":
        raise RefusedError("the layout does not fit", fix="planner recommend finds one that does")
    for found in (*answer.findings, *layout.findings):
        if found.severity.rank <= Severity(fail_on).rank:
            raise RefusedError(f"{found.code} {found.message}", cause=found.cause, fix=found.fix)
    return layout


def served(
    answer: Answer,
    layout: Layout,
    *,
    environ: Mapping[str, str],
    options: Options = (),
    variables: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    name: str | None = None,
    image: str | None = None,
    replicas: int = 1,
    settings: Mapping[str, str] | None = None,
) -> Served:
    """The record of one layout.

    Args:
        answer: the plan.
        layout: one of its layouts, as ``choose`` gives it.
        environ: of this process: which secrets are set, which mirror is used.
        options: vLLM's options that change no figure of the plan, to be added to its commands.
        variables: further ones for the server.
        secrets: variables to hand over by name, besides the known ones that are set.
        name: for files and services; the served model's by default.
        image: of containers.
        replicas: deployments side by side.
        settings: the launcher's own, defaults filled in.

    Raises:
        UsageError: a secret in a command, or a variable that cannot be one.
    """
    names = secret_names(secrets, environ)
    more = {**mirrors(environ), **(variables or {})}
    version = answer.vllm_version
    commands = tuple(_changed(each, options, more, version) for each in layout.commands)
    _check_variables(names, commands)
    refuse_secrets(commands, names)
    server = read_command(_server(commands).argv, version)
    passed = dict(server.arguments.other)
    model = server.model or ""
    served_name = passed.get("--served-model-name", (model,))[0]
    return Served(
        name=short_name(name or served_name),
        model=model,
        revision=server.revision,
        served_name=served_name,
        layout=layout,
        commands=commands,
        group=_group(answer, layout),
        vllm_version=version,
        port=_port(passed),
        image=image,
        secrets=names,
        replicas=replicas,
        settings=settings or {},
        start_up_s=layout.start_up.seconds if layout.start_up else None,
    )


def short_name(text: str) -> str:
    """A name that files, services and jobs take.

    >>> short_name("deepseek-ai/DeepSeek-R1")
    'deepseek-r1'
    """
    last = text.rstrip("/").rpartition("/")[2].lower()
    return _NOT_IN_NAMES.sub("-", last).strip("-")[:_LONGEST_NAME].strip("-") or "vllm"


def _server(commands: tuple[Command, ...]) -> Command:
    return [each for each in commands if each.node == 0][-1]


def _changed(
    command: Command, options: Options, variables: Mapping[str, str], version: str
) -> Command:
    """The command with more options and variables; one that joins hosts gets only the latter."""
    joins = command.argv[:1] == (_JOINS,)
    argv = command.argv
    if not joins:
        argv = rooted(with_options(argv, options, version) if options else argv, version)
    environment = {**command.environment, **variables}
    return command.model_copy(
        update={"argv": argv, "environment": environment, "shell": shell_line(argv, environment)}
    )


def _check_variables(secrets: Iterable[str], commands: Iterable[Command]) -> None:
    """Names stand unquoted in scripts and manifests."""
    for name in (*secrets, *(name for command in commands for name in command.environment)):
        if not _VARIABLE.fullmatch(name):
            raise UsageError(
                f"{name!r} cannot be the name of a variable",
                cause="letters, digits and underscores, and no digit first",
                fix="--env NAME=VALUE",
            )


def _port(passed: Mapping[str, tuple[str, ...]]) -> int:
    typed = passed.get("--port", (str(PORT),))[0]
    if not typed.isdecimal() or not 0 < int(typed) < 1 << 16:
        raise UsageError(f"--port {typed} is no port", cause="1 to 65535", fix=f"--port {PORT}")
    return int(typed)


def _group(answer: Answer, layout: Layout) -> HardwareGroup:
    """The hosts of a layout: of several groups the one that its notes name."""
    groups = answer.hardware.groups if answer.hardware else ()
    named = [group for group in groups if f"on {group.gpus}" in layout.notes]
    return (named or list(groups))[0]
