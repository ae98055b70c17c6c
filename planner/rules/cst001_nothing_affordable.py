"""No hardware serves the load within the limits.

What it checks:
    of what may be bought, something carries the named load within ``--ttft-ms``, ``--tpot-ms`` and
    ``--max-cost``.
Why:
    a limit that one request alone misses is missed at every load, however many servers share it;
    and what costs more than is asked is not offered.

Example:
    3 ms for each token of a 70B model among L4 boards.
Fix:
    loosen the limit that the finding names, or choose among other boards.
Source in vLLM:
    none: this planner's own model of speed
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "CST001"
NAME = "nothing-affordable"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "request"
BAD = ("--model Qwen/Qwen2.5-32B-Instruct --concurrency 8 --tpot-ms 1 --among L4",)
GOOD = ("--model Qwen/Qwen2.5-32B-Instruct --concurrency 8 --tpot-ms 100 --among L40S",)
