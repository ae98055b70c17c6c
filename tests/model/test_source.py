from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import (
    ExitCode,
    InvalidInputError,
    PlannerError,
    UnavailableError,
    UnknownNameError,
)
from planner.model.describe import show_model
from planner.model.source import ModelSource, find_model

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_attention_heads": 32,
    "num_hidden_layers": 16,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}


def find(name: str | Path, home: Path) -> ModelSource:
    """Without any hub, and with empty caches."""
    return find_model(str(name), offline=True, environ={"HOME": str(home)})


def write_config(folder: Path, **changed: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps({**LLAMA, **changed}))
    return path


def test_a_directory_and_its_config_json_are_the_same_model(tmp_path: Path) -> None:
    path = write_config(tmp_path / "model")

    by_folder, by_file = find(path.parent, tmp_path), find(path, tmp_path)

    assert by_folder.config == by_file.config == LLAMA
    assert (by_folder.kind, by_folder.trust) == ("local", "file")
    assert by_folder.source == f"local files at {path.parent}"
    assert by_folder.served == by_file.served == str(path.parent)


def test_a_configuration_under_another_name_is_read_alone(tmp_path: Path) -> None:
    path = write_config(tmp_path / "model").rename(tmp_path / "mine.json")

    assert find(path, tmp_path).config == LLAMA


def test_stored_tensors_beside_the_config_are_counted(tmp_path: Path) -> None:
    folder = write_config(tmp_path / "model").parent
    entries = {"w": {"dtype": "BF16", "shape": [4, 2], "data_offsets": [0, 16]}}
    text = json.dumps(entries).encode()
    content = len(text).to_bytes(8, "little") + text + bytes(16)
    (folder / "model.safetensors").write_bytes(content)

    plain = find(folder, tmp_path).checkpoint
    write_config(folder, quantization_config={"quant_method": "awq"})
    packed = find(folder, tmp_path).checkpoint

    assert plain is not None
    assert (plain.parameters, plain.tensor_bytes) == (8, 16)
    assert packed is not None
    assert (packed.parameters, packed.tensor_bytes) == (None, 16)


def test_a_damaged_checkpoint_is_a_note_and_the_config_still_answers(tmp_path: Path) -> None:
    folder = write_config(tmp_path / "model").parent
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1")

    found = find(folder, tmp_path)

    assert found.config == LLAMA
    assert found.checkpoint is None
    (note,) = found.notes
    assert note.startswith("checkpoint not read: ")


def test_modelopt_s_separate_file_is_merged(tmp_path: Path) -> None:
    folder = write_config(tmp_path / "model").parent
    (folder / "hf_quant_config.json").write_text('{"quantization": {"quant_algo": "FP8"}}')

    config = find(folder, tmp_path).config

    assert config["quantization_config"] == {"quantization": {"quant_algo": "FP8"}}


def test_a_model_with_code_of_its_own_answers_and_says_that_none_was_run(tmp_path: Path) -> None:
    folder = write_config(
        tmp_path / "model", auto_map={"AutoModelForCausalLM": "evil.Model"}
    ).parent
    marker = tmp_path / "was-run"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')")

    found = find(folder, tmp_path)

    assert found.notes == ("the checkpoint brings code of its own (auto_map); none of it was run",)
    assert not marker.exists()


