from __future__ import annotations

from typing import TYPE_CHECKING

from planner.launch.parts.paths import rooted

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_lies_here_is_named_from_the_root_on_and_other_words_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "chat").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = ("--served-model-name", "tiny", "--chat-template", "chat", "--host", "chat")
    assert rooted(("vllm", "serve", "tiny", *words), "0.33") == (
        *("vllm", "serve", str(tmp_path / "tiny"), "--served-model-name", "tiny"),
        *("--chat-template", str(tmp_path / "chat"), "--host", "chat"),
    )


def test_requests_name_the_model_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    absolute = str(tmp_path / "tiny")
    assert rooted(("vllm", "serve", "tiny"), "0.33")[2:] == (
        absolute,
        "--served-model-name",
        "tiny",
    )
    for words in (("vllm", "serve", absolute), ("vllm", "serve", "Qwen/Qwen3-8B")):
        assert rooted(words, "0.33") == words
