from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.constants import Constant, term
from planner.memory.activation import (
    activation_bytes,
    expert_workspace_elements,
    forward_bytes,
    sampler_bytes,
    warm_up_bytes,
    workspace_bytes,
)
from planner.memory.interval import Interval
from planner.memory.profile_run import ActivationShape, ProfileRun
from planner.memory.sparse_workspace import SparseWorkspace
from planner.units import GIB, MIB

ALONE = np.array([[True]])
QWEN_7B = ActivationShape(
    hidden=3584,
    mlp_projection=2 * 18944,
    mlp_activation=18944,
    attention_qkv=4608,
    attention_output=3584,
    vocabulary=152064,
)
QWEN_8B = ActivationShape(
    hidden=4096,
    mlp_projection=2 * 12288,
    mlp_activation=12288,
    attention_qkv=6144,
    attention_output=4096,
    eager_hidden=1,
    vocabulary=151936,
)
GEMMA_2_9B = ActivationShape(
    hidden=3584,
    mlp_projection=2 * 14336,
    mlp_activation=14336,
    attention_qkv=8192,
    attention_output=4096,
    vocabulary=256000,
    logits_capped=True,
)
LLAMA_8B = ActivationShape(
    hidden=4096,
    mlp_projection=2 * 14336,
    mlp_activation=14336,
    attention_qkv=6144,
    attention_output=4096,
    vocabulary=128256,
)


def constants(
    version: tuple[int, int], family: str = "hopper", runner: str = "v2"
) -> dict[str, Constant]:
    return term("activation", version, family, runner)


def batch(tokens: int, sequences: int, values: dict[str, Constant]) -> ProfileRun:
    return ProfileRun(
        tokens=tokens,
        sequences=sequences,
        expert_tokens=tokens,
        constants=values,
        multiprocessors=132,
    )


def mid_gib(shape: ActivationShape, run: ProfileRun) -> float:
    return float(activation_bytes(shape, run, first=ALONE, last=ALONE).mid.item() / GIB)


# measured on H200 with vLLM 0.26.0, 16384 tokens, 1024 sequences
@pytest.mark.parametrize(("shape", "measured_gib"), [(QWEN_7B, 2.153336), (LLAMA_8B, 1.777359)])
def test_the_widest_mlp_moment_matches_real_runs_to_a_mebibyte(
    shape: ActivationShape, measured_gib: float
) -> None:
    run = replace(batch(16384, 1024, constants((0, 26))), cache_bytes=60 * MIB)
    layers = forward_bytes(shape, run).mid.item()
    assert (measured_gib * GIB - layers) / MIB == pytest.approx(32.5, abs=0.6)


# vLLM 0.11.0, 0.17.0 and 0.19.0 on an H100 with its defaults, 8192 tokens and 1024 sequences
@pytest.mark.parametrize(
    ("version", "shape", "measured_gib"),
    [
        ((0, 11), LLAMA_8B, 4.76),
        ((0, 17), replace(QWEN_7B, hidden=5120, vocabulary=151936), 2.23),
        ((0, 19), LLAMA_8B, 1.89),
        ((0, 19), QWEN_7B, 2.21),
    ],
)
def test_the_first_runners_peak_is_its_sampler(
    version: tuple[int, int], shape: ActivationShape, measured_gib: float
) -> None:
    run = batch(8192, 1024, constants(version, runner="v1"))
    assert mid_gib(shape, run) == pytest.approx(measured_gib, rel=0.015)


# own runs of 0.26.0 on an H100, eager, 8192 tokens; GPTQ and fp8 hold no workspace of cuBLAS
@pytest.mark.parametrize(
    ("shape", "plain", "measured_mib"),
    [
        (LLAMA_8B, True, 896.0),
        (replace(QWEN_7B, eager_hidden=1), False, 1112.0),
        (QWEN_8B, True, 864.0),
        (replace(QWEN_8B, mlp_quantized=12288), False, 928.0),
        (GEMMA_2_9B, True, 1095.0),
    ],
)
def test_code_that_is_not_compiled_holds_on_to_more(
    shape: ActivationShape, measured_mib: float, *, plain: bool
) -> None:
    run = replace(batch(8192, 1024, constants((0, 26))), compiled=False, plain_products=plain)
    assert mid_gib(shape, run) * 1024 == pytest.approx(measured_mib, abs=8)


