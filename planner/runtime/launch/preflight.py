"""What this machine lacks for a deployment, before it is started."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.case.host import HostCase
from planner.errors import RefusedError
from planner.finding import Severity
from planner.rules.base import host_findings
from planner.runtime.host.facts import host_facts
from planner.runtime.host.needs import needs_of, to_download

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.finding import Finding
    from planner.launch.base import Served


def preflight(served: Served, python: str, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the rules say of this machine and what the deployment asks of it, the worst first.

    The hub is asked whether it answers only where the model must be fetched.

    Raises:
        UnavailableError: the Python does not run.
    """
    download_bytes = to_download(served.model, served.layout, environ)
    needs = needs_of(
        served.layout,
        served.group,
        vllm_version=served.vllm_version,
        download_bytes=download_bytes,
    )
    facts = host_facts(python, environ, online=download_bytes is not None)
    return host_findings(HostCase(facts=facts, needs=replace(needs, port=served.port)))


def refuse(findings: tuple[Finding, ...]) -> None:
    """Go no further where one of them is an error.

    Raises:
        RefusedError: with the first of them.
    """
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise RefusedError(
            f"{errors[0].code} {errors[0].message}{more}",
            cause=errors[0].cause,
            fix=f"{errors[0].fix}; --no-preflight starts it all the same",
        )
