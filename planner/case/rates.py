"""What the case's board reaches: its rates times the shares that kernels of its kind reach."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from planner.case.term_constants import constants_key
from planner.constants import term
from planner.hardware.catalog import Catalog
from planner.speed.rates import AttentionRate, ExpertsRate, GemmRate, Rates
from planner.vllm.environment import MXFP4_MARLIN, MXFP4_MXFP8, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.grid import Grid
    from planner.hardware.accelerator import Accelerator
    from planner.hardware.kernels import AttentionKernel, Kernels, MatrixKernel

K = TypeVar("K", bound="MatrixKernel")

#: formats whose products take activations in 8 or 4 bits, with the kernels that bring them there
QUANTIZATIONS = {"fp8": 1, "fp8_block": 2, "nvfp4": 1, "int8": 1, "mxfp8": 1}
#: what a format is computed as where the board has no figures for it, the first that is there
_ALIKE = {
    "fp8": ("fp8", "fp8_block", "bf16"),
    "fp8_block": ("fp8_block", "fp8", "bf16"),
    "mxfp8": ("fp8_block", "fp8", "bf16"),
    "int8": ("int8", "fp8", "bf16"),
    "nvfp4": ("nvfp4", "mxfp4", "int4", "bf16"),
    "mxfp4": ("mxfp4", "int4", "bf16"),
    # the same family of kernels as those of nvfp4, on activations in 8 bits
    MXFP4_MXFP8: ("nvfp4", "mxfp4", "int4", "bf16"),
    MXFP4_MARLIN: ("int4", "bf16"),
    "bf16": ("bf16",),
}
_WEIGHTS_ONLY = ("int4", "bf16")
#: of an activation in 16 bits, and of one that is read so and written in 8
VALUE_BYTES, QUANTIZED_BYTES = 2.0, 3.0
#: operations for each byte of bandwidth of a board whose rate is not recorded, as boards have it
_USUAL_BALANCE = 200.0
#: bandwidth of a board of which nothing is recorded, bytes a second
_USUAL_BYTES_PER_S = 1e12


@cache
def kernels_of(architecture: str) -> Kernels:
    """The figures of a chip generation."""
    return Catalog.default().kernels(architecture)


def tuning_of(grid: Grid) -> Mapping[str, float]:
    """What kernels and the host take in a running engine."""
    found = term("speed", *constants_key(grid))
    return {name: constant.mid for name, constant in found.items()}


def rates_of(grid: Grid) -> Rates:
    """The board's figures for every format that the model has."""
    board = grid.group.accelerator
    kernels = kernels_of(board.architecture)
    formats = {scheme.kernel for kind in grid.kinds.kinds for _, scheme in kind.modules} | {"bf16"}
    width = bandwidth(board)
    plain = nearest(kernels.gemm, "bf16")
    return Rates(
        launch_s=plain.floor_s,
        bytes_per_s=width * plain.stream,
        gemm={name: _gemm(board, kernels, name, width) for name in formats},
        experts={name: _experts(board, kernels, _asked(grid, name), width) for name in formats},
        attention={fp8: _attention(board, kernels, fp8=fp8, width=width) for fp8 in (False, True)},
    )


def bandwidth(board: Accelerator) -> float:
    """Of the memory, bytes a second."""
    return board.hbm_bytes_per_s or _USUAL_BYTES_PER_S


def peak(board: Accelerator, name: str) -> float:
    """Dense operations a second, those of 16 bits where the board has no faster ones."""
    rates = board.dense_flops
    known = (rates.get(each) for each in (name, "bf16", "fp16", "fp32"))
    found = next((rate for rate in known if rate), None)
    return found or _USUAL_BALANCE * bandwidth(board)


def nearest(kernels: tuple[K, ...], name: str) -> K:
    """The figures for a format, or for the one most like it."""
    by_name = {kernel.format: kernel for kernel in kernels}
    return by_name[next(each for each in _ALIKE.get(name, _WEIGHTS_ONLY) if each in by_name)]


def is_native(board: Accelerator, name: str) -> bool:
    """Whether a board computes in a format, rather than unpacking its weights to 16 bits."""
    rates = board.dense_flops
    return {"nvfp4": "fp4", "int8": "int8"}.get(name, "fp8") in rates


def _gemm(board: Accelerator, kernels: Kernels, name: str, width: float) -> GemmRate:
    native = name in QUANTIZATIONS and is_native(board, name)
    found = nearest(kernels.gemm, name if native or name == "bf16" else "int4")
    return GemmRate(
        # alone, a product also launches what quantizes its input: compiled, that is fused
        floor_s=nearest(kernels.gemm, "bf16").floor_s,
        flops=peak(board, found.peak) * found.efficiency,
        bytes_per_s=width * found.stream,
        quantizations=QUANTIZATIONS[name] if native else 0,
        quantize_s=_moved_s(found.quantize_stream, width, QUANTIZED_BYTES) if native else 0.0,
    )


def _experts(board: Accelerator, kernels: Kernels, name: str, width: float) -> ExpertsRate:
    unpacked = name in QUANTIZATIONS and not is_native(board, name)
    found = nearest(kernels.experts, "int4" if unpacked else name)
    return ExpertsRate(
        floor_s=found.floor_s,
        flops=peak(board, found.peak) * found.efficiency,
        bytes_per_s=width * found.stream,
        pair_value_s=_moved_s(found.pair_stream, width, VALUE_BYTES),
    )


def _moved_s(stream: float | None, width: float, value_bytes: float) -> float:
    """Seconds for each value; none where no share of the bandwidth is known."""
    return value_bytes / (width * stream) if stream else 0.0


def _asked(grid: Grid, name: str) -> str:
    """The kernel of a format that vLLM's variables name, or the format itself.

    Source: vllm.model_executor.layers.quantization.mxfp4.get_mxfp4_backend (0.15)
    """
    for variable in (MXFP4_MARLIN, MXFP4_MXFP8):
        if name == "mxfp4" and switch(grid.environment, variable):
            return variable
    return name


def _attention(board: Accelerator, kernels: Kernels, *, fp8: bool, width: float) -> AttentionRate:
    by_name: dict[str, AttentionKernel] = {kernel.format: kernel for kernel in kernels.attention}
    found = by_name.get("fp8" if fp8 else "bf16") or by_name["bf16"]
    return AttentionRate(
        decode_floor_s=found.decode_floor_s,
        bytes_per_s=width * found.stream,
        prefill_floor_s=found.prefill_floor_s,
        flops=peak(board, "bf16") * found.efficiency,
        prefill_bytes_per_s=width * found.prefill_stream,
    )
