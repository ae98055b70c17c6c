"""What is bought keeps the limit of further tokens, and lets the first one wait.

What it checks:
    without ``--gpus``, with a load and without ``--ttft-ms``: the first token of the cheapest
    hardware comes later than a second, and twice as late as that of a request alone.
Why:
    the cheapest server that keeps ``--tpot-ms`` is one that is nearly full: its prompts wait for
    those before them. Who reads along sees that wait, and no limit says how long it may be.

Example:
    long prompts and short answers, bought with ``--tpot-ms`` alone.
Fix:
    ``--ttft-ms`` with what is acceptable; the finding says what it is now.
Source in vLLM:
    none: this planner's own model of speed
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "CST005"
NAME = "first-token-comes-late"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "request"
_LOAD = (
    "--model Qwen/Qwen3-8B --input-tokens 16384 --output-tokens 64 --request-rate 20 "
    "--tpot-ms 200 --among L40S"
)
BAD = (_LOAD,)
GOOD = (f"{_LOAD} --ttft-ms 4000", f"{_LOAD} --tpot-ms 60")
#: milliseconds, and times what a request alone waits: earlier than either is not late
LATE_MS, TIMES_ALONE = 1000.0, 2.0
