"""Other hardware serves the load for less.

What it checks:
    with ``--objective cost`` and a named load: of all priced hardware, nothing serves the load
    within the limits for less than nine tenths of what the named GPUs cost.
Why:
    both are counted alike: whole nodes, the best layout of each, and prices with a date. What an
    owner pays for GPUs that stand there already is another question: ``--price`` answers it.

Example:
    eight H100 for what one smaller board carries.
Fix:
    the hardware that the finding names; ``planner recommend`` without ``--gpus`` shows more.
Source in vLLM:
    none: this planner's own model of speed
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "CST004"
NAME = "other-hardware-is-cheaper"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "request"
_LOAD = "--model Qwen/Qwen3-8B --concurrency 4 --tpot-ms 100 --objective cost --among L4,L40S"
BAD = (f"{_LOAD} --gpus 8xH100",)
GOOD = (f"{_LOAD} --gpus 1xL4 --price 0.1",)
#: of what the named GPUs cost: what is nearer is as cheap
CLEARLY = 0.9
