"""Run vLLM on dummy weights here, and record what it took."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.command import PlannerCommand
from planner.cli.options import COUNT, POSITIVE, format_option, group_option
from planner.cli.output import write
from planner.errors import ExitCode
from planner.vllm.flags import Spelling
from planner.vllm.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.runtime.measure.results import Measurement

#: where the command finds what was typed for vLLM
_GRID = "planner.runtime.measure.cases.grid"
_COLUMNS = (
    "case",
    "outcome",
    "gpus",
    "weights_bytes",
    "activation_bytes",
    "non_torch_bytes",
    "graphs_bytes",
    "kv_cache_bytes",
    "kv_tokens",
    "start_s",
)
_POINTS = ("case", "kind", "batch", "tokens", "ms", "p10_ms", "p90_ms")


def _numbers(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Whole numbers with commas between them, each 1 or more."""
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter(f"{value!r} is not whole numbers with commas between", ctx, param)
    return tuple(map(int, parts))


class _Measure(PlannerCommand):
    """Takes vLLM's options too, each with one value or with several between commas."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what is meant for vLLM as it was typed: a value with commas is none of vLLM's."""
        own = _spellings(self.get_params(ctx))
        found = tokens(args, self._table(args, own))
        theirs = [t for t in found if t.spelling is not None and t.spelling.flag not in own]
        ctx.meta[_GRID] = theirs
        mine = [word for t in found if t not in theirs for word in (t.typed, *t.values)]
        return super().parse_args(ctx, mine)


def _spellings(params: Sequence[click.Parameter]) -> dict[str, Spelling]:
    return {
        flag: Spelling(flag=flag, kind="on" if param.is_flag else "value")
        for param in params
        if isinstance(param, click.Option)
        for flag in param.opts
    }


@click.command("measure", cls=_Measure, vllm=True)
@group_option("cases", "--model", multiple=True, metavar="ID|DIR|FILE", help="Once for each model.")
@group_option(
    "cases",
    "--cases",
    multiple=True,
    metavar="FILE",
    help="Cases in TOML tables or JSON lines; what they leave out is typed here.",
)
@group_option("cases", "--revision", metavar="REV", help="Revision of the model.")
@group_option("cases", "--offline", is_flag=True, help="Ask no network.")
@group_option(
    "points", "--prefill-tokens", callback=_numbers, metavar="N,…", help="Prompts (512,2048,8192)."
)
@group_option(
    "points", "--decode-batches", callback=_numbers, metavar="N,…", help="Batches (1,8,64,256)."
)
@group_option(
    "points",
    "--decode-context",
    type=COUNT,
    metavar="N",
    help="Tokens of each request's prompt in a batch (1024).",
)
@group_option(
    "points",
    "--repeats",
    type=COUNT,
    metavar="N",
    help="Times each prompt is run (5).",
)
@group_option("points", "--no-speed", is_flag=True, help="Memory only.")
@group_option("running", "--python", metavar="FILE", help="The Python that has vLLM (this one).")
@group_option("running", "--gpu-ids", metavar="N,…", help="Of the visible GPUs, from 0 (all).")
@group_option(
    "running",
    "--jobs",
    type=COUNT,
    metavar="N",
    help="Cases at a time (as many as there are GPUs for).",
)
@group_option(
    "running",
    "--timeout",
    type=POSITIVE,
    default=900.0,
    metavar="S",
    help="Seconds for a case (900).",
)
@group_option("running", "--no-resume", is_flag=True, help="Measure again what is measured.")
@group_option("running", "--skip-failed", is_flag=True, help="Leave out what failed before.")
@group_option(
    "answer",
    "--results",
    metavar="FILE",
    default="measurements.jsonl",
    help="Where facts are added (measurements.jsonl).",
)
@format_option("answer")
@click.pass_context
def measure(
    ctx: click.Context,
    /,
    form: str,
    results: str,
    **typed: Any,  # noqa: ANN401 - click's, by option
) -> int:
    """Start the vLLM that is installed here on dummy weights, for one or many layouts.

    Each case is a process of its own with a time limit; cases run side by side where GPUs are
    left. vLLM's options take several values between commas, and every combination is measured.
    What is in the results file already is not measured again. Exit 4 if a case failed.
    """
    # pydantic, numpy and the model's own modules: not for --help
    from planner.runtime.measure import flow
    from planner.runtime.measure.bench import bench as bench_of
    from planner.runtime.measure.gpus import find_gpus
    from planner.runtime.measure.software import find_python, software
    from planner.runtime.process import terminable

    found = _cases(ctx.meta[_GRID], typed)
    python = find_python(typed["python"] or sys.executable)
    with (
        terminable(),
        bench_of(
            python=python,
            software=software(python),
            gpus=find_gpus(typed["gpu_ids"], os.environ),
            results=Path(results),
            environ=os.environ,
        ) as bench,
    ):
        ready = flow.prepare(found, bench, revision=typed["revision"], offline=typed["offline"])
        measured = flow.measure(
            ready,
            bench,
            resume=not typed["no_resume"],
            skip_failed=typed["skip_failed"],
            jobs=typed["jobs"],
            say=lambda text: click.echo(f"planner: {text}", err=True),
        )
    _show(measured, form)
    return _exit_code(measured)


def _cases(theirs: Sequence[Token], typed: dict[str, Any]) -> list[Any]:
    from planner.runtime.measure.case import Case
    from planner.runtime.measure.cases import cases, grid, speed_plan

    speed = speed_plan(
        typed["prefill_tokens"],
        typed["decode_batches"],
        typed["decode_context"],
        typed["repeats"],
        none=typed["no_speed"],
    )
    default = Case(model="", speed=speed, timeout_s=typed["timeout"])
    return cases(typed["model"], grid(theirs), typed["cases"], default)


def _show(measured: Sequence[Measurement], form: str) -> None:
    """Terms and points for people, with what failed and why; everything for programs."""
    from planner.cli.rows import show_one, show_rows

    if form != "table":
        show_one({"measurements": [asdict(each) for each in measured]}, form)
        return
    from planner.runtime.measure import terms

    rows = [terms.terms(each) for each in measured]
    # a machine without GPUs has hardly a term
    told = [name for name in _COLUMNS if any(row[name] is not None for row in rows)]
    show_rows(rows, told, form)
    points = [point for each in measured for point in terms.points(each)]
    if points:
        write("\n")
        show_rows(points, _POINTS, form)
    for each in measured:
        if error := each.end.get("error"):
            write(f"\n{each.name}: {error}\n")


def _exit_code(measured: Sequence[Measurement]) -> ExitCode:
    from planner.runtime.measure.results import MEASURED

    bad = any(each.outcome != MEASURED for each in measured)
    return ExitCode.SERVER_FAILED if bad else ExitCode.OK


COMMAND = measure
