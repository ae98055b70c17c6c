"""What could be done differently where nothing fits: options, another checkpoint, other GPUs."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.frozen import frozen
from planner.hardware.cluster import parse_cluster, with_taken
from planner.hardware.lookup import larger_parts
from planner.lookups import Lookups
from planner.model import catalog
from planner.quant.unquantized import UNQUANTIZED
from planner.resolve import Subject, own_share, resolve
from planner.search import LARGEST_ENGINE
from planner.units import gib_text
from planner.vllm.arguments import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.hardware.cluster import NodeGroup
    from planner.request import Request
    from planner.vllm.arguments import VllmArguments

#: sizes whose product is the number of GPUs
_SIZES = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
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


def fixed_sizes(pinned: VllmArguments) -> dict[str, int]:
    """The parallel sizes that somebody fixed, by name."""
    return {name: size for name in _SIZES if (size := getattr(pinned, name)) is not None}


def typed(sizes: Mapping[str, int]) -> str:
    """Sizes as one types them."""
    return " ".join(f"{OPTIONS[name].flag} {size}" for name, size in sizes.items())


class Changes:
    """Changes of a request, which share what they look up."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._lookups = Lookups()

    def kinds(self) -> Iterator[Iterator[Change]]:
        """What could be done differently, the cheapest first: options, another checkpoint, GPUs."""
        yield self._freed()
        yield self._unfixed()
        yield self._smaller_overheads()
        if self._subject.quantization is UNQUANTIZED:
            yield self._with_options("--quantization fp8", quantization="fp8")
        yield self._siblings()
        yield self._larger_slices()
        yield self._more_gpus()

    def _freed(self) -> Iterator[Change]:
        """The same GPUs without the other processes."""
        taken = max(group.taken_bytes for group in self._subject.groups)
        if taken:
            alone = with_taken(self._subject.cluster, 0)
            words = f"end the processes that hold {gib_text(taken)} of each GPU"
            yield Change(words=words, subject=replace(self._subject, cluster=alone))

    def _unfixed(self) -> Iterator[Change]:
        """The sizes left to the search."""
        pinned = self._subject.request.pinned
        if sizes := fixed_sizes(pinned):
            free = replace(pinned, **dict.fromkeys(sizes))  # type: ignore[arg-type]  # by name
            asked = replace(self._subject.request, pinned=free)
            yield from self._resolved(asked, f"leave out {typed(sizes)}")

    def _smaller_overheads(self) -> Iterator[Change]:
        share = own_share(self._subject.request, self._subject.groups[0])
        if share is not None and share > _LESS_SHARE:
            less = round(share - _LESS_SHARE, 2)
            words = f"--gpu-memory-utilization {less:g}"
            yield from self._with_options(words, gpu_memory_utilization=less)
        yield from self._with_options("--enforce-eager", enforce_eager=True)
        yield from self._with_options(
            "--max-num-seqs 32 --enforce-eager", max_num_seqs=32, enforce_eager=True
        )

    def _with_options(self, words: str, **options: object) -> Iterator[Change]:
        """The request with options added, where nobody fixed them."""
        given = self._subject.request.pinned.given()
        if not any(name in given for name in options):
            pinned = replace(self._subject.request.pinned, **options)  # type: ignore[arg-type]  # by name
            yield from self._resolved(replace(self._subject.request, pinned=pinned), f"add {words}")

    def _siblings(self) -> Iterator[Change]:
        """Quantized checkpoints of the same model in the catalogue, the smallest weights first."""
        short = self._subject.source.id.rsplit("/", 1)[-1]
        pattern = re.compile(re.escape(short) + r"[-.](.*)", re.IGNORECASE)
        for found in catalog.list_models(short):
            if pattern.fullmatch(found.id.rsplit("/", 1)[-1]):
                asked = replace(self._subject.request, model=found.id)
                for change in self._resolved(asked, f"use --model {found.id}"):
                    if _same_model(change.subject, self._subject):
                        yield change

    def _larger_slices(self) -> Iterator[Change]:
        """Larger slices of the same board, then all of it."""
        board = self._subject.groups[0].accelerator
        for name in larger_parts(self._lookups.catalog, board):
            cluster = parse_cluster(name)
            yield Change(
                words=f"use --gpus {name}", subject=replace(self._subject, cluster=cluster)
            )

    def _more_gpus(self) -> Iterator[Change]:
        """The same boards in larger numbers: up to a whole host, then more hosts."""
        group = self._subject.groups[0]
        if group.accelerator.mig_profile:
            return
        largest = max(group.accelerator.reference_gpus_per_node, group.gpus_per_node)
        if group.nodes == 1 and group.node_type is None:
            for gpus in (size for size in HOST_SIZES if group.gpus_per_node < size <= largest):
                yield self._with_group(replace(group, gpus_per_node=gpus))
            group = replace(group, gpus_per_node=largest)
        # a search over more GPUs than this finds the same layouts again
        most = max(LARGEST_ENGINE, prod(fixed_sizes(self._subject.request.pinned).values()))
        for fewer, multiple in pairwise((1, *MULTIPLES)):
            if fewer * group.nodes * group.gpus_per_node < most:
                yield self._with_group(replace(group, nodes=group.nodes * multiple))

    def _with_group(self, group: NodeGroup) -> Change:
        """The same request on another group of hosts, with the links such hosts have."""
        cluster = parse_cluster(group.text)
        if group.taken_bytes:
            cluster = with_taken(cluster, group.taken_bytes)
        return Change(
            words=f"use --gpus {group.text}", subject=replace(self._subject, cluster=cluster)
        )

    def _resolved(self, request: Request, words: str) -> Iterator[Change]:
        """The change, where what it names can be read."""
        try:
            changed = resolve(replace(request, offline=True), {}, self._lookups)
        except PlannerError:
            return
        if not changed.refused:
            yield Change(words=words, subject=changed)


def _same_model(one: Subject, other: Subject) -> bool:
    """Another number format of the same layers."""
    return one.quantization is not UNQUANTIZED and (
        one.known.num_layers == other.known.num_layers
        and one.known.hidden_size == other.known.hidden_size
    )
