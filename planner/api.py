"""The Python interface: the same options as keywords, the same answer as a document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.request import request, require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from planner.plan import Answer


def recommend(**options: Any) -> Answer:  # noqa: ANN401 - request() checks each by its name
    """Layouts that vLLM accepts and that fit, the best first.

    Args:
        **options: the options of ``planner recommend`` with underscores: ``model``, ``gpus``
            (one text or several), ``input_tokens``, …, and vLLM's own, which fix what they name.

    Raises:
        PlannerError: what the user can mend; ``exit_code`` is the process's.
    """
    from planner.recommend import recommend as flow  # numpy and the model, not before they serve

    asked = request(**options)
    require(asked, "recommend", gpus=not asked.names_load)
    return flow(asked)


def estimate(**options: Any) -> Answer:  # noqa: ANN401
    """One layout in full: bytes of each stage, KV cache; or the bare model without ``gpus``.

    Args:
        **options: as for ``recommend``.

    Raises:
        PlannerError: what the user can mend.
    """
    from planner.estimate import estimate as flow

    asked = request(**options)
    require(asked, "estimate", gpus=False)
    return flow(asked)


def validate(
    *targets: str | PathLike[str],
    command: str | Sequence[str] | None = None,
    config: str | PathLike[str] | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    strict: bool = False,
    **options: Any,  # noqa: ANN401
) -> Answer:
    """What is wrong with deployments before they are started.

    Args:
        *targets: files, folders and patterns.
        command: a ``vllm serve …`` command, as one text or as words.
        config: a ``planner.toml``; none is looked for.
        select: codes of rules, or how they begin, that count; ``ignore``: that do not.
        ignore: as ``select``.
        strict: comments that hide nothing are findings.
        **options: as for ``recommend``; they describe the deployment where no target does.

    Raises:
        PlannerError: what the user can mend.
    """
    from planner.policy.file import check_codes, read_policy
    from planner.policy.policy import Policy
    from planner.review import review
    from planner.targets.reading import read_all

    words = (command,) if isinstance(command, str) else tuple(command or ())
    check_codes((*select, *ignore), "select and ignore")
    policy = read_policy(Path(config)) if config else Policy()
    policy = replace(
        policy,
        select=tuple(select) or policy.select,
        ignore=(*policy.ignore, *ignore),
        strict=strict,
    )
    asked = request(**options)
    asked = replace(asked, allow=(*asked.allow, *policy.allow))
    names = [str(target) for target in targets]
    read = read_all(names, words, version=asked.vllm_version, otherwise=policy.vllm_version)
    if not names and not words:
        require(asked, "validate", gpus=not policy.gpus)
    return review(asked, read, policy)
