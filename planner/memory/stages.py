"""How layers are divided over pipeline stages: vLLM's own split, or a given one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.layout import Layouts
    from planner.units import Bools, Ints


def vllm_partition(num_layers: int, pipeline_parallel_size: int) -> tuple[int, ...]:
    """Layers of each stage as vLLM divides them when ``VLLM_PP_LAYER_PARTITION`` is unset.

    The remainder goes one layer each to the stages counted back from the last but one.
    Source: vllm.distributed.utils.get_pp_indices (0.33.0)

    >>> vllm_partition(61, 2), vllm_partition(64, 5)
    ((31, 30), (13, 13, 13, 13, 12))
    """
    base, rest = divmod(num_layers, pipeline_parallel_size)
    sizes = [base] * pipeline_parallel_size
    for back in range(2, rest + 2):
        sizes[-back] += 1
    return tuple(sizes)


@frozen(slots=False)
class Stages:
    """The stages of each layout: Int64[rows, stages], stages that a row lacks hold none.

    ``layers`` counts each stage's layers; ``pp`` says how many stages a row has.
    """

    layers: Ints
    pp: Ints

    @classmethod
    def of(cls, layouts: Layouts, num_layers: int) -> Stages:
        """The split vLLM makes of every layout."""
        width = int(layouts.pp.max(initial=1))
        by_size = np.zeros((width + 1, width), dtype=np.int64)
        for size in set(layouts.pp.tolist()):
            by_size[size, :size] = vllm_partition(num_layers, size)
        return cls(layers=by_size[layouts.pp], pp=layouts.pp)

    @classmethod
    def given(cls, partitions: Sequence[tuple[int, ...]]) -> Stages:
        """A split for each row (``VLLM_PP_LAYER_PARTITION``)."""
        pp = np.array([len(partition) for partition in partitions], dtype=np.int64)
        layers = np.zeros((len(pp), int(pp.max(initial=1))), dtype=np.int64)
        for row, partition in enumerate(partitions):
            layers[row, : len(partition)] = partition
        return cls(layers=layers, pp=pp)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and stages."""
        return self.layers.shape[0], self.layers.shape[1]

    @cached_property
    def ends(self) -> Ints:
        """One past each stage's last layer."""
        ends: Ints = np.cumsum(self.layers, axis=1)
        return ends

    @cached_property
    def starts(self) -> Ints:
        """Each stage's first layer."""
        return self.ends - self.layers

    @cached_property
    def exists(self) -> Bools:
        """Whether a row has the stage."""
        mask: Bools = np.arange(self.shape[1])[None, :] < self.pp[:, None]
        return mask

    @cached_property
    def first(self) -> Bools:
        """The stage that holds the embedding."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        mask[:, 0] = True
        return mask

    @cached_property
    def last(self) -> Bools:
        """The stage that holds the head."""
        mask: Bools = np.arange(self.shape[1])[None, :] == self.pp[:, None] - 1
        return mask
