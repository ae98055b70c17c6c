"""A comment that asks for silence does not say about what, or why; it counts for nothing.

What it checks:
    comments ``# planner: ignore CODE[, CODE] reason`` of YAML files and scripts.
Why:
    who reads the file later must be able to tell whether the reason still holds, and a mistyped
    code would hide nothing.

Example:
    ``# planner: ignore RUN025``
Fix:
    ``# planner: ignore RUN025 our mirror serves one release under this tag``, on the line of the
    finding, on a line of its own above it, or above all else for the whole file.
Source in vLLM:
    none: this planner's own comments
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Finding, Location, Origin, Severity

CODE = "RUN035"
NAME = "suppression-without-a-reason"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "file"
BAD = (
    """\
# planner: ignore RUN025
model: Qwen/Qwen3-8B
max-model-len: 8192
""",
    """\
# planner: ignore RUN999 our mirror serves one release under this tag
model: Qwen/Qwen3-8B
max-model-len: 8192
""",
)
GOOD = (
    """\
# planner: ignore RUN025 our mirror serves one release under this tag
model: Qwen/Qwen3-8B
max-model-len: 8192
""",
)


def suppression_finding(place: Location, why: str) -> Finding:
    """The comment counts for nothing, and why."""
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        origin=ORIGIN,
        message="a comment that asks for silence counts for nothing",
        cause=why,
        fix="# planner: ignore CODE[, CODE] reason",
        location=place,
    )
