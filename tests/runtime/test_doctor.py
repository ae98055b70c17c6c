"""Doctor: facts of a machine, a plan beside them, and what is said of both."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from planner import recommend
from planner.cli.app import run
from planner.report.base import Page
from planner.report.json_ import render
from planner.rules.base import host_findings
from planner.runtime.host.needs import needs_of, to_download
from tests.host_facts import host, well

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, text: str = "") -> str:
    """A machine's facts as a file."""
    path = tmp_path / "machine.json"
    answer = {"schema": "planner/1", "command": "doctor", "host": asdict(host(text).facts)}
    path.write_text(json.dumps(answer))
    return str(path)


def plan(tmp_path: Path, **asked: Any) -> str:  # noqa: ANN401
    answer = recommend(offline=True, calibration=False, vllm_version="0.33", **asked)
    path = tmp_path / "plan.json"
    path.write_text(render(answer, Page()))
    return str(path)


def diagnosed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run(["doctor", *words, "--format", "json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


def codes(answer: dict[str, Any]) -> set[str]:
    return {found["code"] for found in answer["findings"]}


def test_nothing_is_wrong_with_a_machine_made_for_its_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = plan(tmp_path, model="Qwen/Qwen3-235B-A22B", gpus="8xH100")
    code, answer = diagnosed(capsys, "--facts", written(tmp_path), "--plan", asked)
    assert (code, codes(answer)) == (0, set())
    assert answer["plan"]["gpus"] == 8
    assert answer["plan"]["scale_up_domain"] == 8
    assert answer["vllm"]["newest_for_this_machine"] == "0.33.0"


def test_a_plan_for_other_hosts_is_told_what_is_unlike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = plan(tmp_path, model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100")
    text = (
        'environment.CUDA_VISIBLE_DEVICES = "0"\nnvml.driver = "550.54.14"\nnvml.cuda = 12040\n'
        'nvml.gpus = [{ name = "Tesla T4", total_bytes = 16106127360, reserved_bytes = 0,'
        " used_bytes = 4294967296, compute_capability = [7, 5] }]"
    )
    code, answer = diagnosed(capsys, "--facts", written(tmp_path, text), "--plan", asked)
    assert code == 1
    assert codes(answer) == {"RUN005", "RUN011", "MEM006", "HWD008"}


def test_nothing_is_wrong_with_a_real_machine_that_is_asked_for_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, answer = diagnosed(capsys, "--facts", "examples/machines/one-h100.json")
    assert (code, codes(answer)) == (0, set())
    assert answer["vllm"]["newest_for_this_machine"] == "0.33.0"


def test_what_is_only_advice_fails_where_advice_is_asked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = written(tmp_path, 'software.packages.torch = "2.14.0+cu132"')
    assert diagnosed(capsys, "--facts", facts)[0] == 0
    code, answer = diagnosed(capsys, "--facts", facts, "--fail-on", "advice")
    assert (code, codes(answer)) == (1, {"RUN007"})


def test_a_table_names_what_is_there_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = written(tmp_path, 'nvml.driver = "550.54.14"\nnvml.cuda = 12040')
    assert run(["doctor", "--facts", facts]) == 1
    text = capsys.readouterr().out
    assert "8 x NVIDIA H100 80GB HBM3, 79.6 GiB, 9.0" in text
    assert "runs the wheels of vLLM up to 0.19.0" in text
    assert "error RUN005 driver 550.54.14 is too old for vLLM 0.33.0" in text
    assert "fix: install driver 580.65.06 or newer" in " ".join(text.split())


def test_this_machine_is_checked_and_what_was_learnt_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["calibrate", "examples/logs/qwen2.5-7b-h200.log", "--gpus", "H200"]) == 0
    capsys.readouterr()
    _, answer = diagnosed(capsys)
    assert answer["calibration"]["file"].startswith(str(tmp_path))
    assert answer["calibration"]["constants"]
    run(["doctor"])
    assert "planner calibrate --forget removes them" in capsys.readouterr().out


def test_a_board_whose_memory_the_driver_does_not_tell_is_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'nvml.gpus = [{ name = "NVIDIA GB10", compute_capability = [12, 1] }]'
    facts = written(tmp_path, text)
    assert diagnosed(capsys, "--facts", facts)[0] == 0
    assert run(["doctor", "--facts", facts]) == 0
    assert "1 x NVIDIA GB10, 12.1" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_one_machine_wrote_another_judges_alike(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor", "--format", form])
    path = tmp_path / f"here.{form}"
    path.write_text(capsys.readouterr().out)
    _, here = diagnosed(capsys)
    _, there = diagnosed(capsys, "--facts", str(path))
    assert codes(here) == codes(there)
    assert here["host"]["system"] == there["host"]["system"]


@pytest.mark.parametrize(
    ("words", "content"),
    [
        (("--facts", "FILE"), "schema: planner/1\ncommand: recommend\n"),
        (("--facts", "FILE"), "{command: doctor, host: {memory_bytes: many}}\n"),
        (("--facts", "FILE"), "{command: doctor, host: {memory: 1}}\n"),
        (("--facts", "FILE"), "{command: doctor, host: [1, 2]}\n"),
        (("--facts", "FILE"), "{command: doctor, host: {nvml: {gpus: [{}]}}}\n"),
        (("--plan", "FILE"), "a: b\n"),
        (("--plan", "none.yaml"), ""),
        (("--python", "no-such-python"), ""),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(
    words: tuple[str, str], content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(content)
    assert run(["doctor", *(str(path) if word == "FILE" else word for word in words)]) in {2, 3}
    assert "planner: error: " in capsys.readouterr().err


def test_a_plan_over_hosts_asks_each_for_its_part() -> None:
    answer = recommend(
        model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100", offline=True, calibration=False
    )
    assert answer.hardware is not None
    needs = needs_of(answer.layouts[0], answer.hardware.groups[0], vllm_version="0.33")
    assert (needs.gpus, needs.ray, needs.host_memory_bytes) == (8, False, 0)
    assert (needs.accelerator, needs.hosts) == ("a100-sxm4-80gb", 2)
    assert needs.fabric == answer.hardware.groups[0].fabric


def test_offloaded_memory_is_of_each_gpu_and_of_each_replica() -> None:
    answer = recommend(
        model="meta-llama/Llama-3.1-8B-Instruct",
        gpus="2xH100",
        tensor_parallel_size=1,
        data_parallel_size=2,
        cpu_offload_gb=4,
        kv_offloading_size=10,
        offline=True,
        calibration=False,
    )
    assert answer.hardware is not None
    needs = needs_of(answer.layouts[0], answer.hardware.groups[0], vllm_version="0.33")
    assert needs.host_memory_bytes == (2 * 4 + 2 * 10) * 1024**3


def test_cudas_compatibility_library_makes_an_older_driver_do() -> None:
    old = 'nvml.driver = "550.54.14"\nnvml.cuda = '
    assert {found.code for found in host_findings(host(f"{old}12040"))} == {"RUN005"}
    assert host_findings(host(f"{old}13000")) == ()


def test_a_build_of_ones_own_is_not_held_to_the_index() -> None:
    volta = (
        'nvml.gpus = [{ name = "Tesla V100-SXM2-32GB", compute_capability = [7, 0] }]\n'
        "software.packages.vllm = "
    )
    assert "HWD007" in {found.code for found in host_findings(host(f'{volta}"0.9.2"'))}
    assert "HWD007" not in {found.code for found in host_findings(host(f'{volta}"0.9.2+cu126"'))}


def test_without_the_library_the_driver_of_the_kernel_counts() -> None:
    text = 'nvml_installed = false\nnvml_problem = "none"\nkernel_driver = "550.54.14"'
    assert {found.code for found in host_findings(host(text))} == {"RUN005", "RUN032"}


def test_a_cache_that_cannot_be_written_matters_where_something_must_be_fetched() -> None:
    text = 'folders = [{ name = "HF_HOME", path = "/models", writable = false }]'
    assert host_findings(host(text)) == ()
    assert [found.code for found in host_findings(host(text, download_bytes=1))] == ["RUN015"]


@pytest.mark.parametrize("option", ['"--load-format": "dummy"', '"--download-dir": "/models"'])
def test_what_comes_from_elsewhere_needs_no_room_in_the_cache(option: str, tmp_path: Path) -> None:
    answer = recommend(model="Qwen/Qwen3-8B", gpus="H100", offline=True, calibration=False)
    layout = answer.layouts[0]
    environ = {"HF_HOME": str(tmp_path)}
    assert (to_download("Qwen/Qwen3-8B", layout, environ) or 0) > 15e9
    assert to_download(str(tmp_path), layout, environ) is None
    assert to_download("Qwen/Qwen3-8B", layout, {**environ, "VLLM_USE_MODELSCOPE": "1"}) is None
    changed = {**layout.vllm_args, **json.loads(f"{{{option}}}")}
    assert to_download("a/b", layout.model_copy(update={"vllm_args": changed}), environ) is None


def test_a_checkpoint_that_lies_in_the_cache_is_not_fetched(tmp_path: Path) -> None:
    answer = recommend(model="Qwen/Qwen3-8B", gpus="H100", offline=True, calibration=False)
    snapshot = tmp_path / "hub" / "models--Qwen--Qwen3-8B" / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").touch()
    environ = {"HF_HOME": str(tmp_path)}
    assert to_download("Qwen/Qwen3-8B", answer.layouts[0], environ) is None


def test_in_a_container_what_is_installed_outside_does_not_matter() -> None:
    bare = 'software.packages.vllm = ""\nsoftware.packages.torch = ""\nshm_bytes = 1'
    inside = host(bare, container=True, gpus=8, vllm_version="0.33")
    assert host_findings(inside) == ()
    outside = {found.code for found in host_findings(host(bare, gpus=8, vllm_version="0.33"))}
    assert outside >= {"RUN010", "RUN012"}


def test_asking_nothing_of_a_machine_finds_nothing_missing() -> None:
    assert host_findings(well()) == ()
    none = host('pci_gpus = 0\nnvml_problem = "none"\nsoftware.packages = {}')
    assert "RUN009" not in {found.code for found in host_findings(none)}
