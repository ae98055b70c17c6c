"""Variables of vLLM that change what a command takes or whether it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ESTIMATE_GRAPHS = "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS"
RUNNER_V2 = "VLLM_USE_V2_MODEL_RUNNER"
FLASHINFER_SAMPLER = "VLLM_USE_FLASHINFER_SAMPLER"
INDEXER_LOGITS_MB = "VLLM_SPARSE_INDEXER_MAX_LOGITS_MB"
DEEP_GEMM = "VLLM_USE_DEEP_GEMM"
VIDEO_LOADER = "VLLM_VIDEO_LOADER_BACKEND"
MXFP4_MARLIN = "VLLM_MXFP4_USE_MARLIN"
MXFP4_MXFP8 = "VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8"

#: those that a plan follows
ENVIRONMENT = (
    "VLLM_PP_LAYER_PARTITION",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN",
    ESTIMATE_GRAPHS,
    RUNNER_V2,
    FLASHINFER_SAMPLER,
    INDEXER_LOGITS_MB,
    DEEP_GEMM,
    VIDEO_LOADER,
    MXFP4_MARLIN,
    MXFP4_MXFP8,
)


def number(environment: Mapping[str, str], name: str) -> int | None:
    """A variable that vLLM reads as a whole number; None where it is not set.

    Raises:
        UsageError: vLLM's reader would stop at it.
    """
    text = environment.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"{name}={text} is no whole number",
            cause="vLLM reads it with int() and stops",
            fix=f"{name}=0 or {name}=1, or leave it unset",
        ) from None


def switch(environment: Mapping[str, str], name: str) -> bool | None:
    """A variable that vLLM reads as a switch, 0 or 1; None where it is not set.

    Source: vllm.envs.environment_variables, vllm.envs.maybe_convert_bool (0.33.0)

    >>> switch({RUNNER_V2: "0"}, RUNNER_V2), switch({}, RUNNER_V2)
    (False, None)
    """
    value = number(environment, name)
    return None if value is None else bool(value)
