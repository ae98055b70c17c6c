"""What picking tokens takes, against the figures that vLLM's source and users name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.memory.sparse_workspace import SparseWorkspace, sparse_workspace
from planner.model.read import read_architecture
from planner.model.source import find_model
from planner.units import GIB, MIB
from planner.vllm.version import find_version

if TYPE_CHECKING:
    from planner.model.architecture import Architecture


def workspace(
    model: str, version: str, *, rocm: bool = False, length: int, tokens: int = 8192
) -> SparseWorkspace:
    return sparse_workspace(
        architecture(model),
        find_version(version),
        rocm=rocm,
        max_model_len=length,
        tokens=tokens,
        decode_tokens=256,
    )


def architecture(model: str) -> Architecture:
    return read_architecture(find_model(model, offline=True, environ={}).config)


def test_forty_contexts_are_the_bytes_that_vllm_names() -> None:
    found = workspace("deepseek-ai/DeepSeek-V3.2", "0.33", length=163_840)
    assert found == SparseWorkspace(kept=865_075_200 + MIB, scratch=512 * MIB)


def test_before_0_13_two_contexts_were_gathered() -> None:
    found = workspace("deepseek-ai/DeepSeek-V3.2", "0.12", length=163_840)
    assert found == SparseWorkspace(kept=2 * 163_840 * 132 + MIB, scratch=0)


@pytest.mark.parametrize(("version", "gib"), [("0.22", 1.29), ("0.26", 16), ("0.30", 1.29)])
def test_on_rocm_scores_of_a_step_are_kept(version: str, gib: float) -> None:
    model = "deepseek-ai/DeepSeek-V4-Pro"
    found = workspace(model, version, rocm=True, length=1_048_576, tokens=16_384)
    assert found.kept / GIB == pytest.approx(gib, abs=0.01)


def test_a_model_without_an_indexer_takes_nothing() -> None:
    assert workspace("Qwen/Qwen3-8B", "0.33", length=40_960) == SparseWorkspace()
