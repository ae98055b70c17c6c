"""A deployment of several names something that cannot be had here.

What it checks:
    that each model of a run can be read: from the catalogue, a cache of this machine, or its hub.
    A lone deployment says the same as an error of the command.
Why:
    what is not judged may be wrong; the rest of the run is judged all the same, and the exit
    code is 3: the same run may succeed elsewhere or later.

Example:
    a gated model in a CI job without ``HF_TOKEN``; any unknown model with ``--offline``.
Fix:
    give the job the token or the network that it lacks.
Source in vLLM:
    none: what this planner can reach
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import ExitCode
from planner.finding import Finding, Origin, Severity

if TYPE_CHECKING:
    from planner.errors import PlannerError
    from planner.finding import Location

CODE = "RUN034"
NAME = "input-out-of-reach"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "file"
#: with which a run ends that found it, and nothing it could not judge for other reasons
EXIT_CODE = ExitCode.UNAVAILABLE
BAD = ("model: some-company/its-own-model\nmax-model-len: 8192\n",)
GOOD = ("model: Qwen/Qwen3-8B\nmax-model-len: 8192\n",)


def out_of_reach(error: PlannerError, place: Location) -> Finding:
    """The error as a finding about its file."""
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        origin=ORIGIN,
        message=error.message,
        cause=error.cause,
        fix=error.fix,
        location=place,
    )
