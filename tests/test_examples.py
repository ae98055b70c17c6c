"""Every example works, and every plan is what the planner writes today."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from planner.cli.app import run
from planner.errors import ExitCode
from tests.console import ROOT

EXAMPLES = ROOT / "examples"
PLANS = sorted((EXAMPLES / "plans").glob("*.yaml"))
#: the commands that write the plans
WRITTEN_BY = re.findall(
    r"^planner (recommend .*?) -o (\S+\.yaml)$",
    (EXAMPLES / "README.md").read_text(encoding="utf-8").replace("\\\n", ""),
    re.MULTILINE,
)


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples at hand, nothing of this machine's caches."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for cache in ("HF_HOME", "MODELSCOPE_CACHE"):
        monkeypatch.setenv(cache, str(tmp_path / "no-cache"))


@pytest.mark.parametrize(("command", "plan"), WRITTEN_BY, ids=lambda text: Path(text).stem)
def test_a_plan_is_what_its_command_writes(
    command: str, plan: str, pytestconfig: pytest.Config
) -> None:
    assert run([*shlex.split(command), "-o", "written.yaml"]) == ExitCode.OK
    written = Path("written.yaml").read_text(encoding="utf-8")
    kept = ROOT / plan
    if pytestconfig.getoption("update_snapshots"):
        kept.write_text(written, encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == written, f"{command} -o {plan}, and look at it"


def test_every_plan_has_its_command() -> None:
    assert [ROOT / plan for _, plan in sorted(WRITTEN_BY, key=lambda each: each[1])] == PLANS


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
def test_a_plan_is_valid(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(plan)]) == ExitCode.OK
    assert ": fits, " in capsys.readouterr().out


def test_the_manifests_are_what_their_commands_write(pytestconfig: pytest.Config) -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^planner (launch .*?) -o examples/(kubernetes/.*)$", text, re.MULTILINE)
    assert len(found) == len(list((EXAMPLES / "kubernetes").iterdir()))
    for command, name in found:
        words = command.replace("examples/", f"{EXAMPLES}/")
        assert run([*shlex.split(words), "-o", "written.yaml", "--force"]) == ExitCode.OK
        written = Path("written.yaml").read_text(encoding="utf-8")
        if pytestconfig.getoption("update_snapshots"):
            (EXAMPLES / name).write_text(written, encoding="utf-8")
        assert (EXAMPLES / name).read_text(encoding="utf-8") == written


def test_the_compose_files_are_what_their_command_writes(pytestconfig: pytest.Config) -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    (command,) = re.findall(r"^planner (launch .*?) -o examples/compose$", text, re.MULTILINE)
    Path("written").mkdir()
    assert run([*shlex.split(command), "-o", "written"]) == ExitCode.OK
    for written in sorted(Path("written").iterdir()):
        kept = EXAMPLES / "compose" / written.name
        if pytestconfig.getoption("update_snapshots"):
            kept.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
        assert kept.read_text(encoding="utf-8") == written.read_text(encoding="utf-8")
