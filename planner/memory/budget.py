"""What vLLM may take of a GPU, what it takes, and what is left for the KV cache."""

from __future__ import annotations

from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.memory.interval import Interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.units import IntLike, Ints

#: a normal distribution's 10th to 90th percentile is this many deviations either side
_DEVIATIONS_OF_INTERVAL = 1.2816
#: a chance from here on is called certain, one up to what is left of it impossible
CERTAIN = 0.95
#: below the middle by so many deviations lies what has that chance
_DEVIATIONS_OF_CERTAIN = 1.65


def requested_bytes(memory_bytes: int, gpu_memory_utilization: float) -> int:
    """The share of a GPU's total memory vLLM may take.

    Source: vllm.v1.worker.utils.request_memory (0.33.0)

    >>> requested_bytes(1000, 0.95)
    950
    """
    return ceil(memory_bytes * gpu_memory_utilization)


@frozen(slots=False)
class Budget:
    """The memory of the fullest rank of each stage, bytes: Int64[rows, stages].

    budget = weights + activation + graphs + non-torch + KV cache; what lies beside the budget
    (CUDA context, NCCL before vLLM looks) must fit in the rest of the GPU.
    Source: vllm.v1.worker.gpu_worker.Worker.determine_available_memory (0.33.0)

    Attributes:
        memory_bytes: the GPU's total as the CUDA runtime reports it.
        budget_bytes: vLLM's share of it.
        budget_bytes_high: the share where the board reports the most that was read of its kind.
        constructed_bytes: parameters and buffers.
        post_load_bytes: what loading adds to them.
        allocator_bytes: what the allocator's rounding adds.
        before: CUDA context, communicators and other processes, on the GPU before vLLM looks.
        beside: graphs and the warm-up beyond what was set aside for them.
        kv_cache_bytes_fixed: ``--kv-cache-memory-bytes``, which makes the rest moot.
    """

    memory_bytes: int
    budget_bytes: int
    constructed_bytes: Ints
    post_load_bytes: Ints
    allocator_bytes: Ints
    activation: Interval
    graphs: Interval
    non_torch: Interval
    before: Interval
    beside: Interval
    kv_cache_bytes_fixed: IntLike | None = None
    budget_bytes_high: int = 0

    @cached_property
    def weights_bytes(self) -> Ints:
        """What vLLM's line ``Model loading took`` counts."""
        return self.constructed_bytes + self.post_load_bytes + self.allocator_bytes

    @cached_property
    def outside(self) -> Interval:
        """All that lies beside the budget."""
        return self.before + self.beside

    @cached_property
    def taken(self) -> Interval:
        """All that the KV cache is not."""
        overheads = self.activation + self.graphs + self.non_torch
        return Interval.exact(self.weights_bytes) + overheads

    @cached_property
    def kv_cache(self) -> Interval:
        """Left for the KV cache; negative when short. ``low`` is the pessimistic end."""
        if self.kv_cache_bytes_fixed is not None:
            return Interval.exact(np.broadcast_to(self.kv_cache_bytes_fixed, self.taken.shape))
        return Interval.of(
            self.budget_bytes - self.taken.high,
            self.budget_bytes - self.taken.mid,
            max(self.budget_bytes, self.budget_bytes_high) - self.taken.low,
        )

    @cached_property
    def spare(self) -> Interval:
        """What the GPU has beyond vLLM's share and all beside it; negative where capture fails.

        The KV cache fills the share, so graphs that nothing was set aside for, the CUDA context
        and communicators must lie in the rest.
        Source: vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model (0.33.0)
        """
        held = Interval.exact(np.full(self.taken.shape, self.budget_bytes))
        if self.kv_cache_bytes_fixed is not None:
            held = self.taken + Interval.exact(self.kv_cache_bytes_fixed)
        used = held + self.outside
        return Interval.of(*(self.memory_bytes - end for end in (used.high, used.mid, used.low)))

    @cached_property
    def free_bytes(self) -> Ints:
        """Total less budget less what lies beside it."""
        return self.memory_bytes - self.budget_bytes - self.outside.mid


def certain_bytes(size: Interval) -> Ints:
    """What an uncertain size surely has: 19 runs in 20 have more.

    >>> certain_bytes(Interval.of(900, 1000, 1100)).tolist()
    871
    """
    least: Ints = size.mid - _to_certain(size.mid - size.low)
    return least


def certain_limit_bytes(size: Interval) -> Ints:
    """What an uncertain size surely stays below: 19 runs in 20 take less.

    >>> certain_limit_bytes(Interval.of(900, 1000, 1100)).tolist()
    1129
    """
    most: Ints = size.mid + _to_certain(size.high - size.mid)
    return most


def _to_certain(half: Ints) -> Ints:
    scaled: Ints = np.ceil(half * (_DEVIATIONS_OF_CERTAIN / _DEVIATIONS_OF_INTERVAL)).astype(
        np.int64
    )
    return scaled


def probability_positive(low: Ints, mid: Ints, high: Ints) -> npt.NDArray[np.float64]:
    """Chance that a quantity given by its 10th, 50th and 90th percentile is above zero.

    A normal distribution with a deviation of its own on either side of the middle.

    >>> probability_positive(*(np.array([n]) for n in (-5, 10, 20))).round(2).tolist()
    [0.8]
    """
    below = np.maximum(mid - low, 1) / _DEVIATIONS_OF_INTERVAL
    above = np.maximum(high - mid, 1) / _DEVIATIONS_OF_INTERVAL
    return _normal_cdf(mid / np.where(mid >= 0, below, above))


def _normal_cdf(deviations: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The normal distribution function to 3e-4 (Page, Applied Statistics 26, 1977)."""
    x = np.clip(deviations, -8.0, 8.0)
    result: npt.NDArray[np.float64] = 0.5 * (
        1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    )
    return result
