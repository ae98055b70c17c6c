"""The Python interface: the same options as keywords, the same answer as a document."""

from __future__ import annotations

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
    require(asked, "recommend")
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
    **options: Any,  # noqa: ANN401
) -> Answer:
    """What is wrong with a deployment before it is started.

    Args:
        *targets: plan files.
        command: a ``vllm serve …`` command, as one text or as words.
        **options: as for ``recommend``; they describe the deployment where no target does.

    Raises:
        PlannerError: what the user can mend.
    """
    from planner.targets.read import read_targets
    from planner.validate import validate as flow

    words = (command,) if isinstance(command, str) else tuple(command or ())
    asked = request(**options)
    read = read_targets([str(t) for t in targets], words, version=asked.vllm_version)
    if not read:
        require(asked, "validate")
    return flow(asked, read)
