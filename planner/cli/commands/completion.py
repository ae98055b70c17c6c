"""Completion by Tab for bash, zsh or fish."""

from __future__ import annotations

import click

from planner.cli.command import COMPLETE, PlannerCommand
from planner.cli.output import write

#: both names of the program
_PROGRAMS = ("planner", "vllm-planner")


@click.command("completion", cls=PlannerCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print what makes a shell complete commands, options, models, GPUs and rules.

    bash and zsh: eval "$(planner completion bash)" in the file they start with. fish: write it to
    ~/.config/fish/completions/planner.fish.
    """
    from click.shell_completion import get_completion_class  # nothing else needs it

    kind = get_completion_class(shell)
    if kind is None:  # click knows all three
        raise click.UsageError(f"no completion for {shell}")
    program = ctx.find_root().command
    scripts = (kind(program, {}, name, COMPLETE).source() for name in _PROGRAMS)
    write("\n".join(script.strip() for script in scripts) + "\n")


COMMAND = completion
