"""The Ray cluster has fewer GPUs than the layout needs.

What it checks:
    a log in which Ray could not place the workers.
Why:
    each rank needs a GPU that Ray knows of and nobody else holds.

Example:
    ``--tensor-parallel-size 16`` with one host of 8 joined.
Fix:
    ``ray start --address HEAD:6379`` on the missing hosts; ``ray status`` lists what there is.
Source in vLLM:
    ``vllm.v1.executor.ray_utils``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN003"
NAME = "ray-cluster-too-small"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "log"
BAD = ("ValueError: Cannot provide a placement group requiring 16 GPUs within 1800 seconds.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "Cannot provide a placement group",
    "exceeds the number of available GPUs in the placement group",
)
