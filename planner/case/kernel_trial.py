"""The trial of the embedding's kernel in a case that compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.term_constants import constants
from planner.memory.interval import Interval
from planner.memory.kernel_trial import embedding_trial_bytes
from planner.model.modules import Buffer, Embedding, Linear
from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import NATIVE_FP8
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.quant.base import Scheme
    from planner.units import Ints

#: torch makes random fp8 numbers from these
_RANDOM_FP8_BYTES = DTYPE_BYTES["float16"] + DTYPE_BYTES["float8_e4m3fn"]


def embedding_trial(grid: Grid) -> Interval:
    """What it takes on the first stage: Interval[rows, stages], 0 where nothing is tried.

    Pictures are put among the embedded tokens before the compiled code starts, so that models
    with an encoder embed outside; and a model without a rotary table has nothing to join.
    """
    embedding = _embedding(grid)
    nothing = Interval.exact(np.zeros(grid.stages.shape, dtype=np.int64))
    if embedding is None or not grid.settings.compilation.compiled:
        return nothing
    if grid.architecture.tower or not _has_rotary_table(grid):
        return nothing
    tp, dtype_bytes = grid.layouts.tp, grid.settings.dtype_bytes
    row = embedding.hidden * dtype_bytes
    trial = embedding_trial_bytes(
        constants(grid, "activation"),
        table_bytes=np.asarray(embedding.rows_on(tp) * row)[:, None],
        tokens=grid.settings.max_num_batched_tokens,
        outputs_bytes=_outputs_bytes(grid, embedding.hidden)[:, None],
    )
    return trial.where(grid.stages.first)


def _embedding(grid: Grid) -> Embedding | None:
    architecture = grid.architecture
    modules = (*architecture.first, *architecture.ends, *architecture.every)
    return next((module for module in modules if isinstance(module, Embedding)), None)


def _has_rotary_table(grid: Grid) -> bool:
    modules = (module for kind in grid.kinds.kinds for module, _ in kind.modules)
    return any(isinstance(module, Buffer) and module.shared for module in modules)


def _outputs_bytes(grid: Grid, hidden: int) -> Ints:
    """What the kernel writes for a token: Int64[rows].

    The embedded row and its norm, quantized where one scale a token, or a known one, lets the
    same kernel do so. Parts of a divided embedding are summed over ranks first: the row only.
    """
    dtype_bytes = grid.settings.dtype_bytes
    normed = _RANDOM_FP8_BYTES if _quantizes_at_once(grid) else dtype_bytes
    bytes_per_feature = np.where(grid.layouts.tp > 1, dtype_bytes, dtype_bytes + normed)
    return np.asarray(hidden * bytes_per_feature, dtype=np.int64)


def _quantizes_at_once(grid: Grid) -> bool:
    first = grid.kinds.kinds[int(grid.kinds.kind_of[0])]
    schemes = [scheme for module, scheme in first.modules if isinstance(module, Linear)]
    return grid.settings.capability >= NATIVE_FP8 and bool(schemes) and _scaled_by_row(schemes[0])


def _scaled_by_row(scheme: Scheme) -> bool:
    static = isinstance(scheme, Fp8Tensor) and scheme.static_inputs
    return static or isinstance(scheme, Fp8Channel)
