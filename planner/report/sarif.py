"""SARIF 2.1.0, for code scanning: findings with their rules and places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner import __version__
from planner.finding import Severity
from planner.report.parts.findings import NOWHERE, file_of, fingerprints, found, sentence

if TYPE_CHECKING:
    from planner.finding import Edit, Finding, Repair
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES = (".sarif",)
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def render(answer: Answer, page: Page) -> str:
    """One run with every finding; a rule is described once."""
    del page
    findings = found(answer)
    rules = {each.code: each for each in findings}
    order = {code: index for index, code in enumerate(rules)}
    driver = {
        "name": "vllm-planner",
        "semanticVersion": __version__,
        "rules": [_rule(each) for each in rules.values()],
    }
    results = [
        _result(each, order[each.code], mark)
        for each, mark in zip(findings, fingerprints(findings), strict=True)
    ]
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": finding.name.replace("-", " ")},
        "help": {"text": f"planner explain {finding.code}"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"origin": finding.origin.value, "source": finding.source},
    }


def _result(finding: Finding, rule: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": sentence(finding)},
        "partialFingerprints": {"planner/v1": fingerprint},
    }
    if finding.location:
        result["locations"] = [_location(finding)]
    if finding.repair and finding.repair.edits and file_of(finding) != NOWHERE:
        result["fixes"] = [_fix(finding, finding.repair)]
    return result


def _fix(finding: Finding, repair: Repair) -> dict[str, Any]:
    """What a viewer offers to change in the file."""
    return {
        "description": {"text": finding.fix},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(file_of(finding))},
                "replacements": [_replacement(edit) for edit in repair.edits],
            }
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        },
        "insertedContent": {"text": edit.text},
    }


def _location(finding: Finding) -> dict[str, Any]:
    place = finding.location
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file_of(finding))}}
    if place and place.line:
        region = {"startLine": place.line}
        if place.column:
            region["startColumn"] = place.column
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if place and place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return location


def _uri(name: str) -> str:
    """A path as a relative reference; what URIs do not take is escaped."""
    from urllib.parse import quote  # only reports of findings need it

    return quote(name.removeprefix("./"))
