"""When nothing fits: the nearest miss, and the cheapest changes that make it fit, computed."""

from __future__ import annotations

import re
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from planner.choice import best_rows
from planner.errors import PlannerError
from planner.finding import Finding
from planner.frozen import frozen
from planner.hardware.catalog import Catalog
from planner.hardware.cluster import parse_cluster, with_taken
from planner.hardware.lookup import larger_parts
from planner.judged import judge_candidates
from planner.model import catalog
from planner.quant.unquantized import UNQUANTIZED
from planner.resolve import PARTITION, Subject, own_share, resolve
from planner.rules import mem003_nothing_fits as rule
from planner.units import count_text, gib_text
from planner.vllm.arguments import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.case import Case
    from planner.hardware.cluster import NodeGroup
    from planner.judged import Judged
    from planner.request import Request
    from planner.vllm.arguments import VllmArguments

#: sizes whose product is the number of GPUs
_SIZES = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
#: changes that are named, the cheapest first
MOST_NAMED = 4
#: of a GPU, tried where what lies beside vLLM's budget has no room
_LESS_SHARE = 0.05
#: GPUs of one host that are tried
HOST_SIZES = (2, 4, 8, 16)
#: hosts that are tried, as multiples of what there is
MULTIPLES = (2, 3, 4, 6, 8, 16, 32)


@frozen
class Change:
    """Something to do differently; ``words`` says it, ``subject`` is the request then."""

    words: str
    subject: Subject


