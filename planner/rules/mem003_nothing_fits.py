"""No layout of the cluster fits.

What it checks:
    some layout that vLLM accepts holds the weights, the overheads and one request.
Why:
    the model is too large for these GPUs as it is. The nearest miss is the valid layout that
    lacks least, and each change that is offered was computed: it fits.

Example:
    a 32B model in 16 bits on four T4s: 61.0 GiB of weights over four budgets of 13.8 GiB.
Fix:
    one of the changes that the finding names.
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.determine_available_memory``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "MEM003"
NAME = "nothing-fits"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "request"
BAD = ("--model Qwen/Qwen2.5-32B-Instruct --gpus 4xT4",)
GOOD = ("--model Qwen/Qwen2.5-32B-Instruct --gpus 8xT4",)
