"""A case as the model of speed sees it: what a rank of each row computes and reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.exchange import (
    all_reduces,
    divided_norms,
    exchanges,
    groups,
    hops,
    norm_all_reduces,
)
from planner.case.graphs import graph_plan
from planner.case.offload import fetches_ahead, host_bytes_per_s, offloaded_bytes, offloads
from planner.case.post_load import ranks_of
from planner.case.rates import rates_of, tuning_of
from planner.case.seen import attention, states
from planner.memory.tensors import (
    embedding_shard,
    expert_shard,
    linear_shard,
    module_tensors,
)
from planner.memory.weights import distinct_ranks
from planner.model.layer_kinds import with_schemes
from planner.model.modules import Embedding, Experts, Linear, Weight
from planner.speed.step import Engine
from planner.speed.work import ExpertMatMul, MatMul, Work

#: small kernels of a layer that are no norms
_BESIDE_NORMS = 3
_OF_A_DIVIDED_NORM = 5

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.grid import Grid
    from planner.model.modules import Module
    from planner.quant.base import Scheme
    from planner.units import Floats, IntLike


def engine_of(grid: Grid) -> Engine:
    """The board, its links and what kernels take, for each row."""
    layouts = grid.layouts
    latency, rate = hops(grid)
    return Engine(
        rates=rates_of(grid),
        tuning=tuning_of(grid),
        tensor=groups(grid, layouts.tp),
        shared=groups(grid, layouts.tp * layouts.dp),
        tp=column(layouts.tp),
        dp=column(layouts.dp),
        pp=column(layouts.pp),
        dcp=column(layouts.dcp),
        hop_latency_s=latency,
        hop_bytes_per_s=rate,
        largest_graph=_largest_graph(grid),
        ahead=_ahead(grid),
        host_bytes_per_s=host_bytes_per_s(grid),
    )


def _small_kernels(grid: Grid) -> float:
    """Of all layers: each norm, a rotation, a write to the cache, an activation.

    A norm over heads that ranks divide is not one kernel: squares, their sum over ranks, products.

    Source: vllm.model_executor.layers.mamba.linear_attn.MiniMaxText01RMSNormTP (0.33.0)
    """
    total = 0.0
    counts = grid.kinds.before[:, -1].tolist()
    for kind, count in zip(grid.kinds.kinds, counts, strict=True):
        norms = sum(isinstance(m, Weight) and "norm" in m.name for m, _ in kind.modules)
        parted = divided_norms(kind.modules)
        total += count * (_BESIDE_NORMS + norms + (_OF_A_DIVIDED_NORM - 1) * parted)
    return total


def _ahead(grid: Grid) -> bool:
    asked = grid.arguments.async_scheduling
    return grid.version.async_scheduling if asked is None else asked


def _largest_graph(grid: Grid) -> float:
    if grid.settings.enforce_eager:
        return 0.0
    return float(graph_plan(grid).largest.max())


def work_of(grid: Grid) -> Work:
    """What a step of each row computes, reads and sends."""
    reader = _Reader(grid)
    model = grid.architecture
    return Work(
        matmuls=(*reader.matmuls(), *reader.head(), *reader.drafter()),
        experts=tuple(reader.experts()),
        attention=tuple(attention(grid)),
        states=tuple(states(grid)),
        layers=float(model.num_layers),
        small_kernels=_small_kernels(grid),
        hidden=float(model.hidden_size),
        token_bytes=float(grid.settings.dtype_bytes),
        vocabulary=float(model.padded_vocab),
        all_reduces=all_reduces(grid),
        norm_all_reduces=norm_all_reduces(grid),
        exchanges=exchanges(grid),
        query_tokens=1.0 + grid.settings.speculative_tokens,
        host_bytes=_host_bytes(grid),
        fetched_ahead=fetches_ahead(grid.arguments),
    )


def _host_bytes(grid: Grid) -> Floats | float:
    """Weights of all stages that lie in host memory: Float64[rows, 1]."""
    if not offloads(grid.arguments):
        return 0.0
    return column(offloaded_bytes(grid, ranks_of(grid)).sum(axis=1))


def column(values: IntLike) -> Floats:
    """A column of layouts beside which loads can stand: Float64[rows, 1]."""
    return np.asarray(values, dtype=np.float64)[:, np.newaxis]


class _Reader:
    """Reads modules as the ranks of each row hold them."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        settings = grid.settings
        self._ranks, self._row_of = distinct_ranks(
            grid.layouts, dtype_bytes=settings.dtype_bytes, capability=settings.capability
        )

    def matmuls(self) -> Iterator[MatMul]:
        """Linear layers of the stack; those alike in kernel and shape are one."""
        for module, scheme, count in self._modules():
            if isinstance(module, Linear):
                yield self._linear(module, scheme, count)

    def experts(self) -> Iterator[ExpertMatMul]:
        """Routed experts of the stack."""
        for module, scheme, count in self._modules():
            if isinstance(module, Experts):
                yield self._experts(module, scheme, count)

    def head(self) -> Iterator[MatMul]:
        """The output head."""
        model = self._grid.architecture
        behind = () if model.pooling else (*model.last, *model.every)
        for module, scheme in with_schemes(behind, self._grid.quantization):
            if isinstance(module, Embedding):
                shard = embedding_shard(module, self._ranks)
                yield MatMul(
                    kernel=scheme.kernel,
                    count=1.0,
                    outputs=self._rows(shard.rows),
                    inputs=self._rows(shard.inputs),
                    weight_bytes=self._bytes(module, scheme),
                    sampled=True,
                )

    def drafter(self) -> Iterator[MatMul]:
        """What drafts tokens ahead: it runs once for each of them."""
        grid = self._grid
        drafted = float(grid.settings.speculative_tokens)
        for module, scheme in with_schemes(grid.drafter.modules, grid.quantization):
            if drafted and isinstance(module, Linear):
                yield self._linear(module, scheme, drafted, sampled=True)

    def _modules(self) -> Iterator[tuple[Module, Scheme, float]]:
        counts = self._grid.kinds.before[:, -1].tolist()
        for kind, count in zip(self._grid.kinds.kinds, counts, strict=True):
            for module, scheme in kind.modules:
                yield module, scheme, float(count)

    def _linear(
        self, module: Linear, scheme: Scheme, count: float, *, sampled: bool = False
    ) -> MatMul:
        shard = linear_shard(module, self._ranks)
        return MatMul(
            kernel=scheme.kernel,
            count=count,
            outputs=self._rows(shard.rows),
            inputs=self._rows(shard.inputs),
            weight_bytes=self._bytes(module, scheme),
            sampled=sampled,
        )

    def _experts(self, module: Experts, scheme: Scheme, count: float) -> ExpertMatMul:
        shard = expert_shard(module, self._ranks)
        held = self._rows(shard.experts)
        weights = sum(rows * columns for rows, columns in shard.matrices)
        return ExpertMatMul(
            kernel=scheme.kernel,
            count=count,
            total=float(module.count),
            on_rank=held,
            per_token=float(min(self._grid.architecture.experts_per_token or 1, module.count)),
            weights=self._rows(weights),
            hidden=2.0 * shard.hidden,
            between=self._rows(sum(map(sum, shard.matrices)) - 2 * shard.hidden),
            expert_bytes=self._bytes(module, scheme) / held,
            spread=column((self._grid.layouts.dp > 1).astype(np.int64)),
        )

    def _bytes(self, module: Module, scheme: Scheme) -> Floats:
        """Of a module's parameters."""
        total: IntLike = 0
        for tensor in module_tensors(module, scheme, self._ranks):
            if not tensor.buffer:
                total = total + tensor.tensor_bytes * tensor.count
        return self._rows(total)

    def _rows(self, figure: IntLike) -> Floats:
        """A figure of distinct ranks, or one that all share, for every row."""
        values = np.asarray(figure, dtype=np.float64)
        if not values.ndim:
            return np.full((len(self._row_of), 1), float(values))
        rows: Floats = values[self._row_of][:, np.newaxis]
        return rows