def nothing_fits(subject: Subject, judged: list[Judged]) -> tuple[Finding, ...]:
    """One finding about the request: what lacks least, and what would make it fit."""
    nearest = max((_nearest(group) for group in judged), default=None, key=lambda miss: miss[0])
    fitting = list(_fitting(subject))[:MOST_NAMED]
    return (
        Finding(
            code=rule.CODE,
            name=rule.NAME,
            severity=rule.SEVERITY,
            origin=rule.ORIGIN,
            message=f"no layout of {subject.source.id} fits on {', '.join(subject.request.gpus)}",
            cause=nearest[1] if nearest else "",
            fix="; or ".join(fitting) if fitting else "use larger GPUs, or more of them",
            source="vllm.v1.worker.gpu_worker.Worker.determine_available_memory",
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
    asked = _sizes(judged.case.arguments)
    there = group.nodes * group.gpus_per_node
    return f"{_typed(asked)} takes {prod(asked.values())} GPUs, and there are {there}"


def _sizes(pinned: VllmArguments) -> dict[str, int]:
    """The parallel sizes that somebody fixed, by name."""
    return {name: size for name in _SIZES if (size := getattr(pinned, name)) is not None}


def _typed(sizes: Mapping[str, int]) -> str:
    return " ".join(f"{OPTIONS[name].flag} {size}" for name, size in sizes.items())


def _fitting(subject: Subject) -> Iterator[str]:
    """The first change of each kind under which some layout fits, in words with that layout."""
    for kind in _kinds(subject):
        for change in kind:
            judged = [judge_candidates(change.subject, group) for group in change.subject.groups]
            best = best_rows(judged, 1, change.subject.request.goal)
            if best:
                case, row = best[0].case, best[0].row
                length = count_text(int(case.max_model_len[row]))
                fits = "fits" if case.fits[row] else "may fit"
                yield f"{change.words} (then {_shape(case, row)} {fits} with {length} tokens)"
                break


def _shape(case: Case, row: int) -> str:
    layouts = case.layouts
    named = {"TP": layouts.tp, "PP": layouts.pp, "DP": layouts.dp}
    above_one = [f"{name}{int(c[row])}" for name, c in named.items() if c[row] > 1]
    sizes = " x ".join(above_one or ["TP1"]) + (" + EP" if layouts.ep[row] else "")
    partition = case.partition(row)
    return f"{sizes} with {PARTITION}={','.join(map(str, partition))}" if partition else sizes


def _kinds(subject: Subject) -> Iterator[Iterator[Change]]:
    """What could be done differently, the cheapest first: options, another checkpoint, GPUs."""
    yield _freed(subject)
    yield _unfixed(subject)
    yield _smaller_overheads(subject)
    if subject.quantization is UNQUANTIZED:
        yield _with_options(subject, "--quantization fp8", quantization="fp8")
    yield _siblings(subject)
    yield _larger_slices(subject)
    yield _more_gpus(subject)


def _freed(subject: Subject) -> Iterator[Change]:
    """The same GPUs without the other processes."""
    taken = max(group.taken_bytes for group in subject.groups)
    if taken:
        alone = with_taken(subject.cluster, 0)
        words = f"end the processes that hold {gib_text(taken)} of each GPU"
        yield Change(words=words, subject=replace(subject, cluster=alone))


def _unfixed(subject: Subject) -> Iterator[Change]:
    """The sizes left to the search."""
    pinned = subject.request.pinned
    if sizes := _sizes(pinned):
        free = replace(pinned, **dict.fromkeys(sizes))  # type: ignore[arg-type]  # by name
        asked = replace(subject.request, pinned=free)
        yield from _resolved(asked, f"leave out {_typed(sizes)}")


def _smaller_overheads(subject: Subject) -> Iterator[Change]:
    share = own_share(subject.request, subject.groups[0])
    if share is not None and share > _LESS_SHARE:
        less = round(share - _LESS_SHARE, 2)
        words = f"--gpu-memory-utilization {less:g}"
        yield from _with_options(subject, words, gpu_memory_utilization=less)
    yield from _with_options(subject, "--enforce-eager", enforce_eager=True)
    yield from _with_options(
        subject, "--max-num-seqs 32 --enforce-eager", max_num_seqs=32, enforce_eager=True
    )


def _with_options(subject: Subject, words: str, **options: object) -> Iterator[Change]:
    """The request with options added, where nobody fixed them."""
    given = subject.request.pinned.given()
    if not any(name in given for name in options):
        pinned = replace(subject.request.pinned, **options)  # type: ignore[arg-type]  # by name
        yield from _resolved(replace(subject.request, pinned=pinned), f"add {words}")


def _siblings(subject: Subject) -> Iterator[Change]:
    """Quantized checkpoints of the same model in the catalogue, the smallest weights first."""
    short = subject.source.id.rsplit("/", 1)[-1]
    pattern = re.compile(re.escape(short) + r"[-.](.*)", re.IGNORECASE)
    for found in catalog.list_models(short):
        if pattern.fullmatch(found.id.rsplit("/", 1)[-1]):
            asked = replace(subject.request, model=found.id)
            for change in _resolved(asked, f"use --model {found.id}"):
                if _same_model(change.subject, subject):
                    yield change


def _same_model(one: Subject, other: Subject) -> bool:
    """Another number format of the same layers."""
    return one.quantization is not UNQUANTIZED and (
        one.known.num_layers == other.known.num_layers
        and one.known.hidden_size == other.known.hidden_size
    )


def _larger_slices(subject: Subject) -> Iterator[Change]:
    """Larger slices of the same board, then all of it."""
    board = subject.groups[0].accelerator
    for name in larger_parts(Catalog.default(), board):
        cluster = parse_cluster(name)
        yield Change(words=f"use --gpus {name}", subject=replace(subject, cluster=cluster))


def _more_gpus(subject: Subject) -> Iterator[Change]:
    """The same boards in larger numbers: up to a whole host, then more hosts."""
    group = subject.groups[0]
    if group.accelerator.mig_profile:
        return
    largest = max(group.accelerator.reference_gpus_per_node, group.gpus_per_node)
    if group.nodes == 1 and group.node_type is None:
        for gpus in (size for size in HOST_SIZES if group.gpus_per_node < size <= largest):
            yield _with_group(subject, replace(group, gpus_per_node=gpus))
        group = replace(group, gpus_per_node=largest)
    for multiple in MULTIPLES:
        yield _with_group(subject, replace(group, nodes=group.nodes * multiple))


def _with_group(subject: Subject, group: NodeGroup) -> Change:
    """The same request on another group of hosts, with the links such hosts have."""
    cluster = parse_cluster(group.text)
    if group.taken_bytes:
        cluster = with_taken(cluster, group.taken_bytes)
    return Change(words=f"use --gpus {group.text}", subject=replace(subject, cluster=cluster))


def _resolved(request: Request, words: str) -> Iterator[Change]:
    """The change, where what it names can be read."""
    try:
        changed = resolve(replace(request, offline=True), {})
    except PlannerError:
        return
    if not changed.refused:
        yield Change(words=words, subject=changed)
