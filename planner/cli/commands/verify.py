"""Hold a running server against its plan."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from planner.cli.command import PlannerCommand
from planner.cli.options import COUNT, POSITIVE, format_option, group_option
from planner.cli.output import write, write_file
from planner.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.plan import Answer, Layout
    from planner.runtime.verify.load import Load

_COLUMNS = ("what", "planned", "interval", "actual", "unit", "verdict")
_LOAD = ("requests", "concurrency", "input_tokens", "output_tokens")


@click.command("verify", cls=PlannerCommand)
@click.argument("url")
@click.argument("plan")
@group_option(
    "plan", "--layout", type=COUNT, default=1, metavar="N", help="Which of its layouts (1)."
)
@group_option(
    "plan",
    "--served-model-name",
    "name",
    metavar="NAME",
    help="As the server was told, if not by the plan.",
)
@group_option("load", "--no-load", is_flag=True, help="Ask only, time nothing.")
@group_option(
    "load", "--planned-load", is_flag=True, help="The load that the plan's speed is told for."
)
@group_option("load", "--requests", type=COUNT, metavar="N", help="Requests (8).")
@group_option("load", "--concurrency", type=COUNT, metavar="N", help="At a time (1).")
@group_option("load", "--input-tokens", type=COUNT, metavar="N", help="Tokens of a prompt (1024).")
@group_option("load", "--output-tokens", type=COUNT, metavar="N", help="Tokens of an answer (64).")
@group_option(
    "load",
    "--seconds",
    "limit_s",
    type=POSITIVE,
    default=60.0,
    metavar="S",
    help="No request is begun after that (60).",
)
@group_option(
    "answer", "-o", "--output", metavar="FILE", help="Write a record for planner calibrate."
)
@format_option("answer")
def verify(url: str, plan: str, **typed: Any) -> int:  # noqa: ANN401 - click's, by option
    """Ask the server at URL for its model, length and KV cache, and time a short load.

    PLAN is the file it was started from. VLLM_API_KEY is sent where it is set. Exit 1 if
    something lies outside the plan's interval, 3 if the server does not answer.
    """
    # pydantic and the plan's own modules: not for --help
    from planner.cli.rows import show_one, show_rows
    from planner.launch.parts.served import layout_of, served
    from planner.runtime.launch.client import Client
    from planner.runtime.verify.flow import verify as flow
    from planner.runtime.verify.record import document
    from planner.targets.files import read_document
    from planner.targets.formats.plan import read_answer

    client = Client(url, os.environ.get("VLLM_API_KEY"))
    content, lines = read_document(plan)
    answer = read_answer(plan, content, lines)
    name = typed["name"]
    options = (("--served-model-name", (name,)),) if name else ()
    layout = layout_of(answer, typed["layout"])
    record = served(answer, layout, environ={}, options=options)
    verified = flow(client, record, _load(typed, answer, layout))
    told = document(verified)
    if typed["output"]:
        write_file(typed["output"], json.dumps(told, indent=2) + "\n")
    if typed["form"] == "table":
        show_rows([_shown(row) for row in told["rows"]], _COLUMNS, "table")
        write("".join(f"note: {note}\n" for note in told["notes"]))
    else:
        show_one(told, typed["form"])
    return ExitCode.FINDINGS if verified.differs else ExitCode.OK


def _load(typed: Mapping[str, Any], answer: Answer, layout: Layout) -> Load | None:
    """What to send: a short load, or the plan's own; what is typed of it wins."""
    from planner.runtime.verify.load import Load
    from planner.runtime.verify.planned import planned_load

    if typed["no_load"]:
        return None
    limit_s = typed["limit_s"]
    load = Load(limit_s=limit_s)
    if typed["planned_load"]:
        load = planned_load(answer.workload, layout, limit_s)
    given = {name: typed[name] for name in _LOAD if typed[name] is not None}
    if "input_tokens" in given or "output_tokens" in given:
        given["lengths"] = ()
    if "concurrency" in given:
        given |= {"request_rate": None, "warm_up": 0}
    return replace(load, **given)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for people: figures as they are read."""
    ends = row["interval"]
    return {
        "what": row["name"],
        "planned": _text(row["planned"]),
        "interval": f"{_text(ends[0])} to {_text(ends[1])}" if ends else None,
        "actual": _text(row["actual"]),
        "unit": row["unit"],
        "verdict": row["verdict"],
    }


def _text(value: str | float | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return f"{value:,.2f}" if value % 1 else f"{value:,.0f}"


COMMAND = verify
