"""The models that are known without asking anyone."""

from __future__ import annotations

from dataclasses import asdict

import click

from planner.cli.command import PlannerCommand
from planner.cli.group import Group
from planner.errors import UnknownNameError

_COLUMNS = ("id", "parameters", "quantization", "checkpoint_bytes", "trust")

_format = click.option(
    "--format", "form", metavar="FORMAT", default="table", help="table, json, yaml (table)."
)


@click.group("models", cls=Group)
def models() -> None:
    """The models that are known without asking anyone."""


@models.command("list", cls=PlannerCommand)
@click.argument("pattern", default="")
@_format
def list_(pattern: str, form: str) -> None:
    """The catalogue; with PATTERN the models whose id holds it (* and ? as in a shell)."""
    # numpy and the index, not for --help
    from planner.cli.rows import show_rows
    from planner.model.catalog import list_models

    rows = list_models(pattern)
    if not rows:
        raise _unknown(f"no model of the catalogue has {pattern} in its id", pattern)
    show_rows([asdict(row) for row in rows], _COLUMNS, form)


@models.command("show", cls=PlannerCommand)
@click.argument("name", metavar="MODEL")
@_format
def show(name: str, form: str) -> None:
    """Everything the catalogue knows of a model, by id or short name."""
    from planner.cli.rows import show_one
    from planner.model.catalog import find, load

    row = find(name)
    if row is None:
        raise _unknown(f"the catalogue has no model called {name}", name)
    show_one(asdict(load(row)), form)


def _unknown(message: str, name: str) -> UnknownNameError:
    from planner.model.catalog import suggestions

    like = suggestions(name)
    fix = f"perhaps {' or '.join(like)}" if like else "planner models list"
    return UnknownNameError(message, fix=fix)


COMMAND = models
