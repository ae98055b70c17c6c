"""One layout, or the bare model, in full: memory of each stage, KV cache."""

from __future__ import annotations

from typing import Any

import click

from planner.cli import options, workload_options
from planner.cli.command import PlannerCommand
from planner.cli.output import Delivery
from planner.cli.waiting import waiting


@click.command("estimate", cls=PlannerCommand, vllm=True)
@options.subject
@options.storage
@workload_options.workload
@options.price
@options.judgement
@options.answer
@options.show_math
@click.pass_context
def estimate(
    ctx: click.Context,
    /,
    format_: str,
    output: tuple[str, ...],
    fail_on: str,
    **typed: Any,  # noqa: ANN401 - click's, checked by options.asked
) -> int:
    """One layout in full: bytes of each stage and GPU, KV cache; without --gpus the bare model.

    Sizes that are not given are 1, as in vLLM. Exit 1 if it does not fit.
    """
    # numpy, pydantic and the model's own modules: not for --help
    from planner.estimate import estimate as flow
    from planner.request import require

    delivery = Delivery.of(format_, output, fail_on)
    asked = options.asked(ctx, typed)
    require(asked, "estimate", gpus=False)
    with waiting("working out the layout"):
        answer = flow(delivery.asking(asked))
    return delivery.deliver(answer, asked)


COMMAND = estimate
