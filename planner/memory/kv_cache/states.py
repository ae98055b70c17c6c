"""What a recurrent layer's state takes, and how many of them a request books."""

from __future__ import annotations

from math import lcm, prod
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.state_cache import (
    GatedDeltaNetState,
    KimiDeltaState,
    Mamba2State,
    ShortConvState,
    StateCache,
)
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.memory.kv_cache.settings import KvCacheSettings

_GDN_CHECKPOINT_TOKENS = 64
"""tokens between the states that FlashInfer's delta-net prefill can store"""
_GDN_HEAD = 128
_KDA_HEAD = 128


@frozen
class StateNeeds:
    """What the states of a model ask of attention's blocks.

    ``page_bytes`` is the largest state of a layer; ``checkpoint_alignment`` is the step, in
    tokens, on which all layers can store a state in the middle of a prefill.
    """

    page_bytes: int
    checkpoint_alignment: int = 1


def state_needs(
    states: Iterable[StateCache], settings: KvCacheSettings, tensor_parallel_size: int
) -> StateNeeds | None:
    """The needs of a model's states; None where it has none."""
    found = list(states)
    if not found:
        return None
    return StateNeeds(
        page_bytes=max(state_bytes(state, settings, tensor_parallel_size) for state in found),
        checkpoint_alignment=_common_alignment(found, settings) or 1,
    )


def state_bytes(state: StateCache, settings: KvCacheSettings, tensor_parallel_size: int) -> int:
    """Bytes of one layer's state on one rank.

    Source: vllm.v1.kv_cache_interface.MambaSpec.page_size_bytes (0.33.0)
    """
    shapes = state.shapes(tensor_parallel_size, settings.speculative_tokens)
    sizes = (DTYPE_BYTES[name] for name in state_dtypes(state, settings))
    return sum(prod(shape) * size for shape, size in zip(shapes, sizes, strict=True))


def state_dtypes(state: StateCache, settings: KvCacheSettings) -> tuple[str, ...]:
    """The dtype of each tensor: the convolution's, then the recurrent state's.

    Source: vllm.model_executor.layers.mamba.mamba_utils.MambaStateDtypeCalculator (0.33.0)
    """
    conv = settings.mamba_cache_dtype
    conv = settings.dtype if conv == "auto" else conv
    asked = settings.mamba_ssm_cache_dtype
    recurrent = (state.state_dtype or conv) if asked == "auto" else asked
    if len(state.shapes(1)) == 1:
        return (conv,)
    return conv, recurrent


def state_blocks(state: StateCache, peers: Iterable[StateCache], settings: KvCacheSettings) -> int:
    """Blocks a request books for one state, whatever its length.

    One; and a second to store it at block boundaries when prefixes are cached, a third where
    prefill stores one on its way; and one for each speculated token. ``peers`` are all
    states of the stage.
    Source: vllm.v1.kv_cache_interface.MambaSpec.max_memory_usage_bytes (0.33.0)
    """
    if not settings.prefix_caching:
        return 1 + settings.speculative_tokens
    return 2 + settings.speculative_tokens + int(_stores_on_the_way(state, peers, settings))


def _stores_on_the_way(
    state: StateCache, peers: Iterable[StateCache], settings: KvCacheSettings
) -> bool:
    """Whether prefill stores a state inside a step.

    Source: get_kv_cache_spec of vllm.model_executor.layers.mamba.mamba_mixer2.MambaMixer2,
    .gdn.qwen_gdn_linear_attn.QwenGatedDeltaNetAttention and
    vllm.models.kimi_k3.nvidia.kda (0.33.0)
    """
    if isinstance(state, Mamba2State):
        return True
    if isinstance(state, GatedDeltaNetState | ShortConvState):
        stores = not isinstance(state, ShortConvState) or state.whole
        return stores and _common_alignment(peers, settings) is not None
    if isinstance(state, KimiDeltaState):
        kernel = state.bounded_gate and state.head_dim == _KDA_HEAD
        return kernel and settings.capability // 10 in (9, 10, 12)
    return False


def _common_alignment(states: Iterable[StateCache], settings: KvCacheSettings) -> int | None:
    """Tokens on whose multiples every layer can store a state; None where one cannot.

    Source: vllm.model_executor.layers.mamba.abstract.get_mamba_prefill_checkpoint_alignment
    (0.33.0)
    """
    steps = [_step(state, settings) for state in states]
    if not all(steps):
        return None
    return lcm(*(step for step in steps if step))


def _step(state: StateCache, settings: KvCacheSettings) -> int | None:
    if isinstance(state, ShortConvState):
        return 1 if state.whole and settings.prefix_caching else None
    return _GDN_CHECKPOINT_TOKENS if _gdn_stores(state, settings) else None


def _gdn_stores(state: StateCache, settings: KvCacheSettings) -> bool:
    """Whether FlashInfer's kernel runs the prefill of a delta net.

    Source: vllm.model_executor.layers.mamba.gdn.qwen_gdn_linear_attn
    ._resolve_gdn_prefill_backend (0.33.0)
    """
    if not isinstance(state, GatedDeltaNetState) or not state.stores_inside_prefill:
        return False
    if not settings.prefix_caching:
        return False
    if settings.capability == 90:  # noqa: PLR2004 - Hopper
        return True
    return settings.capability // 10 in (10, 12) and state.head_k_dim == _GDN_HEAD
