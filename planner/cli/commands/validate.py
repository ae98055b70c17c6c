"""What is wrong with a deployment, before it is started."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from planner.cli import differing, fixing, options, workload_options
from planner.cli import policy as policies
from planner.cli.command import PlannerCommand, command_words, vllm_arguments
from planner.cli.output import Delivery
from planner.cli.waiting import waiting
from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan import Answer
    from planner.policy.policy import Policy
    from planner.request import Request
    from planner.targets.reading import Reading


@click.command("validate", cls=PlannerCommand, vllm=True, target=True)
@click.argument("targets", nargs=-1, metavar="[TARGET]... [-- vllm serve MODEL ...]")
@options.subject
@workload_options.workload
@options.judgement
@policies.policy
@fixing.fixes
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
    """Findings only, for CI: files, folders, a command after --, or plain options.

    A target's own values count, and its vLLM version's defaults where it is silent. Folders and
    patterns are searched for plans, manifests and scripts that run vLLM.
    """
    # pydantic and the model's own modules: not for --help
    from planner.request import require

    span = differing.span_of(typed)
    delivery = None if span else Delivery.of(format_, output, fail_on)
    words = command_words(ctx)
    wanted = fixing.Wanted.of({name: typed.pop(name) for name in fixing.NAMES}, [*targets, *words])
    own = {name: typed.pop(name) for name in policies.NAMES}
    wanted.alone(own["write_baseline"], releases=span is not None)
    policy = policies.policy_of(ctx, targets, own)
    asked = policies.allowing(options.asked(ctx, typed), policy)
    _one_description(ctx, [*targets, *words])
    if not targets and not words:
        require(asked, "validate", gpus=not policy.gpus)
    severity = policy.fail_on or fail_on
    if delivery is None:
        found = differing.upgrade_of(asked, (targets, words), policy, span or (None, ""))
        return differing.deliver(found, format_, output, severity)
    judged = _Judged(delivery.asking(asked), policy, own["baseline"], record=own["write_baseline"])
    with waiting("judging deployments"):
        read = judged.read(targets, words)
        answer = judged(read)
    if wanted.diff:
        return fixing.show(wanted, read, answer, judged)
    if wanted.changes:
        answer = fixing.make(wanted, read, answer, judged)
    return replace(delivery, fail_on=severity).deliver(answer, asked)


class _Judged:
    """Reads and judges deployments by one request and one policy, as often as is asked."""

    def __init__(
        self, asked: Request, policy: Policy, baseline: str | None, *, record: bool
    ) -> None:
        self._asked, self._policy = asked, policy
        self._baseline, self._record = baseline, record

    def read(self, targets: Sequence[str], words: Sequence[str]) -> Reading:
        """The deployments that were named."""
        from planner.targets.reading import read_all  # not for --help

        own, otherwise = self._asked.vllm_version, self._policy.vllm_version
        return read_all(targets, words, version=own, otherwise=otherwise)

    def __call__(self, reading: Reading) -> Answer:
        """What is wrong with them, less what the project knows."""
        from planner.review import review  # as above

        answer = review(self._asked, reading, self._policy)
        return policies.known_left_out(answer, self._baseline, write=self._record)


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