@pytest.mark.parametrize("config", [{"hidden_size": -1}, {"num_hidden_layers": 10**9}])
def test_absurd_sizes_name_the_file_they_stand_in(config: dict[str, int], tmp_path: Path) -> None:
    path = write_config(tmp_path / "model", **config)

    with pytest.raises(InvalidInputError, match=f"{path}: {next(iter(config))} is"):
        find(path, tmp_path)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([], "it is empty"),
        (["params.json"], "Mistral's own format"),
        (["model.gguf"], "GGUF"),
        (["a", "b"], "it holds 2 other files"),
    ],
)
def test_a_directory_without_config_says_what_it_holds(
    others: list[str], said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in others:
        (folder / name).touch()

    with pytest.raises(InvalidInputError, match=r"has no config\.json") as caught:
        find(folder, tmp_path)

    assert said in caught.value.cause


def test_pipes_devices_and_loops_of_links_are_refused_at_once(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").symlink_to(pipe)

    for name in (pipe, loop, folder, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(InvalidInputError):
            find(name, tmp_path)


def test_a_pipe_among_the_weights_is_not_waited_for(tmp_path: Path) -> None:
    folder = write_config(tmp_path / "model").parent
    os.mkfifo(folder / "model.safetensors")

    assert "is not a regular file" in find(folder, tmp_path).notes[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_config_one_may_not_read_is_refused(tmp_path: Path) -> None:
    path = write_config(tmp_path / "model")
    path.chmod(0)

    with pytest.raises(InvalidInputError, match="cannot read"):
        find(path, tmp_path)


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "~/model", "a/b/c", "mine.json", "..."])
def test_a_path_that_does_not_exist_is_called_a_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="there is no file or directory"):
        find(name, tmp_path)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "a b", "org/../x", "org/--x", "x" * 5000])
def test_what_can_be_no_name_is_unknown(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        find(name, tmp_path)


def test_the_catalogue_answers_without_a_hub(tmp_path: Path) -> None:
    found = find("qwen2.5-7b-instruct", tmp_path)

    assert (found.id, found.kind, found.trust) == ("Qwen/Qwen2.5-7B-Instruct", "catalog", "exact")
    assert found.config["num_hidden_layers"] == 28
    assert found.checkpoint is not None
    assert found.checkpoint.parameters == 7_615_616_512
    assert found.source.startswith("embedded catalogue: parameters counted from it equal the hub's")


def test_a_known_model_answers_though_online_without_touching_the_hub(tmp_path: Path) -> None:
    # the endpoint would refuse: port 9 is closed
    environ = {"HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}

    assert find_model("deepseek-ai/DeepSeek-R1", environ=environ).kind == "catalog"


def test_a_catalogued_model_with_code_of_its_own_says_so(tmp_path: Path) -> None:
    assert "none of it was run" in find("deepseek-ai/DeepSeek-R1", tmp_path).notes[-1]


def test_a_local_path_comes_before_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path / "gpt2")

    assert find("gpt2", tmp_path).kind == "local"


def test_an_unknown_short_name_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        find("Qwen2.5-7B-Instuct", tmp_path)

    assert caught.value.exit_code == ExitCode.USAGE
    assert "Qwen/Qwen2.5-7B-Instruct" in caught.value.fix


@pytest.mark.parametrize("revision", ["../../x", "a\0b", "", "x" * 500, "a b"])
def test_what_can_be_no_revision_is_refused(revision: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="names no revision"):
        find_model("gpt2", revision=revision, offline=True, environ={"HOME": str(tmp_path)})


@pytest.mark.parametrize("environ", [{"HF_HUB_OFFLINE": "1"}, {"TRANSFORMERS_OFFLINE": "true"}])
def test_an_unknown_id_without_a_hub_cannot_be_had_here(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError, match="no hub may be asked") as caught:
        find_model("some-org/some-model", environ={"HOME": str(tmp_path), **environ})

    assert caught.value.exit_code == ExitCode.UNAVAILABLE


def test_what_is_shown_is_plain_data(tmp_path: Path) -> None:
    shown = show_model(find("openai/gpt-oss-20b", tmp_path))

    assert json.loads(json.dumps(shown)) == shown
    assert shown["checkpoint_bytes"] == 13_761_264_768
    assert shown["parameters"] == 20_914_757_184


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.binary(max_size=100))
def test_any_name_and_any_file_give_a_model_or_a_planner_error(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / "config.json").write_bytes(content)
    for typed in (name, str(tmp_path)):
        try:
            found = find(typed, tmp_path)
        except PlannerError:
            continue
        assert isinstance(found.config, dict)


def test_finding_a_catalogued_model_imports_no_network(tmp_path: Path) -> None:
    code = (
        "import sys; from planner.model.source import find_model;"
        f"find_model('Qwen2.5-7B-Instruct', environ={{'HOME': {str(tmp_path)!r}}});"
        "print([m for m in ('huggingface_hub', 'urllib.request', 'http', 'ssl')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout.strip() == "[]"
