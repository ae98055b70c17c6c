"""The examples of CI systems: of the form their systems take, and what bash runs of them passes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from tests.ci.bash_steps import bash, machine
from tests.ci.test_action import ACTION, run
from tests.ci_schemas import schema
from tests.console import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CI = ROOT / "examples" / "ci"


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(CI / name)
    return loaded


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "examples").mkdir(parents=True)
    (folder / "examples" / "plans").symlink_to(ROOT / "examples" / "plans")
    return folder


def passes(script: str, checkout: Path, **variables: str) -> None:
    done = bash(script, checkout, machine(checkout.parent) | variables)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_github_workflow_is_one_and_its_action_passes(checkout: Path) -> None:
    workflow = read("github-workflow.yml")
    schema("github-workflows").validate(workflow)
    steps = workflow["jobs"]["validate"]["steps"]
    (own,) = (step for step in steps if step["uses"] == "./")
    assert set(own["with"]) <= set(ACTION["inputs"])
    inputs = {name.replace("-", "_"): text for name, text in own["with"].items()}
    done = run(checkout, **inputs)
    assert done.code == 0, done.said
    asked = re.findall(rf"steps\.{own['id']}\.outputs\.([\w-]+)", str(steps))
    assert set(asked) <= set(ACTION["outputs"])
    assert (checkout / done.outputs["sarif-file"]).is_file()


def test_the_gitlab_job_is_one_and_writes_its_reports(checkout: Path) -> None:
    pipeline = read("gitlab-ci.yml")
    schema("gitlab-ci").validate(pipeline)
    (job,) = pipeline.values()
    passes("\n".join([*job["before_script"], *job["script"]]), checkout, **job["variables"])
    reports = job["artifacts"]["reports"]
    assert isinstance(json.loads((checkout / reports["codequality"]).read_text("utf-8")), list)
    assert ET.parse(checkout / reports["junit"]).getroot().tag == "testsuites"  # noqa: S314 - ours


def test_the_jenkins_stage_writes_what_junit_reads(checkout: Path) -> None:
    text = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    environment = machine(checkout.parent)
    for script in re.findall(r"sh '''(.*?)'''", text, re.DOTALL):
        done = bash(script, checkout, environment)
        assert done.returncode == 0, done.stderr
    (report,) = re.findall(r"testResults: '(.+?)'", text)
    assert ET.parse(checkout / report).getroot().tag == "testsuites"  # noqa: S314 - ours


def test_the_argo_step_passes(checkout: Path) -> None:
    spec = read("argo-workflow.yaml")["spec"]
    (template,) = spec["templates"]
    assert template["name"] == spec["entrypoint"]
    usual = {
        f"workflow.parameters.{p['name']}": p["value"] for p in spec["arguments"]["parameters"]
    }
    assert set(re.findall(r"\{\{(.+?)\}\}", str(template))) == set(usual)
    assert "{{" not in template["script"]["source"]
    environment = {
        each["name"]: re.sub(r"\{\{(.+?)\}\}", lambda m: usual[m[1]], each["value"])
        for each in template["script"]["env"]
    }
    passes(template["script"]["source"], checkout, **environment)
    (report,) = template["outputs"]["artifacts"]
    assert (checkout / report["path"].removeprefix("/source/")).is_file()


def test_the_tekton_step_passes(checkout: Path) -> None:
    spec = read("tekton-task.yaml")["spec"]
    (step,) = spec["steps"]
    usual = {f"$(params.{each['name']})": each["default"] for each in spec["params"]}
    assert "$(" not in step["script"]
    passes(step["script"], checkout, **{e["name"]: usual[e["value"]] for e in step["env"]})
    assert (checkout / "planner.md").is_file()


def test_every_example_is_tested() -> None:
    tested = (ROOT / "tests" / "ci" / "test_examples.py").read_text(encoding="utf-8")
    assert [each.name for each in CI.iterdir() if f'"{each.name}"' not in tested] == []
