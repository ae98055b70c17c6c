"""Layouts that fit, the best first, with the commands of each."""

from __future__ import annotations

from typing import Any

import click

from planner.cli import goal_options, options, workload_options
from planner.cli.command import PlannerCommand
from planner.cli.output import Delivery
from planner.cli.waiting import waiting


@click.command("recommend", cls=PlannerCommand, vllm=True)
@options.subject
@options.storage
@workload_options.workload
@goal_options.goal
@options.search
@options.judgement
@options.answer
@goal_options.pareto
@click.pass_context
def recommend(
    ctx: click.Context,
    /,
    format_: str,
    output: tuple[str, ...],
    fail_on: str,
    **typed: Any,  # noqa: ANN401 - click's, checked by options.asked
) -> int:
    """Layouts that vLLM accepts and that fit, the best first, with their commands.

    Every option of vLLM that is given is fixed; the others are left to the search.
    """
    # numpy, pydantic and the model's own modules: not for --help
    from planner.recommend import recommend as flow
    from planner.request import require

    delivery = Delivery.of(format_, output, fail_on)
    asked = options.asked(ctx, typed)
    require(asked, "recommend", gpus=not asked.names_load)
    with waiting("trying layouts"):
        answer = flow(delivery.asking(asked))
    return delivery.deliver(answer, asked)


COMMAND = recommend
