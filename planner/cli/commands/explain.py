"""A rule's manual page, or the formula of a term."""

from __future__ import annotations

import click

from planner.cli.command import PlannerCommand
from planner.cli.output import write


@click.command("explain", cls=PlannerCommand)
@click.argument("name", metavar="CODE|TERM", required=False)
def explain(name: str | None) -> None:
    """A rule by code (PAR003) or name, or a formula (kv_cache); without either, all of them."""
    # imports every rule, or the memory model with numpy: not for --help
    from planner.cli.pages import overview, page_of

    write(page_of(name) if name else overview())


COMMAND = explain
