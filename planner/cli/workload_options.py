"""The options that say what the server is to do, and how fast."""

from __future__ import annotations

from functools import partial

import click

from planner.cli.options import COUNT, POSITIVE, group_option, several

_workload = partial(group_option, "workload")

workload = several(
    _workload(
        "--workload",
        metavar="NAME|FILE",
        help="Lengths: chat, code, documents, rag, summarise, reasoning, or a .jsonl.",
    ),
    _workload("--input-tokens", type=COUNT, metavar="N", help="Tokens of a prompt (1024)."),
    _workload(
        "--output-tokens",
        type=COUNT,
        metavar="N",
        help="Tokens of an answer (256).",
    ),
    _workload("--concurrency", type=COUNT, metavar="N", help="Requests at a time."),
    _workload("--request-rate", type=POSITIVE, metavar="RATE", help="Requests a second."),
    _workload(
        "--prefix-cache-hit-rate",
        type=click.FloatRange(0, 1, max_open=True),
        metavar="SHARE",
        help="Of prompt tokens that an earlier prompt began with (0).",
    ),
    _workload(
        "--acceptance-rate",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Of drafted tokens that are accepted (a usual one).",
    ),
    _workload("--arrival", type=click.Choice(["steady", "burst"]), help="How they come."),
    _workload("--num-prompts", type=COUNT, metavar="N", help="Requests of a burst."),
    _workload(
        "--ttft-ms",
        type=POSITIVE,
        metavar="MS",
        help="Longest wait for the first token.",
    ),
    _workload(
        "--tpot-ms",
        type=POSITIVE,
        metavar="MS",
        help="Longest wait for each further token.",
    ),
    _workload(
        "--objective",
        type=click.Choice(["throughput", "latency", "cost", "context"]),
        help="What the best layout is best at (throughput).",
    ),
)
