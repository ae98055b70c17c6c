"""Ray cannot run vLLM's workers on this kind of device.

What it checks:
    a log in which vLLM refuses Ray for the platform it found.
Why:
    vLLM asks Ray for devices by a name, such as GPU. A platform without such a name, the CPU
    above all, cannot be asked for; where GPUs were expected, vLLM did not find them.

Example:
    ``--distributed-executor-backend ray`` with vLLM built for the CPU.
Fix:
    on the CPU leave out ``--distributed-executor-backend ray``: several hosts run with
    ``--nnodes`` and ``--node-rank``. Where there are GPUs, install the vLLM built for them:
    ``planner doctor`` says what is missing.
Source in vLLM:
    ``vllm.v1.executor.ray_utils.initialize_ray_cluster``, ``vllm.platforms.interface.Platform``
Versions:
    0.8 and later
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN021"
NAME = "platform-without-ray"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("ValueError: current platform cpu does not support ray.",)
GOOD = ("ValueError: Cannot provide a placement group requiring 16 GPUs within 1800 seconds.",)
LOG = (r"current platform .* does not support ray",)
