"""What drafts tokens ahead, as a request's options ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import PlannerError
from planner.model.drafter import NO_DRAFTER, Drafter, draft_model, predicting_layers
from planner.model.source import find_model
from planner.vllm.speculation import asked_draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture
    from planner.vllm.arguments import VllmArguments

#: methods that draft without weights on the GPU
_WITHOUT_WEIGHTS = ("ngram", "ngram_gpu", "suffix")


def find_drafter(
    arguments: VllmArguments,
    architecture: Architecture,
    config: Mapping[str, Any],
    *,
    offline: bool,
    environ: Mapping[str, str],
) -> tuple[Drafter, tuple[str, ...]]:
    """The drafter of a model, and notes where it cannot be counted.

    ``config`` is the model's; ``offline`` and ``environ`` as ``find_model`` takes them.

    Source: vllm.config.speculative.SpeculativeConfig.__post_init__ (0.33.0)
    """
    method, model = asked_draft(arguments)
    if method.endswith("mtp"):
        return predicting_layers(architecture, config), ()
    if not model or method in _WITHOUT_WEIGHTS:
        return NO_DRAFTER, ()
    try:
        found = find_model(model, offline=offline, environ=environ)
        drafter = draft_model(found.config, method)
    except PlannerError as error:
        return NO_DRAFTER, (f"the draft model {model} is not counted: {error.message}",)
    like = drafter.read_like
    return drafter, ((f"the draft model {model} is read like a {like}",) if like else ())
