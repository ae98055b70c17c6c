"""What a board's kernels and links reach: the measured figures that step times are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class GemmRate:
    """Linear layers of one format: seconds at least, operations and bytes a second.

    ``quantizations``: kernels that bring activations into the format before the product, and
    ``quantize_s`` what they take for each value.
    """

    floor_s: float
    flops: float
    bytes_per_s: float
    quantizations: int = 0
    quantize_s: float = 0.0


@frozen
class ExpertsRate:
    """Routed experts of one format.

    ``pair_value_s``: for each value that goes in or out of a product, of a token and an expert.
    """

    floor_s: float
    flops: float
    bytes_per_s: float
    pair_value_s: float = 0.0


@frozen
class AttentionRate:
    """Attention over a cache of one format."""

    decode_floor_s: float
    bytes_per_s: float
    prefill_floor_s: float
    flops: float
    prefill_bytes_per_s: float


@frozen
class Rates:
    """A board's figures.

    Attributes:
        launch_s: a small kernel within a CUDA graph.
        bytes_per_s: of plain kernels (norms, activations).
        gemm, experts: by format of the weights; attention: by whether the cache is fp8.
    """

    launch_s: float
    bytes_per_s: float
    gemm: Mapping[str, GemmRate]
    experts: Mapping[str, ExpertsRate]
    attention: Mapping[bool, AttentionRate]
