"""The formats of CI systems, over one file with findings of every severity."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import UsageError
from planner.finding import Edit, Finding, Location, Origin, Repair, Severity
from planner.plan import Answer
from planner.report import github, gitlab, junit, sarif
from planner.report.base import Page, of_output
from tests.ci_schemas import schema, xml_schema

PAGE = Page()


def finding(severity: Severity, code: str, *, line: int | None = 14, path: str = "a.b") -> Finding:
    return Finding(
        code=code,
        name="a-name",
        severity=severity,
        origin=Origin.VLLM,
        message="100 % wrong: a,b\nand more",
        cause="it is so",
        fix="type <this> & that",
        location=Location(file="deploy/a b.yaml", line=line, column=9, path=path),
    )


def answer(*found: Finding) -> Answer:
    return Answer(command="validate", vllm_version="0.33", findings=found)


EVERY = answer(
    finding(Severity.ERROR, "PAR001"),
    finding(Severity.WARNING, "PAR011"),
    finding(Severity.ADVICE, "HWD005", line=None),
)


def test_sarif_has_each_rule_once_and_each_place() -> None:
    both = answer(finding(Severity.ERROR, "PAR001"), finding(Severity.ERROR, "PAR001", line=20))
    (run,) = json.loads(sarif.render(both, PAGE))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["PAR001"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 0]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "deploy/a%20b.yaml"
    assert place["region"] == {"startLine": 20, "startColumn": 9}


def test_levels_are_sarifs() -> None:
    (run,) = json.loads(sarif.render(EVERY, PAGE))["runs"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]


@pytest.mark.parametrize("found", [EVERY, answer()], ids=["findings", "none"])
def test_sarif_is_valid_by_its_schema(found: Answer) -> None:
    schema("sarif-2.1.0").validate(json.loads(sarif.render(found, PAGE)))


def test_the_schema_of_sarif_refuses_what_is_none() -> None:
    document = json.loads(sarif.render(EVERY, PAGE))
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not schema("sarif-2.1.0").is_valid(document)


@pytest.mark.parametrize("form", [sarif, gitlab])
def test_a_fingerprint_stays_when_lines_move(form: object) -> None:
    def marks(found: Answer) -> list[str]:
        if form is gitlab:
            return [issue["fingerprint"] for issue in json.loads(gitlab.render(found, PAGE))]
        (run,) = json.loads(sarif.render(found, PAGE))["runs"]
        return [r["partialFingerprints"]["planner/v1"] for r in run["results"]]

    one = finding(Severity.ERROR, "PAR001")
    moved = replace(one, location=replace(one.location or Location(file="x"), line=99))
    elsewhere = finding(Severity.ERROR, "PAR001", path="c.d")
    assert marks(answer(one)) == marks(answer(moved))
    assert len(set(marks(answer(one, one, elsewhere)))) == 3


@pytest.mark.parametrize("found", [EVERY, answer()], ids=["findings", "none"])
def test_junit_is_valid_by_jenkins_schema(found: Answer) -> None:
    xml_schema("junit-10").validate(junit.render(found, PAGE))


def test_the_schema_of_junit_refuses_what_is_none() -> None:
    text = junit.render(EVERY, PAGE)
    for wrong in (text.replace("<testcase ", '<testcase line="1" '), text.replace("tests=", "n=")):
        assert not xml_schema("junit-10").is_valid(wrong)


@given(st.text(), st.text())
def test_junit_is_valid_whatever_a_file_is_called_and_says(name: str, said: str) -> None:
    odd = replace(finding(Severity.ERROR, "PAR001"), message=said, location=Location(file=name))
    mild = replace(odd, severity=Severity.ADVICE)
    xml_schema("junit-10").validate(junit.render(answer(odd, mild), PAGE))


def test_junit_fails_a_test_for_an_error_alone() -> None:
    suites = ET.fromstring(junit.render(EVERY, PAGE))  # noqa: S314 - our own text
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.text or "").startswith("deploy/a b.yaml:14: 100 % wrong")
    assert "type <this> & that" in (failure.text or "")


def test_junit_without_findings_passes_one_test() -> None:
    suites = ET.fromstring(junit.render(answer(), PAGE))  # noqa: S314 - our own text
    assert [case.get("name") for case in suites.iter("testcase")] == ["no findings"]


def test_github_escapes_what_its_commands_end_at() -> None:
    first, *_ = github.render(EVERY, PAGE).splitlines()
    assert first.startswith("::error file=deploy/a b.yaml,line=14,col=9,title=PAR001 a-name::")
    assert first.endswith("100 %25 wrong: a,b%0Aand more: it is so; fix: type <this> & that")


def test_gitlab_takes_a_line_even_where_none_is_known() -> None:
    issues = json.loads(gitlab.render(EVERY, PAGE))
    assert [issue["severity"] for issue in issues] == ["critical", "major", "info"]
    assert issues[2]["location"] == {"path": "deploy/a b.yaml", "lines": {"begin": 1}}


def test_a_format_may_be_named_before_its_file() -> None:
    for typed, name, form in (
        ("gitlab:report.json", "report.json", gitlab),
        ("report.sarif", "report.sarif", sarif),
    ):
        found, report = of_output(typed)
        assert (found, report.render(EVERY, PAGE)) == (name, form.render(EVERY, PAGE))
    with pytest.raises(UsageError):
        of_output("nothing:report")


def test_sarif_offers_the_edits_of_a_fix() -> None:
    edit = Edit(line=14, column=9, end_line=15, end_column=1, text="--runner")
    mendable = replace(finding(Severity.ERROR, "VER003"), repair=Repair(edits=(edit,)))
    document = json.loads(sarif.render(answer(mendable), PAGE))
    schema("sarif-2.1.0").validate(document)
    (fix,) = document["runs"][0]["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "deploy/a%20b.yaml"}
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 14, "startColumn": 9, "endLine": 15, "endColumn": 1},
            "insertedContent": {"text": "--runner"},
        }
    ]
