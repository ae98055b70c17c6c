"""What a request comes to, with all that a screen draws, and the layouts to have instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.curves import curves
from planner.describe import describe_hardware
from planner.estimate import answer_of, fixed_case
from planner.explore.change import freed
from planner.explore.knob import SIZES
from planner.explore.ladder import NOTHING_COUNTS, Counts
from planner.explore.load import LoadPoint, load_points
from planner.frozen import frozen
from planner.judged import judge_candidates
from planner.recommend import recommend
from planner.request import require
from planner.resolve import resolve
from planner.shown import best_layouts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner import plan
    from planner.case import Case
    from planner.lookups import Lookups
    from planner.request import Request
    from planner.resolve import Subject


@frozen
class View:
    """One request and its answer."""

    request: Request
    answer: plan.Answer
    """What ``estimate`` says of the request."""
    counts: Counts = NOTHING_COUNTS
    """What holds where the request leaves it open."""
    curves: plan.Curves | None = None
    """How the layout behaves along the length of requests."""
    load: tuple[LoadPoint, ...] = ()
    """How it behaves along the load."""

    @property
    def layout(self) -> plan.Layout | None:
        """The layout that is looked at; None of a bare or refused model."""
        return self.answer.layouts[0] if self.answer.layouts else None


def look(request: Request, environ: Mapping[str, str], lookups: Lookups | None = None) -> View:
    """What a request comes to.

    Raises:
        PlannerError: as ``estimate``.
    """
    require(request, "estimate", gpus=False)
    subject = resolve(request, environ, lookups)
    case = fixed_case(subject)
    answer = answer_of(subject, case)
    if case is None:
        return View(request=request, answer=answer)
    return View(
        request=request,
        answer=answer,
        counts=Counts(effective=_effective(subject, case), largest=_largest(case)),
        curves=curves(case, 0, wanted=True),
        load=load_points(case),
    )


def best(
    request: Request, environ: Mapping[str, str], lookups: Lookups | None = None
) -> tuple[plan.Layout, plan.Hardware] | None:
    """The best layout of those that a request leaves open; None where none fits.

    Raises:
        PlannerError: as ``recommend``.
    """
    require(request, "recommend")
    subject = resolve(replace(request, top=1), environ, lookups)
    judged = [] if subject.refused else [judge_candidates(subject, g) for g in subject.groups]
    found = best_layouts(subject, judged)
    return (found[0], describe_hardware(subject)) if found else None


def others(
    request: Request, environ: Mapping[str, str], lookups: Lookups | None = None
) -> plan.Answer:
    """What ``recommend`` says where the layout is left to it.

    Raises:
        PlannerError: as ``recommend``.
    """
    return recommend(freed(request), environ, lookups)


def _effective(subject: Subject, case: Case) -> dict[str, Any]:
    settings = case.settings
    return {
        **dict.fromkeys((name for name in SIZES if name.endswith("size")), 1),
        "max_model_len": int(case.max_model_len[0]),
        "max_num_seqs": settings.max_num_seqs,
        "max_num_batched_tokens": settings.max_num_batched_tokens,
        "gpu_memory_utilization": settings.gpu_memory_utilization,
        "vllm_version": subject.version.name,
        "kv_cache_dtype": case.kv.dtype,
        "quantization": subject.quantization.method,
    }


def _largest(case: Case) -> dict[str, int]:
    gpus = case.group.gpus
    return {
        "tensor_parallel_size": gpus,
        "pipeline_parallel_size": min(gpus, case.architecture.num_layers),
        "data_parallel_size": gpus,
        "decode_context_parallel_size": int(case.layouts.tp[0]),
        "max_model_len": case.architecture.max_model_len,
    }
