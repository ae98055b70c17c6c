"""What a stage is built of, as the ranks of each row hold it: the large tensors of every unit."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from planner.memory.caching_allocator import MIN_BLOCK_BYTES, SMALL_REQUEST_BYTES, rounded
from planner.memory.load_order import Move, Table, Unit
from planner.memory.weights import Built
from planner.model.modules import Buffer, Linear
from planner.units import round_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.memory.post_load import Moved
    from planner.memory.weights import StageTensor
    from planner.model.layer_kinds import LayerKinds
    from planner.model.modules import Module
    from planner.units import Bools, IntLike, Ints

_ATTENTION = "att"
"""in the name of a matrix that is built before its layer's rotary table"""

Sizes = tuple[int, ...]


class Units:
    """The units of each group of tensors, worked out when first asked for.

    Args:
        tensors: of every stage's fullest rank.
        kinds: the layers, of which the first groups are.
        rows: one row of each distinct rank, Int64[ranks].
        moved: tensors of each kind of layer that kernels make anew.
    """

    def __init__(
        self,
        tensors: Sequence[StageTensor],
        kinds: LayerKinds,
        rows: Ints,
        moved: Mapping[int, Sequence[tuple[Module, Moved]]],
    ) -> None:
        self._members: dict[int, list[StageTensor]] = defaultdict(list)
        for tensor in tensors:
            self._members[tensor.group].append(tensor)
        self._made = {t.module: t for t in tensors if t.built is Built.SHARED}
        self._kinds = kinds
        self._rows = rows
        self._moved = moved
        self._known: dict[int, list[Unit]] = {}

    def of(self, group: int) -> list[Unit]:
        """A group's unit on each distinct rank."""
        if group not in self._known:
            self._known[group] = self._of(group)
        return self._known[group]

    def _of(self, group: int) -> list[Unit]:
        """Its tables come after the matrices of attention."""
        members = self._members[group]
        attention = [n for n, tensor in enumerate(members) if _is_attention(tensor)]
        end = attention[-1] + 1 if attention else 0
        sizes = [large(t.tensor_bytes[self._rows], t.each[self._rows]) for t in members]
        tables = self._tables(group)
        moved = self._moved.get(group, ())
        return [
            Unit(
                tuple(chain.from_iterable(each[rank] for each in sizes[:end])),
                tuple(table[rank] for table in tables),
                tuple(chain.from_iterable(each[rank] for each in sizes[end:])),
                _moves(members, [each[rank] for each in sizes], row, moved) if moved else (),
            )
            for rank, row in enumerate(self._rows.tolist())
        ]

    def _tables(self, group: int) -> list[list[Table]]:
        """The rotary tables of a layer, each on every distinct rank."""
        layer = self._kinds.kinds[group].modules if group < len(self._kinds.kinds) else ()
        tables = [t for t, _ in layer if isinstance(t, Buffer) and t.shared]
        return [
            [
                Table(table.elements, size // table.elements)
                for size in self._made[table].tensor_bytes[self._rows].tolist()
            ]
            for table in tables
        ]


def _is_attention(tensor: StageTensor) -> bool:
    return isinstance(tensor.module, Linear) and _ATTENTION in tensor.module.name


def large(tensor_bytes: Ints, count: Ints) -> list[Sizes]:
    """Those of a tensor's copies whose block depends on others, as torch rounds them.

    Both Int64[ranks]: bytes of one, and how many a rank holds.

    >>> large(np.array([4096, 2**20 + 1]), np.array([1, 2]))
    [(), (1049088, 1049088)]
    """
    sizes = round_up(tensor_bytes, MIN_BLOCK_BYTES)
    held = np.where(sizes > SMALL_REQUEST_BYTES, count, 0)
    return [(size,) * times for size, times in zip(sizes.tolist(), held.tolist(), strict=True)]


def _moves(
    members: Sequence[StageTensor],
    sizes: Sequence[Sizes],
    row: int,
    moved: Sequence[tuple[Module, Moved]],
) -> tuple[Move, ...]:
    """What a row's kernels make anew; a module's tensors come in the order of its format."""
    places: dict[Module, list[int | None]] = {}
    number = 0
    for tensor, here in zip(members, sizes, strict=True):
        places.setdefault(tensor.module, []).append(number if here else None)
        number += len(here)
    return tuple(
        Move(places[module][each.stored], rounded(_at(each.new_bytes, row)), each.copies)
        for module, each in moved
        if _at(each.moves, row)
    )


def _at(column: IntLike | Bools, row: int) -> int:
    array = np.asarray(column)
    return int(array[row] if array.ndim else array)
