from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError
from planner.model.local_caches import hub_cache
from planner.model.source import ModelSource, find_model

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMIT = "a09a35458c702b33eeacc393d103063234e8bc28"
OLDER = "52d1a16e02ab46fbd9cbc6e4e1d6fca4b2f1bd33"
NAME = "some-org/Some.Model-7B"


def config(layers: int) -> str:
    return json.dumps({"model_type": "llama", "num_hidden_layers": layers})


def cache_on_disk(root: Path, name: str = NAME) -> Path:
    """A repository as the hub's library lays it out: links into a folder of blobs."""
    repository = root / f"models--{name.replace('/', '--')}"
    for commit, layers in ((COMMIT, 32), (OLDER, 16)):
        snapshot = repository / "snapshots" / commit
        snapshot.mkdir(parents=True)
        blob = repository / "blobs" / f"{layers}"
        blob.parent.mkdir(exist_ok=True)
        blob.write_text(config(layers))
        (snapshot / "config.json").symlink_to(Path("../../blobs") / blob.name)
    (repository / "refs" / "pr").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "refs" / "pr" / "1").write_text(OLDER)
    return repository


def find(name: str, environ: Mapping[str, Path | str], revision: str | None = None) -> ModelSource:
    strings = {key: str(value) for key, value in environ.items()}
    return find_model(name, revision=revision, offline=True, environ=strings)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"HF_HOME": "~/b", "HOME": "/home/me"}, "/home/me/b/hub"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/home/me"}, "/c/huggingface/hub"),
        ({"HOME": "/home/me"}, "/home/me/.cache/huggingface/hub"),
    ],
)
def test_the_cache_lies_where_the_library_has_it(environ: dict[str, str], folder: str) -> None:
    assert hub_cache(environ) == Path(folder)


def test_a_cached_model_answers_with_the_branch_main(tmp_path: Path) -> None:
    cache_on_disk(tmp_path / "hub")

    found = find(NAME, {"HF_HOME": tmp_path})

    assert (found.kind, found.trust) == ("cache", "file")
    assert found.config["num_hidden_layers"] == 32
    assert found.source == (
        f"Hugging Face cache at {tmp_path}/hub/models--some-org--Some.Model-7B/snapshots/{COMMIT}"
    )


@pytest.mark.parametrize("revision", [OLDER, "pr/1"])
def test_a_revision_is_a_commit_or_a_reference(revision: str, tmp_path: Path) -> None:
    cache_on_disk(tmp_path / "hub")

    assert find(NAME, {"HF_HOME": tmp_path}, revision).config["num_hidden_layers"] == 16


def test_the_cache_comes_before_the_catalogue_also_for_a_short_name(tmp_path: Path) -> None:
    cache_on_disk(tmp_path / "hub", "Qwen/Qwen2.5-7B-Instruct")

    found = find("qwen2.5-7b-instruct", {"HF_HOME": tmp_path})

    assert (found.id, found.kind) == ("Qwen/Qwen2.5-7B-Instruct", "cache")


def test_a_repository_without_its_config_falls_to_the_catalogue(tmp_path: Path) -> None:
    repository = cache_on_disk(tmp_path / "hub", "Qwen/Qwen2.5-7B-Instruct")
    (repository / "blobs" / "32").unlink()

    assert find("Qwen/Qwen2.5-7B-Instruct", {"HF_HOME": tmp_path}).kind == "catalog"


def test_a_revision_that_is_not_cached_is_said_where_the_catalogue_answers(tmp_path: Path) -> None:
    found = find("Qwen/Qwen2.5-7B-Instruct", {"HF_HOME": tmp_path}, "v9")

    assert found.notes == ("revision v9 was not read: the catalogue holds one revision a model",)


def test_a_broken_cached_config_is_an_error_that_names_it(tmp_path: Path) -> None:
    repository = cache_on_disk(tmp_path / "hub")
    (repository / "blobs" / "32").write_text("{")

    with pytest.raises(InvalidInputError, match=r"snapshots/.*/config\.json is not JSON"):
        find(NAME, {"HF_HOME": tmp_path})


@pytest.mark.parametrize("reference", ["../../../../secret", "", "\0", "x" * 3000, "é"])
def test_a_reference_that_leads_elsewhere_finds_nothing(reference: str, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "config.json").write_text(config(1))
    repository = cache_on_disk(tmp_path / "hub", "Qwen/Qwen2.5-7B-Instruct")
    (repository / "refs" / "main").write_text(reference)

    assert find("Qwen/Qwen2.5-7B-Instruct", {"HF_HOME": tmp_path}).kind == "catalog"


@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        ("HOME", ".cache/modelscope/hub/models/some-org/Some___Model-7B"),
        ("HOME", ".cache/modelscope/hub/some-org/Some___Model-7B"),
        ("HOME", ".cache/modelscope/models/some-org--Some.Model-7B/snapshots/master"),
        ("MODELSCOPE_CACHE", "models/some-org/Some___Model-7B"),
        ("MODELSCOPE_CACHE", "hub/some-org/Some.Model-7B"),
        ("MODELSCOPE_CACHE", "some-org/Some___Model-7B"),
    ],
)
def test_modelscope_s_layouts_of_all_ages_are_read(
    variable: str, folder: str, tmp_path: Path
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "config.json").write_text(config(24))

    found = find(NAME, {"HOME": tmp_path / "nobody", variable: tmp_path})

    assert found.config["num_hidden_layers"] == 24
    assert found.source == f"ModelScope cache at {tmp_path / folder}"


def test_of_two_caches_the_hub_in_use_comes_first(tmp_path: Path) -> None:
    cache_on_disk(tmp_path / "hub")
    (tmp_path / "ms/models/some-org/Some___Model-7B").mkdir(parents=True)
    (tmp_path / "ms/models/some-org/Some___Model-7B/config.json").write_text(config(24))
    where = {"HF_HOME": tmp_path, "MODELSCOPE_CACHE": tmp_path / "ms"}

    assert find(NAME, where).config["num_hidden_layers"] == 32
    assert find(NAME, {**where, "VLLM_USE_MODELSCOPE": "True"}).config["num_hidden_layers"] == 24
