"""A difference in every format."""

from __future__ import annotations

import json

import pytest

from planner.difference.document import DeploymentChange, Difference, Figure
from planner.errors import UnknownNameError, UsageError
from planner.finding import Finding, Location, Origin, Severity
from planner.report.base import Page
from planner.report.difference.base import find, formats, of_output
from planner.targets.bounded_yaml import load

FOUND = Finding(
    code="VER003",
    name="option-unknown",
    severity=Severity.ERROR,
    origin=Origin.VLLM,
    message="no --swap-space",
    fix="leave it out",
    location=Location(file="a.yaml", line=3),
)
DIFFERENCE = Difference(
    command="diff",
    old="a",
    new="b",
    deployments=(
        DeploymentChange(
            file="a.yaml",
            part="services.chat",
            model="org/name_it",
            state="changed",
            options=(Figure(name="--task", unit="text", old="generate"),),
            settings=(Figure(name="enforce_eager", unit="text", old=False, new=True),),
            figures=(
                Figure(name="memory.weights_bytes", unit="bytes", old=2**30, new=2**29),
                Figure(name="kv_cache.tokens", unit="tokens", old=1000, new=1500),
                Figure(name="fit.probability", unit="share", old=1.0, new=0.75),
                Figure(name="cost.usd_per_hour", unit="usd", old=None, new=13.72),
                Figure(name="performance.tpot_ms", unit="ms", old=10.0, new=12.5),
                Figure(name="start_up.seconds", unit="s", old=60.0, new=90.0),
            ),
            appeared=(FOUND,),
        ),
        DeploymentChange(file="a.yaml", part="services.x", state="same"),
    ),
)


def test_sentences_of_a_table_keep_within_the_page() -> None:
    lines = find("table").render(DIFFERENCE, Page(width=44)).splitlines()
    at = next(at for at, line in enumerate(lines) if "appeared" in line)
    assert lines[at : at + 2] == [
        "  appeared: error VER003 no --swap-space;",
        "    fix: leave it out",
    ]


def test_a_table_has_a_line_a_figure() -> None:
    text = find("table").render(DIFFERENCE, Page())
    lines = [line.split() for line in text.splitlines()]
    assert ["weights", "1.00", "GiB", "0.50", "GiB", "-0.50", "GiB"] in lines
    assert ["tokens", "in", "the", "KV", "cache", "1,000", "1,500", "+50.0", "%"] in lines
    assert ["option", "--task", "generate", "—"] in lines
    assert ["probability", "that", "it", "fits", "1.00", "0.75", "-0.25"] in lines
    assert "appeared: error VER003 no --swap-space; fix: leave it out" in text
    assert "a.yaml services.x: same" in text
    assert text.endswith("1 of 2 deployments changes: 1 finding appeared, 0 gone\n")
    assert find("table").render(DIFFERENCE, Page(unicode=False)).isascii()


def test_markdown_is_a_table_whose_names_mean_nothing_to_markdown() -> None:
    text = find("markdown").render(DIFFERENCE, Page())
    assert "| weights | 1.00 GiB | 0.50 GiB | -0.50 GiB |" in text
    assert "org/name\\_it" in text
    assert "- appeared: **error VER003** no --swap-space\n  - fix: leave it out" in text
    assert "services.x" not in text


def test_github_has_an_annotation_a_finding_and_a_notice_a_deployment() -> None:
    lines = find("github").render(DIFFERENCE, Page()).splitlines()
    assert lines[0].startswith("::error file=a.yaml,line=3,title=VER003 option-unknown::")
    assert lines[1].startswith("::notice file=a.yaml,title=a.yaml services.chat%3A org/name_it::")
    assert len(lines) == 3


def test_json_and_yaml_hold_the_document() -> None:
    document = DIFFERENCE.model_dump(mode="json")
    assert json.loads(find("json").render(DIFFERENCE, Page())) == document
    assert load("a", find("yaml").render(DIFFERENCE, Page()))[0] == document
    assert document["schema"] == "planner/1"
    assert Difference.model_validate(document) == DIFFERENCE


def test_formats_are_told_by_name_and_suffix() -> None:
    assert formats() == ("github", "json", "markdown", "table", "yaml")
    assert of_output("a.md")[1] is find("markdown")
    assert of_output("github:a.txt") == ("a.txt", find("github"))
    with pytest.raises(UnknownNameError, match="no format of a difference is called sarif"):
        find("sarif")
    with pytest.raises(UsageError, match="suffix") as caught:
        of_output("a.sarif")
    assert caught.value.fix == "-o a.md"


def test_nothing_that_changes_is_said() -> None:
    nothing = Difference(command="diff", old="a", new="b")
    assert find("table").render(nothing, Page()).endswith("nothing changes\n")
