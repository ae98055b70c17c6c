"""Many files in one run, by a project's policy."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner import validate
from planner.cli.app import run
from planner.errors import PlannerError
from planner.model import catalog
from planner.policy.file import find_policy
from planner.report.parts.words import all_findings
from planner.request import request
from planner.review import review
from planner.targets.reading import read_all

if TYPE_CHECKING:
    from planner.finding import Finding
    from planner.plan import Answer

MANIFESTS = Path(__file__).parent / "data" / "manifests"
EXPECTED: dict[str, list[str]] = tomllib.loads(
    (MANIFESTS / "expected.toml").read_text(encoding="utf-8")
)
GOOD = "model: Qwen/Qwen3-8B\nmax-model-len: 8192\n"
LATEST = """\
services:
  chat:
    image: vllm/vllm-openai:latest
    command: --model Qwen/Qwen3-8B --max-model-len 8192
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def reviewed(*names: str) -> Answer:
    asked = request(offline=True, calibration=False)
    return review(asked, read_all(names), find_policy(names[0]), {})


def short(found: Finding) -> str:
    line = found.location.line if found.location else None
    return " ".join(str(w) for w in (found.code, found.severity.value, line) if w)


def relative(name: str) -> str:
    return str(Path(name).absolute().relative_to(MANIFESTS))


def test_every_manifest_gives_its_findings_and_no_other() -> None:
    answer = reviewed(str(MANIFESTS))
    found: dict[str, list[str]] = {relative(target.file): [] for target in answer.targets}
    for each in all_findings(answer):
        assert each.location is not None
        found[relative(each.location.file)].append(short(each))
    assert {n: sorted(f) for n, f in found.items()} == {n: sorted(f) for n, f in EXPECTED.items()}


@pytest.mark.parametrize("name", [n for n, found in EXPECTED.items() if "RUN033" not in str(found)])
def test_a_file_gives_alone_what_it_gives_among_others(name: str) -> None:
    if any("RUN034" in each for each in EXPECTED[name]):
        with pytest.raises(PlannerError):
            reviewed(str(MANIFESTS / name))
        return
    found = map(short, all_findings(reviewed(str(MANIFESTS / name))))
    assert sorted(found) == sorted(EXPECTED[name])


def test_a_file_that_nobody_named_and_that_runs_no_vllm_is_counted() -> None:
    notes = reviewed(str(MANIFESTS)).notes
    assert "2 files skipped: no vLLM" in notes
    assert "1 file skipped: a template, to be rendered first (helm template)" in notes


def test_a_file_that_is_named_must_run_vllm() -> None:
    pages = str(MANIFESTS / "other" / "pages.yaml")
    with pytest.raises(PlannerError, match="runs no vLLM"):
        reviewed(pages)
    answer = reviewed(pages, str(MANIFESTS / "config" / "server.yaml"))
    assert [short(each) for each in all_findings(answer)] == ["RUN033 error"]


def test_a_search_that_finds_nothing_is_an_error(folder: Path) -> None:
    saved(folder / "deploy" / "a.yaml", "x: 1\n")
    with pytest.raises(PlannerError, match="nothing there runs vLLM") as caught:
        reviewed("deploy")
    assert caught.value.cause == "1 file skipped: no vLLM"


def test_one_model_is_looked_up_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    catalogued = catalog.find

    def find(name: str) -> catalog.CatalogRow | None:
        asked.append(name)
        return catalogued(name)

    monkeypatch.setattr(catalog, "find", find)
    for n in range(3):
        saved(folder / f"{n}.yaml", GOOD)
        saved(folder / f"own-{n}.yaml", GOOD.replace("Qwen/", "our-company/"))
    saved(folder / "planner.toml", 'gpus = "L40S"')
    assert len(reviewed(".").targets) == 6
    assert sorted(asked) == ["Qwen/Qwen3-8B", "our-company/Qwen3-8B"]


