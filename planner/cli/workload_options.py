"""The options that say what the server is to do, and how fast."""

from __future__ import annotations

import click

from planner.cli.options import group_option, several

_POSITIVE = click.IntRange(min=1)
_ABOVE_ZERO = click.FloatRange(min=0, min_open=True)

workload = several(
    group_option(
        "workload",
        "--workload",
        metavar="NAME|FILE",
        help="Lengths: chat, rag, summarise, code, reasoning, or a .jsonl of requests.",
    ),
    group_option(
        "workload", "--input-tokens", type=_POSITIVE, metavar="N", help="Tokens of a prompt (1024)."
    ),
    group_option(
        "workload",
        "--output-tokens",
        type=_POSITIVE,
        metavar="N",
        help="Tokens of an answer (256).",
    ),
    group_option(
        "workload", "--concurrency", type=_POSITIVE, metavar="N", help="Requests at a time."
    ),
    group_option(
        "workload", "--request-rate", type=_ABOVE_ZERO, metavar="RATE", help="Requests a second."
    ),
    group_option(
        "workload",
        "--prefix-cache-hit-rate",
        type=click.FloatRange(0, 1, max_open=True),
        metavar="SHARE",
        help="Of prompt tokens that an earlier prompt began with (0).",
    ),
    group_option(
        "workload",
        "--acceptance-rate",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Of drafted tokens that are accepted (a usual one).",
    ),
    group_option(
        "workload", "--arrival", type=click.Choice(["steady", "burst"]), help="How they come."
    ),
    group_option(
        "workload", "--num-prompts", type=_POSITIVE, metavar="N", help="Requests of a burst."
    ),
    group_option(
        "workload",
        "--ttft-ms",
        type=_ABOVE_ZERO,
        metavar="MS",
        help="Longest wait for the first token.",
    ),
    group_option(
        "workload",
        "--tpot-ms",
        type=_ABOVE_ZERO,
        metavar="MS",
        help="Longest wait for each further token.",
    ),
    group_option(
        "workload",
        "--objective",
        type=click.Choice(["throughput", "latency", "cost", "context"]),
        help="What the best layout is best at (throughput).",
    ),
)
