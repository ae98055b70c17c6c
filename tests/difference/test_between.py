"""Deployments are paired, and what differs between them is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.compare import compare, releases, upgrade
from planner.errors import PlannerError
from planner.policy.policy import Policy
from planner.request import request
from planner.targets.reading import Reading, read_all, reread

if TYPE_CHECKING:
    from pathlib import Path

    from planner.difference.document import DeploymentChange, Difference, Figure

ASKED = request(gpus="2xH100", offline=True, calibration=False)
CHAT = """\
services:
  chat:
    image: vllm/vllm-openai:v0.33.0
    ipc: host
    command: --model Qwen/Qwen3-8B --max-model-len 8192
"""
OTHER = """\
  other:
    image: vllm/vllm-openai:v0.33.0
    ipc: host
    command: --model Qwen/Qwen3-4B --max-model-len 8192
"""


def compared(old: str, new: str, tmp_path: Path) -> Difference:
    file = tmp_path / "compose.yaml"
    file.write_text(new, encoding="utf-8")
    reading = read_all([str(file)])
    before = reread(reading, str(file), old)
    return compare(ASKED, (before, reading), ("old", "new"), Policy(), {})


def figures(change: DeploymentChange) -> dict[str, Figure]:
    return {each.name: each for each in (*change.options, *change.settings, *change.figures)}


def test_the_same_deployment_does_not_change(tmp_path: Path) -> None:
    (change,) = compared(CHAT, CHAT, tmp_path).deployments
    assert change.state == "same"
    assert not figures(change)


def test_what_an_option_changes_is_told_with_both_figures(tmp_path: Path) -> None:
    new = CHAT.replace("8192", "16384 -tp 2 --task generate")
    (change,) = compared(CHAT, new, tmp_path).deployments
    found = figures(change)
    assert change.state == "changed"
    assert (found["--tensor-parallel-size"].old, found["--tensor-parallel-size"].new) == (None, 2)
    assert (found["max_model_len"].old, found["max_model_len"].new) == (8192, 16384)
    assert found["memory.weights_bytes"].unit == "bytes"
    assert int(found["memory.weights_bytes"].old or 0) > int(found["memory.weights_bytes"].new or 0)
    assert found["kv_cache.tokens"].unit == "tokens"
    assert found["cost.usd_per_hour"].new == 2 * float(found["cost.usd_per_hour"].old or 0)
    assert [each.code for each in change.appeared] == ["VER003"]
    assert not change.gone


def test_findings_that_are_mended_are_gone(tmp_path: Path) -> None:
    old = CHAT.replace("8192", "900000 --swap-space 4")
    (change,) = compared(old, CHAT, tmp_path).deployments
    assert {"LEN001", "VER003"} <= {each.code for each in change.gone}
    assert not change.appeared


def test_deployments_come_and_go(tmp_path: Path) -> None:
    both = CHAT + OTHER
    states = [(c.part, c.state) for c in compared(CHAT, both, tmp_path).deployments]
    assert states == [("services.chat", "same"), ("services.other", "added")]
    states = [(c.part, c.state) for c in compared(both, CHAT, tmp_path).deployments]
    assert states == [("services.chat", "same"), ("services.other", "removed")]


def test_a_service_under_another_name_is_known_by_its_model(tmp_path: Path) -> None:
    new = CHAT.replace("chat:", "talk:") + OTHER
    changes = compared(CHAT + OTHER, new, tmp_path).deployments
    assert [(c.part, c.state) for c in changes] == [
        ("services.talk", "same"),
        ("services.other", "same"),
    ]


def test_a_release_moves_defaults_and_takes_options_away(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text("model: Qwen/Qwen3-8B\nmax-model-len: 8192\nswap-space: 4\n", encoding="utf-8")

    def read(version: str | None) -> Reading:
        return read_all([str(file)], version=version)

    made = upgrade(ASKED, read, Policy(), ("0.11", "0.33"), {})
    (change,) = made.deployments
    found = figures(change)
    assert (made.old, made.new) == ("vLLM 0.11", "vLLM 0.33")
    share = found["gpu_memory_utilization"]
    assert (share.old, share.new) == (0.9, 0.92)
    assert [each.code for each in change.appeared] == ["VER003"]
    assert found["memory.cuda_graph_bytes"].old == 0


def test_a_model_that_a_release_does_not_serve_is_found(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text("model: Qwen/Qwen3-8B\nmax-model-len: 8192\n", encoding="utf-8")

    def read(version: str | None) -> Reading:
        return read_all([str(file)], version=version)

    (change,) = upgrade(ASKED, read, Policy(), ("0.33", "0.8.3"), {}).deployments
    assert {each.code for each in change.appeared} >= {"VER002"}


@pytest.mark.parametrize(
    ("typed", "span"),
    [(None, None), ("0.33", None), ("0.21..0.33", ("0.21", "0.33")), ("..0.30", (None, "0.30"))],
)
def test_two_releases_are_told_from_one(
    typed: str | None, span: tuple[str | None, str] | None
) -> None:
    assert releases(typed) == span
    assert (releases("0.21..") or ("", ""))[0] == "0.21"


@pytest.mark.parametrize("typed", ["0.33..0.33", "0.1..0.33", "a..b"])
def test_releases_that_cannot_be_compared_are_told(typed: str) -> None:
    with pytest.raises(PlannerError):
        releases(typed)


def test_the_same_file_with_another_cluster_changes_its_verdict(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(CHAT, encoding="utf-8")
    reading = read_all([str(file)])
    small = replace(ASKED, gpus=("T4",))
    (change,) = compare(small, (reading, reading), ("a", "b"), Policy(), {}).deployments
    assert change.state == "same"
