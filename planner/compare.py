"""The same deployments by two releases of vLLM, and one deployment against another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.difference.between import difference
from planner.errors import UsageError
from planner.review import review
from planner.vllm.version import find_version, newest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.difference.document import Difference
    from planner.policy.policy import Policy
    from planner.request import Request
    from planner.targets.reading import Reading

_BETWEEN = ".."


def releases(typed: str | None) -> tuple[str | None, str] | None:
    """The two releases of ``A..B``, or None where one is named.

    Without a first one each file's own counts, without a second the newest that is known.

    Raises:
        PlannerError: a release that nobody knows, or the same twice.
    """
    if typed is None or _BETWEEN not in typed:
        return None
    first, _, second = typed.partition(_BETWEEN)
    for name in (first, second):
        if name:
            find_version(name)
    if first == (second or newest()):
        raise UsageError(
            f"--vllm-version {typed} names one release twice", fix="--vllm-version 0.21..0.33"
        )
    return first or None, second or newest()


def upgrade(
    request: Request,
    read: Callable[[str | None], Reading],
    policy: Policy,
    span: tuple[str | None, str],
    environ: Mapping[str, str] | None = None,
) -> Difference:
    """What a change of vLLM's release changes for deployments.

    ``read`` reads them with the options that a release takes.

    Raises:
        PlannerError: nothing can be judged.
    """
    answers = [
        review(replace(request, vllm_version=version), read(version), policy, environ)
        for version in span
    ]
    old = f"vLLM {span[0]}" if span[0] else "vLLM as the files name it"
    return difference(answers[0], answers[1], command="validate", old=old, new=f"vLLM {span[1]}")


def compare(
    request: Request,
    readings: tuple[Reading, Reading],
    names: tuple[str, str],
    policy: Policy,
    environ: Mapping[str, str] | None = None,
) -> Difference:
    """What of its deployments one file changes against another.

    Raises:
        PlannerError: one of them cannot be judged.
    """
    answers = [review(request, reading, policy, environ) for reading in readings]
    return difference(answers[0], answers[1], command="diff", old=names[0], new=names[1])
