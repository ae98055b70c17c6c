"""A GPU ran out of memory.

What it checks:
    a log in which torch could not get memory from the driver.
Why:
    what vLLM does at that moment says whose memory it was: the weights, the profile run's
    temporaries, the CUDA graphs and the sampler's buffers, or the requests.

Example:
    a model whose weights fill the board while they load.
Fix:
    more GPUs or a quantized checkpoint where the weights do not fit; a smaller
    ``--gpu-memory-utilization``, ``--max-num-seqs`` or ``--max-num-batched-tokens`` later on.
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.load_model``, ``determine_available_memory`` and
    ``compile_or_warm_up_model``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.batch_defaults import smaller_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.figures import LogError, LogFacts

CODE = "MEM004"
NAME = "out-of-memory"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "log"
BAD = ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.17 GiB.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    r"OutOfMemoryError: (?:CUDA|HIP) out of memory",
    r"^(?:CUDA|HIP) out of memory",
    r"out of memory occurred when warming up sampler",
)

_WHILE = {
    "start": ("before the weights were loaded: something else holds the memory", ""),
    "load": (
        "while the weights were loaded: they do not fit (MEM001)",
        "more GPUs (--tensor-parallel-size, --pipeline-parallel-size) or a quantized model",
    ),
    "profile": (
        "in the profile run, which passes max_num_batched_tokens tokens through the model",
        "a smaller --max-num-batched-tokens or --max-num-seqs; more GPUs",
    ),
    "capture": (
        "after the KV cache was sized: CUDA graphs and the sampler's buffers lie beside it",
        "a smaller --gpu-memory-utilization, --max-num-seqs, or --enforce-eager",
    ),
    "started": (
        "while it served: what requests need beside the KV cache found no room",
        "a smaller --gpu-memory-utilization",
    ),
}
_WHILE["ready"] = _WHILE["started"]


def explain(error: LogError, facts: LogFacts) -> Explanation:
    """Say whose memory it was, from how far the start had come."""
    del facts
    cause, fix = _WHILE[error.stage]
    return Explanation(message=error.text, cause=cause, fix=fix)


#: what is given back where memory beside vLLM's share ran out
_SHARE_GIVEN_BACK = 0.03


def remedy(facts: LogFacts, now: VllmArguments) -> Mapping[str, Any]:
    """Half the batch in the profile run, a smaller share once the cache was sized."""
    if facts.stage == "profile":
        return smaller_batch(facts.arguments.max_num_batched_tokens)
    share = now.gpu_memory_utilization or facts.arguments.gpu_memory_utilization
    if share is None or facts.stage in {"start", "load"}:
        return {}
    return {"gpu_memory_utilization": round(share - _SHARE_GIVEN_BACK, 2)}
