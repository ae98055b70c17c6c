"""The context of chunked prompts that latent attention brings back to all its heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.units import round_up

if TYPE_CHECKING:
    from planner.units import IntLike, Ints

_REQUESTS = 8
_BLOCKS_OF_A_REQUEST = 4
#: no more where contexts are long
_MOST_ROWS = 64 * 1024


def context_rows(rule: str, *, max_model_len: int, sequences: IntLike, block_size: IntLike) -> Ints:
    """Tokens of context that prompts attend to at once: Int64, rows of the workspace.

    The profile run makes the keys and values of so many tokens, for all of a rank's heads, and
    the latents of as many are kept from then on. Blocks of a model with states are long, so a
    block for each of ``max_num_seqs`` requests, which releases up to 0.27 made room for, can be
    a multiple of the 65,536 that suffice (``rule`` "requests"; "blocks" is one block at least).
    ``sequences`` and ``block_size`` broadcast.

    Source: vllm.model_executor.layers.attention.mla_attention.MLACommonMetadataBuilder.
    determine_chunked_prefill_workspace_size (0.26.0, 0.28.0, 0.33.0)

    >>> int(context_rows("requests", max_model_len=65536, sequences=1024, block_size=1888))
    1933312
    >>> int(context_rows("blocks", max_model_len=65536, sequences=1024, block_size=1888))
    66080
    """
    block = np.asarray(block_size, dtype=np.int64)
    asked = np.maximum(_REQUESTS * max_model_len, _BLOCKS_OF_A_REQUEST * sequences * block)
    rows = np.minimum(asked, _MOST_ROWS)
    if rule == "requests":
        return np.asarray(np.maximum(rows, sequences * block))
    step = np.maximum(block, 1)
    return np.asarray(round_up(np.maximum(rows, block), step))
