"""A worker process was killed from outside.

What it checks:
    a log in which a worker ended without an error of its own.
Why:
    the host ran out of memory and the kernel killed it, a container met its memory limit, or
    ``/dev/shm`` was full.

Example:
    a checkpoint larger than the host's memory limit while it is read.
Fix:
    more host memory or a higher limit of the container; ``--ipc=host``; ``dmesg`` names what was
    killed.
Source in vLLM:
    ``vllm.v1.executor.multiproc_executor.MultiprocExecutor``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN002"
NAME = "worker-killed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "log"
BAD = ("Worker proc VllmWorker-1 died unexpectedly, shutting down executor.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "died unexpectedly",
    "Bus error",
    "Out of memory: Killed process",
    "OOMKilled",
    r"exit ?code:? -9",
)
