"""Bytes of weights of each pipeline stage's fullest rank, exact to the byte.

Counted: parameters and buffers as vLLM constructs them, in the checkpoint's number format.
Not counted: what loading adds (``post_load``) and what the allocator rounds (``allocator``).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.layout import distinct_rows
from planner.memory.tensors import Ranks, module_tensors
from planner.model.layer_kinds import LayerKinds, with_schemes
from planner.model.modules import Buffer, Embedding, Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.layout import Layouts
    from planner.memory.stages import Stages
    from planner.model.architecture import Architecture
    from planner.quant.base import Quantization, Scheme
    from planner.units import Bools, IntLike, Ints


class Built(Enum):
    """When a stage builds a group of modules: before its layers, among them, or after."""

    BEFORE = auto()
    LAYERS = auto()
    AFTER = auto()
    SHARED = auto()
    """by the first module that asks for it"""


@frozen
class Group:
    """Modules that go together, and how many times each stage holds them: Int64[rows, stages]."""

    modules: tuple[tuple[Module, Scheme], ...]
    count: Ints | Bools
    built: Built = Built.AFTER


@frozen
class StageTensor:
    """Equal tensors of the fullest rank of each stage.

    ``tensor_bytes`` is Int64[rows]; a stage has those of ``repeats`` groups number ``group``,
    Int64[rows, stages], of which each holds ``each``, Int64[rows].
    """

    tensor_bytes: Ints
    buffer: bool
    module: Module
    group: int
    built: Built
    each: Ints
    repeats: Ints


@frozen
class Weights:
    """Bytes on the fullest rank of each stage: Int64[rows, stages]."""

    parameter_bytes: Ints
    buffer_bytes: Ints

    @property
    def constructed_bytes(self) -> Ints:
        """Parameters and buffers."""
        return self.parameter_bytes + self.buffer_bytes


def weights(tensors: Iterable[StageTensor], stages: Stages) -> Weights:
    """Sum the tensors of each stage.

    Source: vllm.model_executor.model_loader.utils.initialize_model (0.33.0)
    Checked: Llama-3.1-8B TP2 8,030,527,488 parameter bytes.
    """
    sizes = [(tensor, tensor.tensor_bytes) for tensor in tensors]
    return Weights(
        parameter_bytes=on_stages((pair for pair in sizes if not pair[0].buffer), stages),
        buffer_bytes=on_stages((pair for pair in sizes if pair[0].buffer), stages),
    )


def on_stages(sizes: Iterable[tuple[StageTensor, Ints]], stages: Stages) -> Ints:
    """What some bytes of each tensor, Int64[rows], come to on each stage: Int64[rows, stages].

    Those of a group are added up before they are repeated: on many rows and stages that is most
    of the work.
    """
    repeats: dict[int, Ints] = {}
    held: dict[int, Ints] = {}
    for tensor, size in sizes:
        repeats[tensor.group] = tensor.repeats
        held[tensor.group] = held.get(tensor.group, np.int64(0)) + tensor.each * size
    total = np.zeros(stages.shape, dtype=np.int64)
    for group, size in held.items():
        total += repeats[group] * size[:, None]
    return total


def stage_tensors(
    architecture: Architecture,
    quantization: Quantization,
    kinds: LayerKinds,
    layouts: Layouts,
    stages: Stages,
    *,
    dtype_bytes: int,
    capability: int,
    drafter: tuple[Module, ...] = (),
) -> Iterator[StageTensor]:
    """Every tensor of every stage; layouts that divide tensors alike share the arithmetic.

    ``drafter`` are modules that the last stage holds for speculation.
    """
    ranks, row_of = distinct_ranks(layouts, dtype_bytes=dtype_bytes, capability=capability)
    groups = list(_groups(architecture, quantization, kinds, stages))
    groups.append(Group(modules=with_schemes(drafter, quantization), count=stages.last))
    groups += [
        Group(modules=((buffer, scheme),), count=present, built=Built.SHARED)
        for buffer, scheme, present in _shared_buffers(groups)
    ]
    for number, group in enumerate(groups):
        repeats = np.asarray(group.count, dtype=np.int64)
        for module, scheme in group.modules:
            if isinstance(module, Buffer) and module.shared and group.built is not Built.SHARED:
                continue
            for tensor in module_tensors(module, scheme, ranks):
                yield StageTensor(
                    tensor_bytes=_of_rows(tensor.tensor_bytes, row_of),
                    buffer=tensor.buffer,
                    module=module,
                    group=number,
                    built=group.built,
                    each=_of_rows(tensor.count, row_of),
                    repeats=repeats,
                )


def _groups(
    architecture: Architecture, quantization: Quantization, kinds: LayerKinds, stages: Stages
) -> Iterator[Group]:
    for kind, count in zip(kinds.kinds, kinds.counts(stages.starts, stages.ends), strict=True):
        yield Group(modules=kind.modules, count=count, built=Built.LAYERS)
    heads = tuple(m for m in architecture.last if architecture.tied and isinstance(m, Embedding))
    others = tuple(m for m in architecture.last if m not in heads)
    for block in architecture.tower:
        count = np.where(stages.first, np.int64(block.count), np.int64(0))
        encoder = with_schemes(block.modules, quantization)
        yield Group(modules=encoder, count=count, built=Built.BEFORE)
    first = with_schemes(architecture.first, quantization)
    yield Group(modules=first, count=stages.first, built=Built.BEFORE)
    for modules, mask in (
        (architecture.every, stages.exists),
        (architecture.ends, stages.first | stages.last),
        (others, stages.last),
        (heads, stages.last & ~stages.first),
    ):
        yield Group(modules=with_schemes(modules, quantization), count=mask)


def _shared_buffers(groups: list[Group]) -> Iterator[tuple[Buffer, Scheme, Bools]]:
    """Each distinct shared buffer, once on a stage that holds any module with it."""
    present: dict[Buffer, tuple[Scheme, Bools]] = {}
    for group in groups:
        for module, scheme in group.modules:
            if isinstance(module, Buffer) and module.shared:
                here: Bools = np.greater(group.count, 0)
                before = present.get(module)
                present[module] = (scheme, here | before[1] if before else here)
    for buffer, (scheme, mask) in present.items():
        yield buffer, scheme, mask


def distinct_ranks(layouts: Layouts, *, dtype_bytes: int, capability: int) -> tuple[Ranks, Ints]:
    """The layouts that divide tensors differently, and which of them each row is."""
    flags = (layouts.ep.astype(np.int64), (layouts.pp == 1).astype(np.int64))
    columns = [layouts.tp, layouts.moe_tp, layouts.ep_size, *flags]
    first, row_of = distinct_rows(columns)
    one = layouts.take(first)
    ranks = Ranks(
        tp=one.tp,
        moe_tp=one.moe_tp,
        ep_size=one.ep_size,
        expert_parallel=one.ep,
        dtype_bytes=dtype_bytes,
        capability=capability,
        one_stage=one.pp == 1,
    )
    return ranks, row_of


def _of_rows(figure: IntLike, row_of: Ints) -> Ints:
    """A figure of distinct ranks, or one that all share, for every row."""
    if isinstance(figure, np.ndarray) and figure.ndim:
        rows: Ints = figure[row_of]
        return rows
    return np.full(len(row_of), figure, dtype=np.int64)


def kind_bytes(kinds: LayerKinds, layouts: Layouts, *, dtype_bytes: int, capability: int) -> Ints:
    """Parameters of one layer of each kind on a rank: Int64[kinds, rows]."""
    ranks, row_of = distinct_ranks(layouts, dtype_bytes=dtype_bytes, capability=capability)
    total = np.zeros((len(kinds.kinds), len(layouts)), dtype=np.int64)
    for index, kind in enumerate(kinds.kinds):
        for module, scheme in kind.modules:
            for tensor in module_tensors(module, scheme, ranks):
                if not tensor.buffer:
                    total[index] += _of_rows(tensor.tensor_bytes * tensor.count, row_of)
    return total
