from __future__ import annotations

import pytest

from planner.units import GIB
from planner.vllm.batch_defaults import batch_defaults
from planner.vllm.version import find_version

A100 = (80 * GIB, "NVIDIA A100-SXM4-80GB")
H100 = (80 * GIB, "NVIDIA H100 80GB HBM3")
L40S = (45 * GIB, "NVIDIA L40S")
B200 = (178 * GIB, "NVIDIA B200")


# of an OpenAI server: vllm.engine.arg_utils of each release
@pytest.mark.parametrize(
    ("version", "board", "tokens", "requests"),
    [
        ("0.8.4", H100, 8192, 1024),
        ("0.8.3", L40S, 2048, 1024),
        ("0.8.4", L40S, 2048, 256),
        ("0.8.5", A100, 8192, 1024),
        ("0.9.0", A100, 2048, 256),
        ("0.12", H100, 8192, 1024),
        ("0.27", B200, 8192, 1024),
        ("0.28", B200, 16384, 1024),
        ("0.33", L40S, 2048, 256),
    ],
)
def test_batches_are_those_of_the_release(
    version: str, board: tuple[int, str], tokens: int, requests: int
) -> None:
    found = batch_defaults(*board, find_version(version).batch_tiers)
    assert (found.max_num_batched_tokens, found.max_num_seqs) == (tokens, requests)
