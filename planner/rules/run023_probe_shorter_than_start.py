"""A probe kills the server before it can have started.

What it checks:
    liveness probes without a startup probe, and startup probes, against the predicted time of a
    start (its middle).
Why:
    Kubernetes restarts a container whose liveness or startup probe fails for as long as it
    allows. A server that loads its weights for minutes is killed each time, and never answers.

Example:
    a liveness probe that allows 30 s on a server that starts in two minutes.
Fix:
    a startup probe whose ``periodSeconds`` times ``failureThreshold`` exceeds the longest start
    that is expected.
Source in vLLM:
    Kubernetes, Configure Liveness, Readiness and Startup Probes;
    ``vllm.entrypoints.openai.api_server`` answers ``/health`` once the engine runs (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import deployment
from planner.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN023"
NAME = "probe-shorter-than-start"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "document"
REPAIR = "safe"
BAD = (deployment("livenessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10}"),)
GOOD = (
    deployment(
        "startupProbe: {httpGet: {path: /health, port: 8000}, failureThreshold: 180}",
        "livenessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10}",
    ),
)

_KILLING = ("startup", "liveness")


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name how long the probe waits and how long a start takes."""
    probes = {probe.kind: probe for probe in document.container.probes}
    # a liveness probe waits until the startup probe has succeeded
    first = next((probes[kind] for kind in _KILLING if kind in probes), None)
    start = document.start
    if first is None or start is None or first.patience_s >= start.mid:
        return
    yield Explanation(
        message=f"the {first.kind} probe kills the server after {duration_text(first.patience_s)}",
        cause=f"it starts in about {duration_text(start.mid)}, at most {duration_text(start.high)}",
        fix=f"a startup probe: periodSeconds: 10, failureThreshold: {int(start.high // 10) + 1}",
        source="Kubernetes, Configure Liveness, Readiness and Startup Probes",
        place=first.place,
        repair=Repair(start_s=int(start.high)),
    )
