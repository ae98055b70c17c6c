"""Weights that stay in host memory: read over the bus in place, or fetched ahead of their layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.tensors import module_tensors
from planner.units import GIB

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.memory.tensors import Ranks
    from planner.model.modules import Module
    from planner.quant.base import Scheme
    from planner.units import Bools, Ints
    from planner.vllm.arguments import VllmArguments


def offloads(arguments: VllmArguments) -> bool:
    """Whether any weights stay in host memory."""
    return fetches_ahead(arguments) or bool(arguments.cpu_offload_gb)


def fetches_ahead(arguments: VllmArguments) -> bool:
    """Whether layers are copied to the GPU before they run.

    Source: vllm.model_executor.offloader.base.create_offloader (0.33.0)
    """
    return bool(arguments.offload_group_size) and arguments.offload_backend != "uva"


def host_bytes_per_s(grid: Grid) -> float:
    """What the bus from host memory carries: PCIe, or the chip's own link to its CPU.

    A superchip's link is taken to be as fast as one to its neighbours. Infinite where the board
    does not say: host memory is its own.
    """
    board = grid.group.accelerator
    near = board.link if board.form_factor == "superchip" else board.pcie
    return (near and near.bytes_per_s_one_way) or np.inf


def offloaded_bytes(grid: Grid, ranks: Ranks) -> Ints:
    """What of each stage's layers stays in host memory: Int64[rows, stages].

    By size (``--cpu-offload-gb``) whole parameters, so up to one more than is counted here; else
    the last layers of each group.

    Source: vllm.model_executor.offloader.uva.UVAOffloader,
    vllm.model_executor.offloader.prefetch.PrefetchOffloader.wrap_modules (0.33.0)
    Checked: DeepSeek-Coder-V2-Lite with 30 GiB away prints 0.80 GiB: embedding and head.
    """
    if fetches_ahead(grid.arguments):
        return _of_layers(grid, ranks, _fetched_layers(grid))
    counts = grid.kinds.counts(grid.stages.starts, grid.stages.ends)
    most = round((grid.arguments.cpu_offload_gb or 0) * GIB)
    return np.minimum(_of_layers(grid, ranks, counts), most)


def fetch_buffer_bytes(grid: Grid, ranks: Ranks) -> Ints:
    """Buffers that fetched layers are copied to: Int64[rows, stages], 0 where none are fetched.

    For each layer fetched ahead one of every parameter; parameters of one name and size share it.
    Source: vllm.model_executor.offloader.prefetch.StaticBufferPool (0.33.0)
    """
    total = np.zeros(grid.stages.shape, dtype=np.int64)
    if not fetches_ahead(grid.arguments):
        return total
    shared: dict[tuple[str, bytes], tuple[Ints, Bools]] = {}
    for fetched, kind in zip(_fetched_layers(grid), grid.kinds.kinds, strict=True):
        for module, scheme in kind.modules:
            size = _parameter_bytes(grid, module, scheme, ranks)
            key = (module.name, size.tobytes())
            _, before = shared.get(key, (size, np.zeros(total.shape, dtype=np.bool_)))
            shared[key] = size, before | (fetched > 0)
    for size, used in shared.values():
        total += np.where(used, size[:, None], 0)
    return total * (grid.arguments.offload_prefetch_step or 1)


def _fetched_layers(grid: Grid) -> Ints:
    """Layers of each kind that are fetched: Int64[kinds, rows, stages].

    Groups are counted from the first layer of a stage.
    """
    size = grid.arguments.offload_group_size or 1
    resident = size - (grid.arguments.offload_num_in_group or 1)
    layers = np.arange(grid.architecture.num_layers)[:, None, None]
    place = layers - grid.stages.starts
    fetched = (place >= 0) & (layers < grid.stages.ends) & (place % size >= resident)
    of_kind = np.arange(len(grid.kinds.kinds))[:, None] == grid.kinds.kind_of
    counts: Ints = np.tensordot(of_kind.astype(np.int64), fetched.astype(np.int64), axes=1)
    return counts


def _of_layers(grid: Grid, ranks: Ranks, counts: Ints) -> Ints:
    """Parameters of some layers of each kind."""
    total = np.zeros(grid.stages.shape, dtype=np.int64)
    for layers, kind in zip(counts, grid.kinds.kinds, strict=True):
        sizes = (_parameter_bytes(grid, m, scheme, ranks) for m, scheme in kind.modules)
        total += layers * np.sum(list(sizes), axis=0)[:, None]
    return total


def _parameter_bytes(grid: Grid, module: Module, scheme: Scheme, ranks: Ranks) -> Ints:
    """Of a module on a rank: Int64[rows]."""
    size = np.zeros(len(grid.layouts), dtype=np.int64)
    for tensor in module_tensors(module, scheme, ranks):
        if not tensor.buffer:
            size = size + tensor.tensor_bytes * tensor.count
    return size
