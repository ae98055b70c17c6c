"""The file of ``--config`` is read where it lies beside; findings point into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import PlannerError
from planner.targets.read import read_targets
from planner.targets.reading import read_all
from tests.fixes.mended import found, judge_on, mended, read

if TYPE_CHECKING:
    from pathlib import Path

    from planner.finding import Location
    from planner.targets.target import Target

OPTIONS = "model: Qwen/Qwen3-8B\ntensor-parallel-size: 4\nmax_model_len: 8192\n"
SCRIPT = "#!/bin/sh\nexec vllm serve --config server.yaml -tp 2\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: chat}
spec:
  containers:
    - name: vllm
      image: vllm/vllm-openai:v0.33.0
      args: [--config, /etc/vllm/server.yaml, -tp, "2"]
      volumeMounts: [{name: options, mountPath: /etc/vllm}]
  volumes:
    - name: options
      configMap: {name: chat-options}
"""
CONFIG_MAP = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: chat-options}
data:
  server.yaml: |
    model: Qwen/Qwen3-8B
    tensor-parallel-size: 4
    max_model_len: 8192
"""
SERVICE = """\
services:
  chat:
    image: vllm/vllm-openai:v0.33.0
    command: --config /etc/vllm/server.yaml -tp 2
"""
RUN = "#!/bin/sh\ndocker run --gpus all -v $PWD/{}:/etc/vllm{} vllm/vllm-openai:v0.33.0 "
#: the file that names it, and where the file of options lies
NAMED = {
    "a script": ("serve.sh", SCRIPT, "server.yaml"),
    "a folder below": ("serve.sh", SCRIPT.replace("server", "conf/server"), "conf/server.yaml"),
    "a volume of a service": (
        "compose.yaml", SERVICE + "    volumes: [./conf:/etc/vllm:ro]\n", "conf/server.yaml",
    ),
    "a volume in many words": (
        "compose.yaml",
        SERVICE + "    volumes:\n      - {type: bind, source: ., target: /etc/vllm/}\n",
        "server.yaml",
    ),
    "a config of compose": (
        "compose.yaml",
        SERVICE + "    configs: [{source: o, target: /etc/vllm/server.yaml}]\n"
        "configs: {o: {file: ./mine.yaml}}\n",
        "mine.yaml",
    ),
    "docker run": (
        "serve.sh", RUN.format("conf", "") + "--config /etc/vllm/server.yaml -tp 2\n",
        "conf/server.yaml",
    ),
    "a file of docker run": (
        "serve.sh",
        RUN.format("mine.yaml", "/server.yaml:ro") + "--config /etc/vllm/server.yaml -tp 2\n",
        "mine.yaml",
    ),
    "a ConfigMap of kustomize": ("pod.yaml", POD, "server.yaml"),
}  # fmt: skip


def one(path: Path) -> Target:
    (target,) = read_targets([str(path)])
    return target


def place(target: Target, option: str) -> Location:
    location = target.location(option)
    assert location is not None
    return location


@pytest.mark.parametrize("form", NAMED)
def test_its_options_count_after_those_of_the_command(form: str, tmp_path: Path) -> None:
    name, text, beside = NAMED[form]
    (tmp_path / beside).parent.mkdir(exist_ok=True)
    (tmp_path / beside).write_text(OPTIONS, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    target = one(tmp_path / name)
    assert target.model == "Qwen/Qwen3-8B"
    assert target.arguments.tensor_parallel_size == 2
    assert target.arguments.max_model_len == 8192
    there = place(target, "max_model_len")
    assert (there.file, there.line) == (str(tmp_path / beside), 3)
    assert place(target, "tensor_parallel_size").file == str(tmp_path / name)


def test_a_model_before_it_is_the_one_that_is_served(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text(OPTIONS, encoding="utf-8")
    script = tmp_path / "serve.sh"
    script.write_text("#!/bin/sh\nvllm serve Qwen/Qwen3-4B --config server.yaml\n", "utf-8")
    assert one(script).model == "Qwen/Qwen3-4B"
    assert one(script).arguments.tensor_parallel_size == 4


def test_a_config_map_of_the_manifest_is_read_where_it_stands(tmp_path: Path) -> None:
    pod = tmp_path / "pod.yaml"
    pod.write_text(POD + CONFIG_MAP, encoding="utf-8")
    target = one(pod)
    assert (target.model, target.arguments.tensor_parallel_size) == ("Qwen/Qwen3-8B", 2)
    there = place(target, "max_model_len")
    line = (POD + CONFIG_MAP).splitlines().index("    max_model_len: 8192") + 1
    assert (there.file, there.line, there.column) == (str(pod), line, 5)


def test_a_key_of_a_config_map_may_be_mounted_by_another_name(tmp_path: Path) -> None:
    pod = tmp_path / "pod.yaml"
    items = "{name: chat-options, items: [{key: mine.yaml, path: server.yaml}]}"
    text = POD.replace("{name: chat-options}", items) + CONFIG_MAP
    pod.write_text(text.replace("  server.yaml: |", "  mine.yaml: |"), encoding="utf-8")
    assert one(pod).arguments.max_model_len == 8192


def test_a_command_that_was_typed_may_name_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.yaml").write_text(OPTIONS, encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for name in ("../server.yaml", str(tmp_path / "server.yaml")):
        (target,) = read_targets([], ["vllm", "serve", "--config", name, "-tp", "2"])
        assert (target.model, target.arguments.tensor_parallel_size) == ("Qwen/Qwen3-8B", 2)


@pytest.mark.parametrize(
    "typed",
    ["--config ../server.yaml", "--config link.yaml", "--config no.yaml", "--config server.json",
     "--config=server.yaml", "--config " + "x" * 5000 + ".yaml"],
)  # fmt: skip
def test_what_lies_elsewhere_or_vllm_would_not_read_is_left_and_that_is_said(
    typed: str, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    for each in (tmp_path, folder):
        (each / "server.yaml").write_text(OPTIONS, encoding="utf-8")
    (folder / "server.json").write_text("{}", encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "server.yaml")
    script = folder / "serve.sh"
    script.write_text(f"#!/bin/sh\nvllm serve Qwen/Qwen3-8B {typed}\n", encoding="utf-8")
    assert one(script).arguments.max_model_len is None
    assert "of --config is not read" in judge_on("H100")(read(script)).notes[-1]


@pytest.mark.parametrize("text", ["- a\n", "model: [\n", "max-model-len: many\n"])
def test_one_that_vllm_could_not_read_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "serve.sh").write_text(SCRIPT, encoding="utf-8")
    with pytest.raises(PlannerError, match=r"server\.yaml"):
        one(tmp_path / "serve.sh")


def test_a_finding_points_into_it_and_is_no_edit_of_the_script(
    tmp_path: Path,
) -> None:
    config, script = tmp_path / "server.yaml", tmp_path / "serve.sh"
    script.write_text(SCRIPT, encoding="utf-8")
    config.write_text(OPTIONS + "quantization: fp8\nswap-space: 4\n", encoding="utf-8")
    (old,) = (each for each in found(judge_on("2xH100")(read(script))) if each.code == "VER003")
    assert old.location is not None
    assert (old.location.file, old.location.line) == (str(config), 5)
    assert not mended(script, "2xH100", unsafe=True).files


def test_a_comment_in_it_silences_what_points_there(tmp_path: Path) -> None:
    config, script = tmp_path / "server.yaml", tmp_path / "serve.sh"
    script.write_text("#!/bin/sh\nvllm serve --config server.yaml\n", encoding="utf-8")
    for comment, codes in (("", {"PAR011"}), (" # planner: ignore PAR011 no better boards", set())):
        config.write_text(OPTIONS.replace(": 4", f": 2{comment}"), encoding="utf-8")
        assert {each.code for each in found(judge_on("2xL40S")(read(script)))} == codes


def test_a_file_that_was_only_found_is_judged_with_the_command_that_names_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "server.yaml").write_text(OPTIONS, encoding="utf-8")
    (tmp_path / "serve.sh").write_text(SCRIPT, encoding="utf-8")
    for typed, count in (([str(tmp_path)], 1), ([str(tmp_path), str(tmp_path / "server.yaml")], 2)):
        assert len(read_all(typed).targets) == count


def test_an_option_of_the_command_is_mended_beside_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text(OPTIONS, encoding="utf-8")
    script = tmp_path / "serve.sh"
    text = "#!/bin/sh\nvllm serve --config server.yaml \\\n  --swap-space 4 \\\n  -tp 2\n"
    script.write_text(text, encoding="utf-8")
    (file,) = mended(script, "2xH100").files
    assert file.after == text.replace("  --swap-space 4 \\\n", "")
