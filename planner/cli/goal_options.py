"""The options that choose: what is wanted besides the load, and what may be bought."""

from __future__ import annotations

import click

from planner.cli.options import group_option, price, several

_POSITIVE = click.FloatRange(min=0, min_open=True)
_REPLICAS = click.IntRange(min=0)

goal = several(
    group_option(
        "workload",
        "--min-throughput",
        type=_POSITIVE,
        metavar="TOKENS",
        help="Output tokens a second that all GPUs must give.",
    ),
    price,
    group_option(
        "money", "--max-cost", type=_POSITIVE, metavar="USD", help="An hour, for all GPUs."
    ),
    group_option(
        "buying, without --gpus and with a load",
        "--among",
        multiple=True,
        metavar="NAME,…",
        help="Boards or node types to choose from (all priced).",
    ),
    group_option(
        "buying, without --gpus and with a load",
        "--growth",
        multiple=True,
        metavar="N,…",
        help="The same for 2, 10, 100 times the load.",
    ),
    group_option(
        "buying, without --gpus and with a load",
        "--spare",
        type=_REPLICAS,
        metavar="N",
        help="Servers beyond the load, for when one fails (0).",
    ),
    group_option(
        "buying, without --gpus and with a load",
        "--surge",
        type=_REPLICAS,
        metavar="N",
        help="Servers more while an update rolls (0).",
    ),
)

pareto = group_option(
    "answer", "--pareto", is_flag=True, help="Throughput per GPU against TPOT, and the knee."
)
