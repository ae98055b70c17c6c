"""The program: its commands, its errors, its exit codes."""

from __future__ import annotations

import os
import sys
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import plugins
from planner.cli.command import COMPLETE
from planner.cli.group import Group
from planner.cli.output import TYPED, complain, unwritable, write
from planner.errors import ExitCode, PlannerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = "planner.cli.commands"
#: the main jobs, before the rest of the list
_FIRST = ("recommend", "estimate", "validate", "launch", "verify")


class Commands(Group):
    """A file of ``planner/cli/commands`` is a command; it is imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The main jobs first."""
        del ctx
        names = plugins.own_names(_PACKAGE)
        return [n for n in _FIRST if n in names] + [n for n in names if n not in _FIRST]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = plugins.load(_PACKAGE, cmd_name).COMMAND
        return command

    def line(self, ctx: click.Context, name: str) -> str:
        """The first line of its file, so that none is imported for the list."""
        del ctx
        path = Path(__file__).parent / "commands" / f"{name}.py"
        with path.open(encoding="utf-8") as file:
            return file.readline().strip().strip('"').rstrip(".")


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        from importlib import metadata  # a tenth of the start-up, needed by no other option

        write(f"planner {metadata.version('vllm-planner')}\n")
        ctx.exit()


PROGRAM = Commands(
    name="planner",
    help="Which vLLM layouts fit a model on a cluster, what each takes per GPU, and the "
    "commands to run it.",
    epilog="planner recommend --model deepseek-ai/DeepSeek-R1 --gpus 2x8xA100",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        )
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is the contract's."""
    try:
        with PROGRAM.make_context("planner", list(arguments)) as context:
            context.meta[TYPED] = tuple(arguments)
            result = PROGRAM.invoke(context)
        return int(result or ExitCode.OK)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except PlannerError as error:
        return complain(error)
    except click.ClickException as error:
        return complain(_as_own(error))
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        return complain(unwritable(error))  # a help page, which click writes itself
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED


def _as_own(error: click.ClickException) -> PlannerError:
    """An error of click in the three parts of ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "planner"
    if isinstance(error, click.MissingParameter) and context and error.param is not None:
        wanted = " ".join(context.command.collect_usage_pieces(context)[1:])
        name = error.param.human_readable_name.upper()
        return UsageError(f"{path} needs {name}", fix=f"{path} {wanted}; {path} --help says more")
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = max(error.param.opts, key=len)
        return UsageError(f"{name}: {_clause(error.message)}", fix=f"{path} --help")
    return UsageError(_clause(error.format_message()), fix=f"{path} --help")


def _clause(sentence: str) -> str:
    """A sentence to stand behind a colon: what was typed is in it, and keeps its letters."""
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")


def main() -> None:
    """The console script."""
    if COMPLETE in os.environ:
        PROGRAM.main(prog_name="planner")
    code = run(sys.argv[1:])
    try:
        write("")  # the help page is still in the buffer
    except PlannerError as error:
        code = complain(error)
    sys.exit(code)
