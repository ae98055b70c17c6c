"""A comment asks for silence about what is not found there.

What it checks:
    with ``--strict``, each code of each comment ``# planner: ignore CODE reason``.
Why:
    what it spoke of was mended, or moved away from it. A comment that stays behind hides the next
    finding of that rule, for a reason that is not its own.

Example:
    ``image: vllm/vllm-openai:v0.33.0  # planner: ignore RUN025 the tag moves``
Fix:
    take the code out of the comment, or move the comment to the line that the finding names.
Source in vLLM:
    none: this planner's own comments
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Finding, Location, Origin, Severity

CODE = "RUN036"
NAME = "suppression-without-effect"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "file"
BAD = (
    """\
# planner: ignore RUN025 the tag moves
model: Qwen/Qwen3-8B
max-model-len: 8192
""",
)
GOOD = (
    """\
# planner: ignore RUN025 the tag moves
services:
  chat:
    image: vllm/vllm-openai:latest
    command: --model Qwen/Qwen3-8B --max-model-len 8192
""",
)


def idle_finding(place: Location, code: str) -> Finding:
    """The comment hides nothing of this rule."""
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        origin=ORIGIN,
        message=f"nothing of {code} is found where a comment asks for silence about it",
        fix=f"take {code} out of the comment",
        location=place,
    )
