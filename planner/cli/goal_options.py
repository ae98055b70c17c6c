"""The options that choose: what is wanted besides the load, and what may be bought."""

from __future__ import annotations

from functools import partial

import click

from planner.cli.options import POSITIVE, group_option, price, several

_REPLICAS = click.IntRange(min=0)
_buying = partial(group_option, "buying, without --gpus and with a load")

goal = several(
    group_option(
        "workload",
        "--min-throughput",
        type=POSITIVE,
        metavar="TOKENS",
        help="Output tokens a second that all GPUs must give.",
    ),
    price,
    group_option(
        "money", "--max-cost", type=POSITIVE, metavar="USD", help="An hour, for all GPUs."
    ),
    _buying(
        "--among",
        multiple=True,
        metavar="NAME,…",
        help="Boards or node types to choose from (all priced).",
    ),
    _buying(
        "--growth",
        multiple=True,
        metavar="N,…",
        help="The same for 2, 10, 100 times the load.",
    ),
    _buying(
        "--spare",
        type=_REPLICAS,
        metavar="N",
        help="Servers beyond the load, for when one fails (0).",
    ),
    _buying(
        "--surge",
        type=_REPLICAS,
        metavar="N",
        help="Servers more while an update rolls (0).",
    ),
)

pareto = group_option(
    "answer", "--pareto", is_flag=True, help="Throughput per GPU against TPOT, and the knee."
)
