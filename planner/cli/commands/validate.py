"""What is wrong with a deployment, before it is started."""

from __future__ import annotations

from typing import Any

import click

from planner.cli import options
from planner.cli.command import PlannerCommand, command_words, vllm_arguments
from planner.cli.output import Delivery
from planner.errors import UsageError


@click.command("validate", cls=PlannerCommand, vllm=True, target=True)
@click.argument("targets", nargs=-1, metavar="[TARGET]... [-- vllm serve MODEL ...]")
@options.subject
@options.workload
@options.judgement
@options.answer
@click.pass_context
def validate(
    ctx: click.Context,
    /,
    targets: tuple[str, ...],
    format_: str,
    output: tuple[str, ...],
    fail_on: str,
    **typed: Any,  # noqa: ANN401 - click's, checked by options.asked
) -> int:
    """Findings only, for CI: a plan file, a command after --, or plain options.

    A target's own values count, and its vLLM version's defaults where it is silent.
    """
    # pydantic and the model's own modules: not for --help
    from planner.request import require
    from planner.targets.read import read_targets
    from planner.validate import validate as flow

    delivery = Delivery.of(format_, output, fail_on)
    asked = options.asked(ctx, typed)
    words = command_words(ctx)
    _one_description(ctx, [*targets, *words])
    read = read_targets(targets, words, version=asked.vllm_version)
    if not read:
        require(asked, "validate")
    return delivery.deliver(flow(asked, read))


def _one_description(ctx: click.Context, described: list[str]) -> None:
    """Two descriptions of one deployment are one too many."""
    arguments = vllm_arguments(ctx)
    given = [*arguments.given(), *(flag for flag, _ in arguments.other)]
    if described and given:
        raise UsageError(
            f"{given[0]} is given beside a target that has its own options",
            cause="a target is judged as it stands",
            fix="put the option into the target, or leave the target out",
        )


COMMAND = validate
