"""The GitHub Action, step by step as its YAML has them, on a made-up machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.ci.bash_steps import bash, machine
from tests.ci_schemas import schema
from tests.console import ROOT

ACTION: dict[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
EXPRESSION = re.compile(r"\$\{\{ (\S+) \}\}")
NOT_EMPTY = re.compile(r"(inputs\.\S+) != ''$")
WRONG = "model: Qwen/Qwen3-32B\ntensor-parallel-size: 6\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    code: int
    said: str
    summary: str
    outputs: dict[str, str]
    installed: str


def run(folder: Path, **inputs: str) -> Run:
    """The bash steps of the action, one after another until one fails."""
    known = {f"inputs.{name}": each.get("default", "") for name, each in ACTION["inputs"].items()}
    known |= {f"inputs.{name.replace('_', '-')}": text for name, text in inputs.items()}
    known["inputs.base"] = inputs.get("base", "")
    known["github.action_path"] = str(ROOT)
    temporary = folder.parent / "runner"
    temporary.mkdir()
    files = {name: temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = machine(temporary) | {"RUNNER_TEMP": str(temporary)}
    for name, path in files.items():
        path.touch()
        environment[name] = str(path)
    code, said = 0, ""
    for step in ACTION["runs"]["steps"]:
        asks_for = NOT_EMPTY.match(step.get("if", ""))
        if "run" not in step or (asks_for and not known[asks_for[1]]):
            continue
        assert not EXPRESSION.search(step["run"]), "an input in a script could be run"
        own = {k: EXPRESSION.sub(lambda m: known[m[1]], v) for k, v in step["env"].items()}
        done = bash(step["run"], folder, environment | own)
        code, said = done.returncode, said + done.stdout + done.stderr
        if code:
            break
    outputs = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
    return Run(
        code=code,
        said=said,
        summary=files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
        outputs=dict(line.split("=", 1) for line in outputs),
        installed=(temporary / "pip.log").read_text(encoding="utf-8"),
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "examples" / "plans", folder / "plans")
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    return folder


def test_it_is_an_action_by_githubs_schema() -> None:
    schema("github-actions").validate(ACTION)


def test_shellcheck_finds_nothing_in_its_scripts(tmp_path: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    for number, step in enumerate(ACTION["runs"]["steps"]):
        if "run" in step:
            script = tmp_path / f"{number}.sh"
            script.write_text(f"#!/usr/bin/env bash\n{step['run']}", encoding="utf-8")
            found = subprocess.run([shellcheck, script], check=False, capture_output=True)
            assert found.stdout.decode() == ""


def test_right_plans_pass_with_a_summary(checkout: Path) -> None:
    done = run(checkout, targets="plans/*.yaml")
    assert done.code == 0, done.said
    assert done.outputs == {"exit-code": "0"}
    assert done.summary.startswith("# ")
    assert "--require-hashes" in done.installed
    assert str(ROOT / "requirements.lock") in done.installed


def test_a_wrong_file_fails_with_its_line_and_sarif(checkout: Path) -> None:
    done = run(checkout, targets="plans\nwrong.yaml", gpus="8xA100", sarif_file="out.sarif")
    assert done.code == 1, done.said
    assert done.outputs == {"exit-code": "1", "sarif-file": "out.sarif"}
    assert re.search(r"^::error file=wrong\.yaml,line=2,.*PAR001", done.said, re.MULTILINE)
    assert "PAR001" in done.summary
    sarif = json.loads((checkout / "out.sarif").read_text(encoding="utf-8"))
    schema("sarif-2.1.0").validate(sarif)
    assert "wrong.yaml" in str(sarif["runs"][0]["results"])


def test_options_and_their_quotes_are_handed_on(checkout: Path) -> None:
    asked = {"targets": "wrong.yaml", "gpus": "8xA100", "vllm_version": "0.30"}
    done = run(checkout, **asked, arguments="-o 'json:a report'")
    assert done.code == 1, done.said
    report = json.loads((checkout / "a report").read_text(encoding="utf-8"))
    assert report["vllm_version"].startswith("0.30")


def git(folder: Path, *words: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    done = subprocess.run(
        ["/usr/bin/env", "git", *words], cwd=folder, check=True, capture_output=True, text=True,
        env={**os.environ, **identity},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def base(checkout: Path) -> str:
    """A commit of the checkout, some of whose files were changed since."""
    for name in ("odd name.yaml", "gone.yaml", "as it was.yaml"):
        (checkout / name).write_text("model: Qwen/Qwen3-8B\nmax-model-len: 8192\n", "utf-8")
    (checkout / "notes.yaml").write_text("a: b\n", encoding="utf-8")
    (checkout / "planner.toml").write_text('gpus = "8xA100"\n', encoding="utf-8")
    git(checkout, "init", "--quiet")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "-m", "base")
    (checkout / "odd name.yaml").write_text("model: Qwen/Qwen3-8B\nmax-model-len: 4096\n", "utf-8")
    (checkout / "wrong.yaml").write_text(WRONG.replace("6", "8"), encoding="utf-8")
    (checkout / "notes.yaml").write_text("a: c\n", encoding="utf-8")
    (checkout / "gone.yaml").unlink()
    return git(checkout, "rev-parse", "HEAD")


def test_the_summary_tells_the_difference_to_the_base(checkout: Path, base: str) -> None:
    done = run(checkout, targets=".", base=base)
    assert done.code == 0, done.said
    differences, findings = done.summary.split("\n# ", 1)
    assert "odd name.yaml" in differences
    assert "8,192" in differences
    assert "PAR001" in differences
    for name in ("as it was.yaml", "notes.yaml", "gone.yaml"):
        assert name not in differences
    assert findings


@pytest.mark.parametrize("absent", ["0" * 40, "--output=owned", "$(touch owned)"])
@pytest.mark.usefixtures("base")
def test_a_base_that_is_not_there_is_told_and_hinders_nothing(absent: str, checkout: Path) -> None:
    done = run(checkout, targets="wrong.yaml", gpus="8xA100", base=absent)
    assert done.code == 0, done.said
    assert "no difference is told" in done.said
    assert not (checkout / "owned").exists()


def test_an_input_is_never_run(checkout: Path) -> None:
    run(checkout, targets="$(touch owned) `touch owned`; touch owned", gpus="$(touch owned)",
        arguments="$(touch owned); touch owned")  # fmt: skip
    assert not (checkout / "owned").exists()


def test_no_target_is_a_wrong_use(checkout: Path) -> None:
    done = run(checkout, targets="none/*.yaml")
    assert (done.code, done.outputs) == (2, {"exit-code": "2"})
    assert done.said.startswith("::error title=planner::")
