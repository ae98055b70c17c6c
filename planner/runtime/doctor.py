"""Doctor: the facts of a machine, what a plan asks of it, and what the rules say of both."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.case.host import HostCase
from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.hardware.host import HostFacts, HostNeeds
from planner.hardware.record import read_record
from planner.rules.base import host_findings
from planner.runtime.calibrate import flow as calibrate
from planner.runtime.calibrate.answer import constants
from planner.runtime.host.facts import host_facts
from planner.runtime.host.needs import needs_of, to_download
from planner.targets.files import read_document
from planner.targets.formats.plan import is_plan, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.finding import Finding
    from planner.runtime.calibrate.flow import Calibrated


@frozen
class Diagnosis:
    """What was found on a machine, and what is wrong with it."""

    host: HostCase
    planned: bool
    """A plan was given: ``host.needs`` is what it asks."""
    findings: tuple[Finding, ...]
    calibration: Calibrated | None
    """What was learnt here; None where the facts are of another machine."""


def examine(
    *,
    python: str = "",
    plan: str | None = None,
    facts: str | None = None,
    online: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Diagnosis:
    """Check this machine, or one whose facts were written down.

    Args:
        python: the Python that runs vLLM, absolute; this one when empty.
        plan: a plan file; its first layout is to run here.
        facts: a file that ``planner doctor --format json`` wrote, on whatever machine.
        online: ask the hub whether it answers.
        environ: the process environment.

    Raises:
        PlannerError: a file cannot be read, or the Python does not run.
    """
    process = os.environ if environ is None else environ
    found = _recorded(facts) if facts else host_facts(python, process, online=online)
    needs = _needs(plan, {} if facts else process) if plan else HostNeeds()
    host = HostCase(facts=found, needs=needs)
    return Diagnosis(
        host=host,
        planned=plan is not None,
        findings=host_findings(host),
        calibration=None if facts else calibrate.known(process),
    )


def _recorded(name: str) -> HostFacts:
    document, _ = read_document(name)
    if not isinstance(document, dict) or document.get("command") != "doctor":
        raise InvalidInputError(
            f"{name} holds no facts of a machine",
            cause="they begin with command: doctor",
            fix=f"planner doctor --format json > {name} on that machine",
        )
    return read_record(HostFacts, _known(document.get("host") or {}), name)


def _needs(name: str, environ: Mapping[str, str]) -> HostNeeds:
    document, lines = read_document(name)
    if not is_plan(document):
        raise InvalidInputError(
            f"{name} is not a plan",
            cause="a plan begins with schema: planner/1",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes one",
        )
    plan = read_answer(name, document, lines)
    if not plan.layouts or not plan.hardware or not plan.hardware.groups or not plan.model:
        raise InvalidInputError(
            f"{name} holds no layout", cause="nothing fitted when it was written"
        )
    layout = plan.layouts[0]
    return needs_of(
        layout,
        plan.hardware.groups[0],
        vllm_version=plan.vllm_version,
        # of another machine nobody knows here what lies in its caches
        download_bytes=to_download(plan.model.id, layout, environ) if environ else None,
    )


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The answer; sizes in whole bytes, times in seconds."""
    host, learnt = diagnosis.host, diagnosis.calibration
    release, runs = host.release, host.newest_release
    return {
        "schema": "planner/1",
        "command": "doctor",
        "host": asdict(host.facts),
        "plan": asdict(host.needs) if diagnosis.planned else None,
        "vllm": {
            "version": host.vllm or None,
            "cuda": host.toolkit.version if host.vllm and host.toolkit else None,
            "release": asdict(release) if release else None,
            "newest_for_this_machine": runs.version if runs else None,
        },
        "calibration": {
            "file": str(learnt.file) if learnt.file else None,
            "constants": constants(learnt.observations),
        }
        if learnt
        else None,
        "findings": [asdict(found) for found in diagnosis.findings],
    }


def _known(value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    """Without what is null: a record has its own words for what nobody knows."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value
