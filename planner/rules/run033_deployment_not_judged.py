"""A file or a deployment of several could not be judged.

What it checks:
    that each file of a run is read, and that its model, its GPUs and its release are known.
    A lone file that fails says the same as an error of the command.
Why:
    what is not judged may be wrong; the rest of the run is judged all the same, and the exit
    code is 2.

Example:
    ``planner validate deploy/`` where one manifest serves a model that nobody knows.
Fix:
    as the finding says; a deployment that is not to be judged gets a comment,
    ``# planner: ignore RUN033 our own model``, above all else in its file.
Source in vLLM:
    none: what this planner can read
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

CODE = "RUN033"
NAME = "deployment-not-judged"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "file"
#: with which a run ends that found it
EXIT_CODE = ExitCode.USAGE
BAD = (
    """\
model: Qwen/Qwen3-8B
max-model-len: 8192
tensor-parallel-size: two # vllm serve takes a number
""",
    """\
services:
  chat:
    image: vllm/vllm-openai:v0.33.0
    command: --model ./weights/of-nobody
""",
)
GOOD = (
    """\
model: Qwen/Qwen3-8B
max-model-len: 8192
tensor-parallel-size: 1
""",
)


def not_judged(error: PlannerError, place: Location) -> Finding:
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
