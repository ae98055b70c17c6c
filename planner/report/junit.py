"""JUnit XML, for CI systems: a test suite a file, a failed test a finding.

Source: junit-10.xsd of Jenkins' xUnit plugin, which has no attribute for the place of a test
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from planner.finding import Severity
from planner.report.parts.findings import file_of, found, line_of, sentence
from planner.report.parts.safe import xml_text

if TYPE_CHECKING:
    from planner.finding import Finding
    from planner.plan import Answer
    from planner.report.base import Page

SUFFIXES = (".xml",)


def render(answer: Answer, page: Page) -> str:
    """Warnings and advice are tests that passed, with their sentence as output."""
    del page
    suites = ET.Element("testsuites", name="planner")
    by_file: dict[str, list[Finding]] = {}
    for each in found(answer):
        by_file.setdefault(file_of(each), []).append(each)
    for name, findings in by_file.items():
        _suite(suites, name, findings)
    if not by_file:
        _case(_empty(suites, "planner", 1, 0), "no findings", "planner")
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(suites: ET.Element, name: str, findings: list[Finding]) -> None:
    failed = sum(each.severity is Severity.ERROR for each in findings)
    suite = _empty(suites, name, len(findings), failed)
    for each in findings:
        case = _case(suite, f"{each.code} {each.name}", name)
        text = xml_text(f"{name}:{line_of(each)}: {sentence(each)}")
        if each.severity is Severity.ERROR:
            failure = ET.SubElement(case, "failure", message=xml_text(each.message))
            failure.set("type", each.code)
            failure.text = text
        else:
            ET.SubElement(case, "system-out").text = f"{each.severity.value}: {text}"


def _empty(suites: ET.Element, name: str, tests: int, failures: int) -> ET.Element:
    counts = {"tests": tests, "failures": failures, "errors": 0, "skipped": 0}
    attributes = {"name": xml_text(name)} | {k: str(n) for k, n in counts.items()}
    return ET.SubElement(suites, "testsuite", attributes)


def _case(suite: ET.Element, name: str, file: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=name, classname=xml_text(file))
