"""What the profile run of a case takes, and what is kept back for decoding videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.kernel_trial import embedding_trial
from planner.case.term_constants import constants, constants_key
from planner.constants import ROCM, TURING, Constant
from planner.memory.activation import activation_bytes, warm_up_bytes
from planner.memory.encoder_profile import (
    encoder_batch,
    encoder_kept_bytes,
    encoder_peak_bytes,
)
from planner.memory.profile_run import ProfileRun
from planner.memory.sparse_workspace import LOGITS_MB, SparseWorkspace, sparse_workspace
from planner.memory.widths import ExpertKernels, activation_shape
from planner.model.modules import Linear
from planner.quant.unquantized import UNQUANTIZED
from planner.units import GIB
from planner.vllm.environment import FLASHINFER_SAMPLER, INDEXER_LOGITS_MB, number, switch
from planner.vllm.media import decoder_bytes, item_limit, leaves_out
from planner.vllm.speculation import asked_draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.grid import Grid
    from planner.memory.interval import Interval
    from planner.units import Ints


def coupled(grid: Grid) -> Ints:
    """Data-parallel ranks that communicate: those of a model with experts."""
    return np.where(grid.has_experts, grid.layouts.dp, 1)[:, None]


def profiled_bytes(grid: Grid, context_rows: Ints) -> tuple[Interval, Interval]:
    """The profiled peak, and what the warm-up takes beyond it.

    ``context_rows`` is latent attention's context that is made room for: Int64[rows, 1].
    """
    tokens = grid.settings.max_num_batched_tokens
    run = ProfileRun(
        tokens=tokens,
        sequences=grid.settings.max_num_seqs,
        expert_tokens=tokens * coupled(grid),
        constants=_sampling(grid),
        sparse=_sparse(grid),
        context_rows=0 if _unprofiled(grid) else context_rows,
        drafting=bool(asked_draft(grid.arguments)[0]),
        compiled=grid.settings.compilation.compiled,
        plain_products=_plain_products(grid),
        multiprocessors=grid.group.accelerator.compute_units or 0,
        cache_bytes=grid.group.accelerator.l2_cache_bytes or 0,
    )
    shape = activation_shape(
        grid.architecture,
        grid.kinds,
        grid.layouts,
        grid.stages,
        dtype_bytes=grid.settings.dtype_bytes,
        kernels=ExpertKernels(
            capability=grid.settings.capability,
            blackwell_experts=grid.version.blackwell_experts,
        ),
    )
    kept, peak = _encoder(grid)
    activation = activation_bytes(
        shape,
        run,
        first=grid.stages.first,
        last=grid.stages.last,
        encoder_peak=peak,
        encoder_kept=kept,
        trial=embedding_trial(grid),
    )
    return activation, warm_up_bytes(shape, run, activation, last=grid.stages.last)


def _plain_products(grid: Grid) -> bool:
    """Whether some matrix of the layers is left unquantized, a router for one."""
    modules = (pair for kind in grid.kinds.kinds for pair in kind.modules)
    return any(isinstance(module, Linear) and s is UNQUANTIZED for module, s in modules)


def _unprofiled(grid: Grid) -> bool:
    """Whether the model's own attention leaves its context out of the profile run."""
    return grid.architecture.name in grid.version.latent_context_unprofiled


def _sampling(grid: Grid) -> Mapping[str, Constant]:
    """The constants of the profile run, without FlashInfer's sampler where it is switched off.

    Logits are then sampled as on boards that it does not serve.
    Source: vllm.v1.sample.ops.topk_topp_sampler (0.33.0)
    """
    measured = constants(grid, "activation")
    if switch(grid.environment, FLASHINFER_SAMPLER) is not False:
        return measured
    version, _, runner = constants_key(grid)
    without = grid.calibration.term("activation", version, TURING, runner)
    return {**measured, "logit_copies": without["logit_copies"]}


def _sparse(grid: Grid) -> SparseWorkspace:
    settings = grid.settings
    return sparse_workspace(
        grid.architecture,
        grid.version,
        rocm=grid.group.accelerator.platform == ROCM,
        max_model_len=settings.max_model_len,
        tokens=settings.max_num_batched_tokens,
        decode_tokens=settings.max_num_seqs * (1 + settings.speculative_tokens),
        logits_mb=number(grid.environment, INDEXER_LOGITS_MB) or LOGITS_MB,
    )


def _encoder(grid: Grid) -> tuple[Interval | None, Interval | None]:
    """What the encoder leaves while the layers run, and its own peak, where it is profiled."""
    items, settings = grid.encoder_items, grid.settings
    limits = grid.arguments.limit_mm_per_prompt
    if items is None or not grid.architecture.tower or grid.arguments.skip_mm_profiling:
        return None, None
    if grid.runner_v2 and not grid.version.runner_v2_profiles_encoder:
        return None, None
    if leaves_out(limits, items.kinds):
        return None, None
    shown = tuple(kind for kind in items.kinds if item_limit(limits, kind))
    batch = encoder_batch(
        items.of_kinds(shown),
        tokens=settings.max_num_batched_tokens,
        sequences=settings.max_num_seqs,
        max_model_len=settings.max_model_len,
        limit=max(item_limit(limits, kind) for kind in shown),
    )
    measured, dtype_bytes = constants(grid, "activation"), settings.dtype_bytes
    kept = encoder_kept_bytes(
        items, batch, measured, hidden=grid.architecture.hidden_size, dtype_bytes=dtype_bytes
    )
    split = np.ones_like(grid.layouts.tp) if _whole_encoder(grid) else grid.layouts.tp
    peak = encoder_peak_bytes(
        grid.architecture.tower, items, batch, measured, tp=split[:, None], dtype_bytes=dtype_bytes
    )
    return kept, peak


def _whole_encoder(grid: Grid) -> bool:
    """Whether each rank encodes with the whole encoder, some of the items each."""
    return grid.arguments.mm_encoder_tp_mode == "data"


def withheld_bytes(grid: Grid) -> Ints:
    """What is kept back of the KV cache for decoding videos in HTTP processes: Int64[rows, 1].

    The budget of decoded frames is shared by all processes, the decoders' own memory is not. As
    many processes serve as were asked for, else one for each data-parallel rank.
    Source: vllm.multimodal.gpu_ipc_memory.reserve_mm_ipc_gpu_memory, vllm.entrypoints.cli.serve
    (0.33.0)
    """
    arguments = grid.arguments
    if grid.encoder_items is None:
        return np.zeros_like(grid.layouts.dp)[:, None]
    processes = arguments.api_server_count or grid.layouts.dp
    decoders = processes * decoder_bytes(arguments.media_io_kwargs, grid.environment)
    withheld = round((arguments.mm_ipc_gpu_memory_gb or 0) * GIB) + decoders
    return np.broadcast_to(withheld, grid.layouts.dp.shape)[:, None]
