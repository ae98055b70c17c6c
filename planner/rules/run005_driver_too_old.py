"""The NVIDIA driver is too old for this vLLM.

What it checks:
    a log in which CUDA refused the driver.
Why:
    a vLLM wheel or image brings a CUDA runtime, and each runtime has a least driver.

Example:
    an image of CUDA 13 on a driver of CUDA 12.4.
Fix:
    a newer driver, the ``cuda-compat`` package on data-centre boards, or an image of an older CUDA.
Source in vLLM:
    ``vllm.platforms.cuda``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN005"
NAME = "driver-too-old"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("RuntimeError: The NVIDIA driver on your system is too old (found version 12040).",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "NVIDIA driver on your system is too old",
    "CUDA driver version is insufficient",
    "provided PTX was compiled with an unsupported toolchain",
)
