"""The context that latent attention of a case makes room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.latent_context import context_rows
from planner.model.cache import Mla

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.memory.kv_cache.planned import PlannedRows
    from planner.units import Ints


def latent_context_rows(grid: Grid, planned: PlannedRows) -> Ints:
    """Tokens of it: Int64[rows, 1], 0 without latent attention."""
    if not _latents(grid) or grid.version.latent_context == "none":
        return np.zeros((len(grid.layouts), 1), dtype=np.int64)
    return context_rows(
        grid.version.latent_context,
        max_model_len=grid.settings.max_model_len,
        sequences=grid.settings.max_num_seqs,
        block_size=planned.block_size[:, None],
    )


def gathered_latent_bytes(grid: Grid, rows: Ints) -> Ints:
    """Where the latents of that context are gathered: Int64[rows, 1], bytes of a rank.

    Made with the KV cache, after the budget was settled. Ranks that share a context keep their
    own part beside the whole.

    Source: vllm.model_executor.layers.attention.mla_attention.MLACommonMetadataBuilder (0.26.0)
    """
    widest = max((cache.head_size for cache in _latents(grid)), default=0)
    dcp = grid.layouts.dcp[:, None]
    shared = rows + np.where(dcp > 1, rows // dcp, 0)
    gathered: Ints = shared * widest * grid.settings.dtype_bytes
    return gathered


def _latents(grid: Grid) -> list[Mla]:
    return [
        cache
        for layer in grid.architecture.kinds
        for cache in layer.caches
        if isinstance(cache, Mla)
    ]
