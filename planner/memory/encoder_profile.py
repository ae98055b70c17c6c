"""What a multimodal encoder takes during vLLM's profile run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.memory.interval import Interval
from planner.model.modules import Linear, Split
from planner.vllm.media import UNLIMITED

if TYPE_CHECKING:
    from planner.memory.interval import Constants
    from planner.model.architecture import Block
    from planner.model.encoder_items import EncoderItems
    from planner.units import IntLike, Ints


@frozen
class EncoderBatch:
    """The items that the profile run encodes at once.

    Attributes:
        budget_tokens: tokens that a step may encode.
        tokens: those of the items that were made for it.
    """

    budget_tokens: int
    tokens: int


def encoder_batch(
    items: EncoderItems,
    *,
    tokens: int,
    sequences: int,
    max_model_len: int,
    limit: int = UNLIMITED,
) -> EncoderBatch:
    """How much is encoded: as many of the largest items as a step holds, one at least.

    ``tokens`` is max_num_batched_tokens, ``sequences`` max_num_seqs, ``limit`` what a prompt may
    hold (limit_mm_per_prompt).
    Source: vllm.multimodal.encoder_budget.MultiModalBudget, vllm.v1.core.encoder_cache_manager.
    compute_mm_encoder_budget (0.19.1, 0.33.0)
    """
    largest = items.largest(max_model_len) or tokens
    budget = max(tokens, largest)
    per_request = min(max(max_model_len // largest, 1), limit)
    count = max(min(budget // largest, sequences * per_request), 1)
    return EncoderBatch(budget_tokens=budget, tokens=count * largest)


def encoder_kept_bytes(
    items: EncoderItems,
    batch: EncoderBatch,
    constants: Constants,
    *,
    hidden: int,
    dtype_bytes: int,
) -> Interval:
    """What stays while the layers run: the outputs, and on the first runner the pixels: Interval.

    Source: vllm.v1.worker.gpu_model_runner.GPUModelRunner.profile_run (0.19.1), vllm.v1.worker.gpu.
    mm.encoder_runner.EncoderRunner.profile_encoder_cache (0.33.0)
    Checked: Gemma 3 4B, 12B and 27B on an H100 with 0.19 keep 0.23, 0.26 and 0.28 GiB.
    """
    outputs = batch.tokens * items.outputs_per_token * hidden * dtype_bytes
    pixels = batch.tokens * items.patches_per_token * items.elements_per_patch * dtype_bytes
    kept = Interval.product(pixels, constants["kept_pixels"])
    return Interval.exact(outputs) + kept + Interval.product(1, constants["encoder_library_bytes"])


def encoder_peak_bytes(
    tower: tuple[Block, ...],
    items: EncoderItems,
    batch: EncoderBatch,
    constants: Constants,
    *,
    tp: Ints,
    dtype_bytes: int,
) -> Interval:
    """The encoder's own peak: Interval[rows], bytes.

    Pixels, the widest product with what enters the next, and some copies of the patches' states.

    Source: as ``encoder_kept_bytes``; the encoders in vllm.model_executor.models (0.33.0)
    """
    patches = batch.tokens * items.patches_per_token
    widths = [_width(block, tp) for block in tower]
    states = max((_states(block) for block in tower), default=0)
    widest = np.max(np.broadcast_arrays(tp * 0, *widths), axis=0)
    around = Interval.product(states, constants["encoder_copies"])
    return (around + Interval.exact(widest + items.elements_per_patch)).times(patches * dtype_bytes)


def _width(block: Block, tp: Ints) -> Ints:
    """The widest column split and what enters a row split, which live side by side."""
    linears = [m for m in block.modules if isinstance(m, Linear)]
    # projectors see merged patches: their width is shared by several
    if block.count == 1:
        return np.zeros_like(tp)
    out: list[IntLike] = [sum(m.outputs_on(tp)) for m in linears if m.split is Split.COLUMN]
    into: list[IntLike] = [m.inputs_on(tp) for m in linears if m.split is Split.ROW]
    widest = np.max(np.broadcast_arrays(tp * 0, *out), axis=0)
    narrow = np.max(np.broadcast_arrays(tp * 0, *into), axis=0)
    return np.asarray(widest + narrow, dtype=np.int64)


def _states(block: Block) -> int:
    """The width of a patch between layers."""
    rows = [m.inputs for m in block.modules if isinstance(m, Linear) and m.split is Split.COLUMN]
    return min(rows, default=0) if block.count > 1 else 0