# the same, on the first model runner: vocabularies of 32,000 to 151,936 words
@pytest.mark.parametrize(
    ("shape", "measured_mib"),
    [
        (QWEN_8B, 2268.3),
        (ActivationShape(hidden=2048, vocabulary=65536), 1002.0),
        (ActivationShape(hidden=4096, expert_workspace=86016, vocabulary=32000), 1913.7),
    ],
)
def test_the_first_runners_sampler_has_a_row_for_each_multiprocessor(
    shape: ActivationShape, measured_mib: float
) -> None:
    run = replace(batch(8192, 1024, constants((0, 26), runner="v1")), compiled=False)
    assert mid_gib(shape, run) * 1024 == pytest.approx(measured_mib, abs=5)


def test_experts_without_a_gate_have_half_the_product() -> None:
    """Measured with 0.26 on an H200: Nemotron-3-Nano has 504 MiB of workspace for 8192 tokens."""
    elements = int(expert_workspace_elements(6, 2688, 1856, gated=False))
    assert elements * 8192 * 2 / MIB == 504


def test_the_experts_workspace_is_still_held_while_sampling() -> None:
    qwen_30b = ActivationShape(
        hidden=2048,
        attention_qkv=5120,
        attention_output=4096,
        expert_workspace=int(expert_workspace_elements(8, 2048, 768)),
        vocabulary=151936,
    )
    run = batch(8192, 1024, constants((0, 19), runner="v1"))
    assert workspace_bytes(qwen_30b, run).item() == GIB // 2
    assert mid_gib(qwen_30b, run) == pytest.approx(2.68, rel=0.02)


def test_replicas_that_share_experts_send_them_all_their_tokens() -> None:
    shape = ActivationShape(hidden=2048, expert_workspace=1000)
    run = replace(batch(8192, 256, constants((0, 33))), expert_tokens=np.array([[8192], [65536]]))
    assert workspace_bytes(shape, run).ravel().tolist() == [16_384_000, 131_072_000]


def test_old_releases_ran_experts_in_chunks() -> None:
    shape = ActivationShape(hidden=2048, expert_workspace=1000)
    run = batch(65536, 256, constants((0, 17), runner="v1"))
    assert workspace_bytes(shape, run).item() == 16384 * 1000 * 2


def test_the_first_runner_samples_a_second_time_where_tokens_are_drafted() -> None:
    """Measured with 0.26 on an H100, Qwen3-8B: 4644.35 MiB with ngram, 2268.3 without."""
    shape = ActivationShape(hidden=4096, mlp_projection=24576, mlp_activation=12288)
    shape = replace(shape, vocabulary=151936)
    run = batch(8192, 1024, constants((0, 26), runner="v1"))
    drafting = replace(run, drafting=True)
    more = sampler_bytes(shape, drafting).mid - sampler_bytes(shape, run).mid
    assert more.item() == pytest.approx((4644.35 - 2268.30) * MIB, rel=0.002)
    second = batch(8192, 1024, constants((0, 33)))
    drafting = replace(second, drafting=True)
    assert sampler_bytes(shape, second).mid == sampler_bytes(shape, drafting).mid


def test_only_the_last_stage_samples_and_the_others_send_two_tensors() -> None:
    first, last = np.array([[True, False, False]]), np.array([[False, False, True]])
    run = batch(2048, 1024, constants((0, 33)))
    stages = activation_bytes(LLAMA_8B, run, first=first, last=last)
    layers = forward_bytes(LLAMA_8B, run).mid.item()
    library = constants((0, 33))["library_bytes"].mid
    assert stages.mid[0, 0] == stages.mid[0, 1] == layers + 2 * 2048 * 4096 * 2 + library
    assert stages.mid[0, 2] > 1024 * 128256 * (2 + 3 * 4)


