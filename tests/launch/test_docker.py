"""Scripts that run containers: image, mounts, and what Docker's own program reads in them."""

from __future__ import annotations

import csv
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from planner.errors import UsageError
from planner.launch import docker
from planner.launch.parts.image import image_of
from planner.launch.parts.paths import read_paths, rooted, written_paths
from planner.vllm.release import find_release
from tests.launch.served_cases import (
    CASES,
    HOSTILE,
    ODD_FOLDER,
    WORDS,
    answer,
    cases,
    real_plans,
    record,
)

if TYPE_CHECKING:
    from planner.launch.base import Served


def words(served: Served) -> list[str]:
    """The words of ``docker run``, with the shell's variables as they stand."""
    text = docker.files(served)[0].text
    return shlex.split(text[text.index("exec docker") :])


def given_by(served: Served, flag: str) -> list[str]:
    found = words(served)
    return [found[place + 1] for place, word in enumerate(found) if word == flag]


@pytest.mark.parametrize("case", CASES)
def test_dockers_own_program_takes_the_command(case: str, tmp_path: Path) -> None:
    program = shutil.which("docker")
    if not program:
        pytest.skip("docker is not installed")
    try:
        files = docker.files(cases("docker")[case])
    except UsageError:
        pytest.skip("it is refused")
    script = tmp_path / "it.sh"
    script.write_text(files[0].text, encoding="utf-8")
    here = {"HOME": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/none", "HEAD_ADDRESS": "a"}
    here |= {"PATH": f"{Path(program).parent}:/usr/bin:/bin", "VLLM_API_KEY": "x", "HF_TOKEN": "x"}
    done = subprocess.run(
        ["/bin/sh", script], env=here, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    # it has read all its options when it looks for the daemon
    asks = ("annot connect to the Docker daemon", "unknown server OS")
    assert any(text in done.stderr for text in asks), done.stderr
    assert "pwned" not in [path.name for path in tmp_path.iterdir()]


@given(word=WORDS)
def test_any_word_comes_back_from_the_script(word: str) -> None:
    served = record(answer(options={"--chat-template": f"x{word}"}), "docker")
    assert words(served)[-1] == f"x{word}"


def test_a_folder_is_mounted_read_only_under_its_own_name() -> None:
    served = record(answer(model=ODD_FOLDER), "docker")
    (mount,) = given_by(served, "--mount")
    assert next(csv.reader([mount])) == [
        "type=bind",
        f"source={ODD_FOLDER}",
        f"target={ODD_FOLDER}",
        "readonly",
    ]


def test_secrets_go_by_name() -> None:
    served = record(answer(), "docker", secrets=("HF_TOKEN",), variables={"A": HOSTILE})
    assert given_by(served, "--env") == ["HF_TOKEN", f"A={HOSTILE}"]


def test_modelscope_has_a_cache_of_its_own() -> None:
    served = record(answer(), "docker", variables={"VLLM_USE_MODELSCOPE": "True"})
    assert "$MODELSCOPE_CACHE:/root/.cache/modelscope" in given_by(served, "--volume")


def served_with(image: str | None = None, **settings: str) -> Served:
    return record(answer(2), "docker", image=image, settings=settings)


@pytest.mark.parametrize(
    ("driver", "tag"),
    [
        ("", "v0.33.0"),
        ("580.65.06", "v0.33.0"),
        ("570.26", "v0.33.0-cu129"),
    ],
)
def test_an_image_is_one_that_the_driver_runs(driver: str, tag: str) -> None:
    assert image_of(served_with(driver=driver)) == f"vllm/vllm-openai:{tag}"


def test_a_driver_too_old_for_every_image_is_told_what_runs() -> None:
    with pytest.raises(UsageError, match="driver 470") as caught:
        image_of(served_with(driver="470.82"))
    assert "--image" in caught.value.fix
    assert image_of(served_with(driver="470.82", image="my/own:1")) == "my/own:1"
    older = find_release("0.12")
    assert older is not None
    assert older.image_tag("530.30") == "v0.12.0"
    assert older.image_tag("520.0") is None


def test_amd_boards_have_rocms_image_and_devices() -> None:
    served = record(answer(2, accelerator="mi300x-192gb"), "docker")
    found = words(served)
    assert "vllm/vllm-openai-rocm:v0.33.0" in found
    assert given_by(served, "--device") == ["/dev/kfd", "/dev/dri"]
    assert given_by(served, "--env") == ["HIP_VISIBLE_DEVICES=0,1"]
    assert "--gpus" not in found


@pytest.mark.parametrize("board", ["gaudi2-96gb", "max-1550-128gb"])
def test_boards_that_no_image_is_known_for_are_refused(board: str) -> None:
    with pytest.raises(UsageError):
        docker.files(record(answer(accelerator=board), "docker"))


@pytest.mark.parametrize(
    ("options", "read", "written"),
    [
        ({"--tokenizer": "/t"}, ["/m", "/t"], []),
        ({"--tokenizer": "/m/t"}, ["/m"], []),
        ({"--tokenizer": "org/name"}, ["/m"], []),
        (
            {"--lora-modules": ["a=/l/a", '{"name": "b", "path": "/l/b"}']},
            ["/m", "/l/a", "/l/b"],
            [],
        ),
        ({"--speculative-config": {"model": "/d", "num_speculative_tokens": 3}}, ["/m", "/d"], []),
        ({"--download-dir": "/w"}, ["/m"], ["/w"]),
        ({"--root-path": "/v2"}, ["/m"], []),
    ],
)
def test_paths_are_told_from_other_values(
    options: dict[str, Any], read: list[str], written: list[str]
) -> None:
    argv = record(answer(model="/m", options=options), "docker").server.argv
    assert list(read_paths(argv, "0.33")) == read
    assert list(written_paths(argv, "0.33")) == written


def test_a_folder_of_this_place_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "t.jinja").touch()
    argv = ["vllm", "serve", "models", "--chat-template", "t.jinja", "--tokenizer", "org/name"]
    changed = [str(tmp_path / "models"), "--chat-template", str(tmp_path / "t.jinja")]
    assert list(rooted(argv, "0.33")) == [
        *["vllm", "serve", *changed, "--tokenizer", "org/name"],
        # requests name it as before
        *["--served-model-name", "models"],
    ]


def test_slices_are_taken_by_their_names() -> None:
    planned = real_plans()["qwen3-on-a-slice"]
    with pytest.raises(UsageError, match="slices to take is not known") as caught:
        docker.files(record(planned, "docker"))
    assert "nvidia-smi -L" in caught.value.fix
    served = record(planned, "docker", settings={"gpus": "MIG-4e6f"})
    assert given_by(served, "--gpus") == ['"device=MIG-4e6f"']
