"""What latent attention holds of other prompts' context, against own runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.memory.latent_context import context_rows
from planner.units import GIB, MIB
from tests.memory.stages_of import stages_of

if TYPE_CHECKING:
    from planner.plan import Stage


def stage(model: str, version: str, options: dict[str, Any], gpus: str = "1xH100") -> Stage:
    return stages_of(
        model,
        gpus,
        vllm_version=version,
        gpu_memory_utilization=0.92,
        enforce_eager=True,
        **options,
    )[0]


@pytest.mark.parametrize(
    ("length", "sequences", "block", "rows"),
    [(32768, 1024, 16, 65536), (4096, 64, 16, 32768), (65536, 1024, 1888, 1888 * 1024)],
)
def test_up_to_0_27_each_request_had_a_block(
    length: int, sequences: int, block: int, rows: int
) -> None:
    found = context_rows("requests", max_model_len=length, sequences=sequences, block_size=block)
    assert int(found) == rows


# tests/data/h100_runs, but for the libraries' own memory
@pytest.mark.parametrize(
    ("model", "options", "measured_mib"),
    [
        (
            "deepseek-ai/DeepSeek-V3",
            {"hf_overrides": {"num_hidden_layers": 5}, "max_model_len": 32768},
            6849.0,
        ),
        ("deepseek-ai/DeepSeek-V2-Lite", {}, 1161.0),
    ],
)
def test_the_profile_makes_keys_and_values_of_it(
    model: str, options: dict[str, Any], measured_mib: float
) -> None:
    low, high = stage(model, "0.26", options).interval["activation_bytes"]
    assert low / MIB - 85 <= measured_mib <= high / MIB


def test_long_blocks_beside_states_took_most_of_a_board() -> None:
    """Measured on an H200 with 0.26, 8 layers: 72.18 GiB are left for the KV cache."""
    kimi = "moonshotai/Kimi-Linear-48B-A3B-Instruct"
    cut = {"hf_overrides": {"num_hidden_layers": 8}, "max_model_len": 65536}
    every = stage(kimi, "0.26", cut, "1xH200")
    assert every.kv_cache_bytes / GIB == pytest.approx(77_502_936_112 / GIB, rel=0.003)
    fewer = stage(kimi, "0.26", {**cut, "max_num_seqs": 64}, "1xH200")
    assert every.activation_bytes - fewer.activation_bytes > 27 * GIB


def test_models_with_latent_attention_of_their_own_leave_it_out() -> None:
    v32 = "deepseek-ai/DeepSeek-V3.2"
    cut = {"hf_overrides": {"num_hidden_layers": 5}, "max_model_len": 32768, "max_num_seqs": 64}
    before, after = (stage(v32, version, cut).activation_bytes for version in ("0.28", "0.29"))
    assert before - after > 3 * GIB
