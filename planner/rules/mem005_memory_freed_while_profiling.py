"""Another process gave memory back while vLLM measured its own.

What it checks:
    a log in which less memory was in use after the profile run than before it.
Why:
    vLLM takes what the device lost for its own; a neighbour that ends meanwhile falsifies it,
    and vLLM stops.

Example:
    two servers that start on one GPU at the same time.
Fix:
    start them one after the other, or give each a GPU of its own (``CUDA_VISIBLE_DEVICES``).
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.determine_available_memory``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "MEM005"
NAME = "memory-freed-while-profiling"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("AssertionError: Error in memory profiling. Initial free memory 20.1 GiB, now 22.4 GiB.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = ("Error in memory profiling",)
