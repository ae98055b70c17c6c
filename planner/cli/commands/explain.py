"""A rule's manual page, or the formula of a term."""

from __future__ import annotations

import click

from planner.cli.command import PlannerCommand
from planner.cli.output import page, write
from planner.cli.waiting import waiting
from planner.cli.wrapped import wrapped


@click.command("explain", cls=PlannerCommand)
@click.argument("name", metavar="CODE|TERM", required=False)
def explain(name: str | None) -> None:
    """A rule by code (PAR003) or name, or a formula (kv_cache); without either, all of them."""
    # imports every rule, or the memory model with numpy: not for --help
    from planner.manual import overview, page_of

    with waiting("reading rules and formulas"):
        text = page_of(name) if name else overview()
    write(wrapped(text, page().width))


COMMAND = explain
