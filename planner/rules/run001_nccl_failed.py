"""The GPUs could not talk to each other.

What it checks:
    a log with an error of NCCL.
Why:
    NCCL found no way from one rank to another: a network interface that the other host does not
    reach, too little shared memory in a container, mismatched drivers, or a rank that died first.

Example:
    a container without ``--ipc=host`` or a larger ``/dev/shm``.
Fix:
    ``--ipc=host`` (or ``--shm-size``); ``NCCL_SOCKET_IFNAME`` and ``VLLM_HOST_IP`` on several
    hosts; ``NCCL_DEBUG=INFO`` tells more.
Source in vLLM:
    ``vllm.distributed.device_communicators.pynccl``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN001"
NAME = "nccl-failed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("RuntimeError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "NCCL error",
    "NCCL WARN",
    "DistBackendError",
    r"nccl(?:Unhandled|Internal|System|Remote|Invalid)\w*",
)