def test_a_first_stage_holds_the_encoders_outputs_while_its_layers_run() -> None:
    first, last = np.array([[True, False]]), np.array([[False, True]])
    run = batch(8192, 16, constants((0, 33)))
    plain = activation_bytes(LLAMA_8B, run, first=first, last=last)
    towered = activation_bytes(
        LLAMA_8B, run, first=first, last=last, encoder_kept=Interval.exact(300 * MIB)
    )
    peaked = activation_bytes(
        LLAMA_8B, run, first=first, last=last, encoder_peak=Interval.exact(9 * GIB)
    )
    assert (towered.mid - plain.mid).tolist() == [[300 * MIB, 0]]
    assert peaked.mid[0, 0] == 9 * GIB + constants((0, 33))["library_bytes"].mid
    assert peaked.mid[0, 1] == plain.mid[0, 1]


def test_turing_samples_without_flashinfer() -> None:
    turing, ampere = (
        mid_gib(QWEN_7B, batch(2048, 256, constants((0, 33), family)))
        for family in ("turing", "cuda")
    )
    assert turing < ampere


@given(
    st.integers(1, 65536),
    st.integers(1, 65536),
    st.integers(1, 2048),
    st.sampled_from([QWEN_7B, LLAMA_8B]),
)
def test_more_tokens_never_need_less(
    tokens: int, more: int, sequences: int, shape: ActivationShape
) -> None:
    values = constants((0, 33))
    few = activation_bytes(shape, batch(tokens, sequences, values), first=ALONE, last=ALONE)
    many = activation_bytes(shape, batch(tokens + more, sequences, values), first=ALONE, last=ALONE)
    assert (few.low <= many.low).all()
    assert (few.mid <= many.mid).all()
    assert (few.high <= many.high).all()


@given(st.lists(st.integers(1, 16), min_size=1, max_size=5))
def test_one_row_equals_the_same_row_of_many(sizes: list[int]) -> None:
    values = constants((0, 33))
    tp = np.array(sizes)[:, None]

    def rows(size: np.ndarray) -> ActivationShape:
        return replace(LLAMA_8B, mlp_projection=2 * 14336 // size, mlp_activation=14336 // size)

    ones = np.ones_like(tp, dtype=np.bool_)
    many = activation_bytes(rows(tp), batch(8192, 64, values), first=ones, last=ones)
    for index, size in enumerate(sizes):
        one = activation_bytes(
            rows(np.array([[size]])), batch(8192, 64, values), first=ALONE, last=ALONE
        )
        assert one.mid.item() == many.mid[index, 0]


def test_an_indexers_workspace_stays_and_its_scores_pass() -> None:
    run = batch(2048, 256, constants((0, 26)))
    sparse = replace(run, sparse=SparseWorkspace(kept=3 * GIB, scratch=GIB // 2))
    assert workspace_bytes(LLAMA_8B, sparse).item() == 3 * GIB
    assert forward_bytes(LLAMA_8B, sparse).mid.item() > 3.5 * GIB
    assert forward_bytes(LLAMA_8B, run).mid.item() < GIB


@pytest.mark.parametrize(
    ("version", "runner", "beyond"), [((0, 26), "v2", True), ((0, 33), "v2", False)]
)
def test_a_warm_up_that_was_not_profiled_needs_room_of_its_own(
    version: tuple[int, int], runner: str, *, beyond: bool
) -> None:
    run = batch(2048, 1024, constants(version, runner=runner))
    peak = activation_bytes(LLAMA_8B, run, first=ALONE, last=ALONE)
    assert (warm_up_bytes(LLAMA_8B, run, peak, last=ALONE).mid.item() > GIB) is beyond
    assert warm_up_bytes(LLAMA_8B, run, peak, last=~ALONE).high.item() == 0
