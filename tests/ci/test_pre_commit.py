"""The pre-commit hook, run by pre-commit itself; only its installation needs the package index."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from tests.ci.bash_steps import machine
from tests.console import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
WRONG = "model: Qwen/Qwen3-32B\ntensor-parallel-size: 6\n"


class Repository:
    """A checkout that uses the hook as the manifest has it, with the planner on the path."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder / "repository"
        self.folder.mkdir()
        away = {"PRE_COMMIT_HOME": str(folder / "cache"), "HOME": str(folder)}
        self.environment = machine(folder) | away
        self.call("git", "init", "--quiet")
        (hook,) = YAML(typ="safe").load(MANIFEST)
        own = {"language": "unsupported", "args": list(arguments)}
        local: dict[str, Any] = {"repo": "local", "hooks": [{**hook, **own}]}
        with (self.folder / ".pre-commit-config.yaml").open("w", encoding="utf-8") as file:
            YAML().dump({"repos": [local]}, file)

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    def committed(self, name: str, text: str) -> subprocess.CompletedProcess[str]:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")
        self.call("git", "add", ".")
        return self.call(sys.executable, "-m", "pre_commit", "run", "--color=never")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_the_manifest_is_valid(repository: Repository) -> None:
    checked = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    assert repository.call(*checked).returncode == 0


def test_a_wrong_deployment_is_not_committed(repository: Repository) -> None:
    (repository.folder / "planner.toml").write_text('gpus = "8xA100"\n', encoding="utf-8")
    done = repository.committed("deploy/vllm.yaml", WRONG)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PAR001" in done.stdout


def test_a_right_plan_is_committed(repository: Repository) -> None:
    plan = ROOT / "examples" / "plans" / "qwen3-32b-4xl40s.yaml"
    done = repository.committed("plans/qwen3.yaml", plan.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_with_fix_a_file_is_mended_and_waits_to_be_added(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "--fix")
    (repository.folder / "planner.toml").write_text('gpus = "H100"\n', encoding="utf-8")
    old = "model: Qwen/Qwen3-8B  # ours\nswap-space: 4\nmax-model-len: 8192\n"
    done = repository.committed("deploy/vllm.yaml", old)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    new = (repository.folder / "deploy" / "vllm.yaml").read_text(encoding="utf-8")
    assert new == old.replace("swap-space: 4\n", "")
    done = repository.committed("deploy/vllm.yaml", new)
    assert done.returncode == 0, done.stdout + done.stderr


def test_with_fix_what_cannot_be_mended_is_not_committed(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "--fix")
    (repository.folder / "planner.toml").write_text('gpus = "8xA100"\n', encoding="utf-8")
    done = repository.committed("deploy/vllm.yaml", WRONG)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PAR001" in done.stdout
    assert "files were modified" not in done.stdout


@pytest.mark.parametrize("name", ["deploy/other.yaml", "vllm.md", "explain/x.yaml"])
def test_other_files_are_none_of_its_business(name: str, repository: Repository) -> None:
    done = repository.committed(name, WRONG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no files to check" in done.stdout
