"""The batch sizes vLLM takes when none are given: they move with the GPU."""

from __future__ import annotations

from planner.frozen import frozen
from planner.units import GIB

LARGEST_MEMORY_BYTES = 160 * GIB
LARGE_MEMORY_BYTES = 70 * GIB
#: below this every prompt is cut into many steps
_SMALLEST_BATCH = 512


@frozen(kw_only=False)
class BatchDefaults:
    """Tokens in a step, and requests at a time, of an OpenAI server."""

    max_num_batched_tokens: int
    max_num_seqs: int


def batch_defaults(memory_bytes: int, device_name: str, tiers: str = "gb10") -> BatchDefaults:
    """The defaults on a GPU of this memory and name.

    ``tiers`` is the version's fact ``batch_tiers``: which boards have defaults of their own.

    Source: vllm.engine.arg_utils.EngineArgs._set_default_args_v1 (0.8.2, 0.8.4, 0.8.5, 0.9.0),
    .get_batch_defaults (0.14.1, 0.28.0, 0.33.0)

    >>> batch_defaults(80 * GIB, "NVIDIA A100-SXM4-80GB")
    BatchDefaults(max_num_batched_tokens=2048, max_num_seqs=256)
    """
    name = device_name.lower()
    if tiers in {"1024", "hopper"}:
        hopper = "h100" in name or "h200" in name
        return BatchDefaults(8192 if hopper else 2048, 1024 if hopper or tiers == "1024" else 256)
    if memory_bytes >= LARGEST_MEMORY_BYTES and tiers in {"b200", "gb10"}:
        return BatchDefaults(16384, 1024)
    small = tiers == "none" or ("gb10" in name and tiers == "gb10")
    small |= "a100" in name and tiers != "memory"
    if memory_bytes >= LARGE_MEMORY_BYTES and not small:
        return BatchDefaults(8192, 1024)
    return BatchDefaults(2048, 256)


def settle_batch(
    defaults: BatchDefaults,
    *,
    max_num_batched_tokens: int | None,
    max_num_seqs: int | None,
    max_model_len: int,
    chunked_prefill: bool = True,
    doubled: bool = False,
    mm_item_tokens: int = 0,
) -> BatchDefaults:
    """What vLLM makes of given and default sizes.

    A default is cut to what the requests can hold, and raised to ``mm_item_tokens``, those of
    the largest image or video where its tokens see each other; a given one stands. ``doubled``
    is ``--performance-mode throughput``.
    Source: vllm.engine.arg_utils.EngineArgs._set_default_max_num_seqs_and_batched_tokens_args
    (0.33.0)
    """
    scale = 2 if doubled else 1
    seqs = max_num_seqs or defaults.max_num_seqs * scale
    tokens = max_num_batched_tokens
    if tokens is None:
        tokens = defaults.max_num_batched_tokens * scale
        if not chunked_prefill:
            tokens = max(tokens, max_model_len)
        tokens = max(tokens, mm_item_tokens)
        tokens = min(tokens, seqs * max_model_len)
    if max_num_seqs is None:
        seqs = min(seqs, tokens)
    return BatchDefaults(tokens, seqs)


def smaller_batch(max_num_batched_tokens: int | None) -> dict[str, int]:
    """Half the batch, by vLLM's name; nothing where that would be too small to serve well."""
    half = (max_num_batched_tokens or 0) // 2
    return {"max_num_batched_tokens": half} if half >= _SMALLEST_BATCH else {}