def test_the_cluster_is_what_was_typed_then_the_files_then_the_policys(folder: Path) -> None:
    named = (MANIFESTS / "kubernetes" / "chat.yaml").read_text(encoding="utf-8")
    files = (saved(folder / "named.yaml", named), saved(folder / "silent.yaml", GOOD))
    saved(folder / "planner.toml", 'gpus = "H100"')
    of_each = [target.gpus for target in reviewed(*files).targets]
    assert of_each == [("1x1xl40s-48gb",), ("1x1xh100-sxm5-80gb",)]
    typed = validate(*files, gpus="A100", offline=True)
    assert {target.gpus for target in typed.targets} == {("1x1xa100-sxm4-80gb",)}


def test_of_several_deployments_the_document_says_what_each_is() -> None:
    answer = reviewed(str(MANIFESTS / "compose" / "two-servers.yaml"))
    assert answer.model is None
    assert [(t.part, t.model, t.layout) for t in answer.targets] == [
        ("services.chat", "Qwen/Qwen3-8B", 0),
        ("services.code", "Qwen/Qwen3-32B", 1),
    ]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--strict"], 1),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "warning", "--ignore", "RUN025"], 0),
        (["--strict", "--select", "PAR,MEM"], 0),
        (["--config", "strict.toml"], 1),
        (["--config", "strict.toml", "--fail-on", "error"], 0),
    ],
)
def test_what_fails_is_the_projects_choice(folder: Path, options: list[str], code: int) -> None:
    saved(folder / "a.yaml", LATEST)
    saved(folder / "planner.toml", 'gpus = "L40S"')
    saved(folder / "strict.toml", 'gpus = "L40S"\nfail-on = "warning"')
    assert run(["validate", "a.yaml", "--offline", *options]) == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--isolated"], "no GPUs are named"),
        (["--isolated", "--config", "planner.toml"], "--config names a file"),
        (["--select", "RUM"], "no rule's code begins with RUM"),
        (["--write-baseline"], "--write-baseline does not say where"),
    ],
)
def test_a_contradiction_is_refused(
    folder: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder / "a.yaml", LATEST)
    saved(folder / "planner.toml", 'gpus = "L40S"')
    assert run(["validate", "a.yaml", "--offline", *options]) == 2
    assert message in capsys.readouterr().err


def test_what_vllm_refuses_cannot_be_allowed_by_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder / "a.yaml", LATEST)
    saved(folder / "planner.toml", 'gpus = "L40S"\nallow = ["PAR001"]')
    assert run(["validate", "a.yaml", "--offline"]) == 2
    assert "PAR001 cannot be allowed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("model: our-company/ours\n", 3),
        ("# planner: ignore RUN034 our own model\nmodel: our-company/ours\n", 0),
        ("model: Qwen/Qwen3-8B\ntensor-parallel-size: x\n", 2),
        (GOOD, 0),
    ],
)
def test_what_could_not_be_judged_decides_the_exit_code(
    folder: Path, text: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder / "good.yaml", GOOD)
    saved(folder / "other.yaml", text)
    assert run(["validate", ".", "--gpus", "L40S", "--offline", "--format", "json"]) == code
    assert len(json.loads(capsys.readouterr().out)["targets"]) == 2


def test_a_baseline_leaves_old_findings_out_and_fails_on_new_ones(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(folder / "a.yaml", LATEST)
    words = ["validate", "a.yaml", "--gpus", "L40S", "--offline", "--strict"]
    assert run([*words, "--baseline", "old.json", "--write-baseline"]) == 0
    saved(Path(file), f"# moved\n{LATEST}    environment: {{HF_TOKEN: hf_1}}\n")
    assert run([*words, "--baseline", "old.json"]) == 1
    shown = capsys.readouterr().out
    assert "RUN024" in shown
    assert "error RUN025" not in shown
    assert "old.json leaves out 1 known findings" in shown


def test_the_table_names_file_part_and_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    saved(folder / "deploy" / "a.yaml", LATEST)
    saved(folder / "deploy" / "b.yaml", GOOD)
    assert run(["validate", "deploy", "--gpus", "L40S", "--offline", "--no-calibration"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "deploy/a.yaml" in lines
    assert any(line.startswith("  services.chat: Qwen/Qwen3-8B on ") for line in lines)
    assert "    deploy/a.yaml:3:5:" in lines
    assert lines[-1] == "2 deployments in 2 files: 1 warning"
