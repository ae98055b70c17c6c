"""The engine did not start, and the log does not say why.

What it checks:
    a log that only says that the engine failed.
Why:
    the cause stands further up, in the process that failed first; it was cut off, or no rule
    knows it.

Example:
    the last lines of a longer log.
Fix:
    give the log from its first line on; ``VLLM_LOGGING_LEVEL=DEBUG`` tells more.
Source in vLLM:
    ``vllm.v1.engine.core.EngineCoreProc``
Versions:
    0.8 and later
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN006"
NAME = "engine-did-not-start"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("RuntimeError: Engine core initialization failed. See root cause above.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "Engine core initialization failed",
    "EngineCore failed to start",
    "Engine process failed to start",
)
#: any rule that says why goes before this one
LOG_IS_GENERAL = True
