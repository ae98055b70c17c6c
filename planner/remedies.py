"""When nothing fits: the nearest miss, and the cheapest changes that make it fit, computed."""

from __future__ import annotations

from itertools import islice
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from planner.case.offload import offloads
from planner.changes import Changes, fixed_sizes, typed
from planner.choice import best_rows
from planner.judged import judge_candidates
from planner.layout import Layouts
from planner.memory.budget import requested_bytes
from planner.resolve import PARTITION, Subject, table
from planner.rules import mem003_nothing_fits as rule
from planner.rules.base import Explanation, stamp
from planner.units import count_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.finding import Finding
    from planner.hardware.cluster import NodeGroup
    from planner.judged import Judged

#: changes that are named, the cheapest first
MOST_NAMED = 4


def nothing_fits(subject: Subject, judged: list[Judged]) -> tuple[Finding, ...]:
    """One finding about the request: what lacks least, and what would make it fit."""
    nearest = max((_nearest(group) for group in judged), default=None, key=lambda miss: miss[0])
    fitting = list(islice(_fitting(subject), MOST_NAMED))
    return (
        stamp(
            rule,
            Explanation(
                message=f"no layout of {subject.source.id} fits on "
                f"{', '.join(subject.request.gpus)}",
                cause=nearest[1] if nearest else "",
                fix="; or ".join(fitting) if fitting else "use larger GPUs, or more of them",
                source="vllm.v1.worker.gpu_worker.Worker.determine_available_memory",
            ),
        ),
    )


def _nearest(judged: Judged) -> tuple[int, str]:
    """The valid layout that lacks least: its margin, bytes, and a sentence."""
    case = judged.case
    if not len(case.layouts):
        return -(2**62), _invalid(judged)
    row = int(np.argmax(case.kv_cache_bytes.mid))
    stage = int(case.tightest_stage[row])
    lacking = int(case.kv_cache_bytes.mid[row])
    weights = int(case.budget.weights_bytes[row, stage])
    margin = (
        f"{gib_text(-lacking, 2)} short" if lacking < 0 else f"only {gib_text(lacking, 2)} left"
    )
    return lacking, (
        f"nearest miss {_shape(case, row)}: {gib_text(weights)} of weights in a budget of "
        f"{gib_text(case.budget.budget_bytes)}, {margin} on stage {stage}"
    )


def _invalid(judged: Judged) -> str:
    """Why nothing can even be built."""
    codes = [code for code, mask in judged.unbuildable.items() if mask.any()]
    if codes:
        return f"no layout is valid: every one breaks {', '.join(codes[:4])}"
    group = judged.case.group
    asked = fixed_sizes(judged.case.arguments)
    there = group.nodes * group.gpus_per_node
    return f"{typed(asked)} takes {prod(asked.values())} GPUs, and there are {there}"


def _fitting(subject: Subject) -> Iterator[str]:
    """The first change of each kind under which some layout fits, in words with that layout."""
    for kind in Changes(subject).kinds():
        for change in kind:
            changed = change.subject
            groups = [group for group in changed.groups if _holds_weights(changed, group)]
            judged = [judge_candidates(changed, group) for group in groups]
            best = best_rows(judged, 1, changed.request.goal) if judged else ()
            if best:
                case, row = best[0].case, best[0].row
                length = count_text(int(case.max_model_len[row]))
                fits = "fits" if case.fits[row] else "may fit"
                yield f"{change.words} (then {_shape(case, row)} {fits} with {length} tokens)"
                break


def _holds_weights(subject: Subject, group: NodeGroup) -> bool:
    """Whether all GPUs of a group hold the weights once: where not, no layout needs to be planned.

    Ranks that share a model hold no less than one that has all of it.
    """
    pinned = subject.request.pinned
    if offloads(pinned):
        return True
    whole = table(subject, group, Layouts.one(tp=1, pp=pinned.pipeline_parallel_size or 1))
    share = whole.settings.gpu_memory_utilization
    room = requested_bytes(group.accelerator.memory_bytes, share)
    held = int(whole.weights.parameter_bytes.sum())
    return held <= room * group.nodes * group.gpus_per_node


def _shape(case: Case, row: int) -> str:
    layouts = case.layouts
    named = {"TP": layouts.tp, "PP": layouts.pp, "DP": layouts.dp}
    above_one = [f"{name}{int(c[row])}" for name, c in named.items() if c[row] > 1]
    sizes = " x ".join(above_one or ["TP1"]) + (" + EP" if layouts.ep[row] else "")
    partition = case.partition(row)
    return f"{sizes} with {PARTITION}={','.join(map(str, partition))}" if partition else sizes
