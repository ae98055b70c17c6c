"""A verdict says what its probability says, and which of two margins it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.estimate import estimate
from planner.recommend import recommend
from planner.report.parts.words import fit_text
from planner.request import request

if TYPE_CHECKING:
    from planner.plan import Fit, Layout

MODELS = ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-30B-A3B", "openai/gpt-oss-20b")
BOARDS = ("T4", "L4", "A10G", "L40S", "A100", "H100", "h100-mig-2g.20gb")


def fit(model: str, gpus: str, **options: object) -> Fit:
    (layout,) = estimate(request(model=model, gpus=gpus, offline=True, **options), {}).layouts
    return layout.fit


def layouts(model: str, gpus: str, **options: object) -> tuple[Layout, ...]:
    return recommend(request(model=model, gpus=gpus, offline=True, **options), {}).layouts


def expected(probability: float) -> str:
    if probability >= 0.95:
        return "fits"
    return "uncertain" if probability > 0.05 else "does_not_fit"


@settings(max_examples=40)
@given(
    st.sampled_from(MODELS),
    st.sampled_from(BOARDS),
    st.sampled_from(("0.13", "0.19", "0.26", "0.33")),
    st.integers(60, 99),
    st.sampled_from((1, 2, 4)),
)
def test_a_verdict_is_its_probability_in_a_word(
    model: str, board: str, release: str, percent: int, gpus: int
) -> None:
    found = fit(
        model,
        f"{gpus}x{board}",
        tensor_parallel_size=gpus,
        vllm_version=release,
        gpu_memory_utilization=percent / 100,
        max_model_len=8192,
    )
    assert found.probability is not None
    # shown with three places: the verdict is of more
    assert found.verdict in {expected(found.probability + d) for d in (-0.0005, 0, 0.0005)}
    if found.verdict == "fits":
        assert (found.margin_bytes or 0) > 0
        assert (found.beside_margin_bytes or 0) > 0


@settings(max_examples=20)
@given(st.sampled_from(MODELS), st.sampled_from(BOARDS), st.integers(2, 8))
def test_what_surely_fits_stands_before_what_may(model: str, board: str, gpus: int) -> None:
    found = layouts(model, f"{gpus}x{board}", top=50, max_model_len=4096)
    verdicts = [layout.fit.verdict for layout in found]
    assert verdicts == sorted(verdicts)
    assert set(verdicts) <= {"fits", "uncertain"}


def test_a_context_that_is_cut_surely_fits() -> None:
    (best,) = layouts("openai/gpt-oss-120b", "H100", top=1)
    assert best.fit.verdict == "fits"
    (cut,) = layouts("DeepSeek-R1-Distill-Llama-70B", "2xA100", top=1)
    assert cut.kv_cache is not None
    assert cut.kv_cache.max_model_len_reduced
    assert cut.fit.verdict == "fits"
    assert cut.fit.limited_by == "budget"


def test_an_unsure_room_beside_the_budget_is_told() -> None:
    found = fit("DeepSeek-R1-Distill-Qwen-7B", "2xT4", tensor_parallel_size=2, max_model_len=32768)
    assert (found.verdict, found.limited_by) == ("uncertain", "beside")
    assert "left beside the budget" in fit_text(found)


def test_the_model_of_94_layers_takes_all_eight_gpus() -> None:
    """What graphs take beyond their reserve errs with it: eight GPUs surely hold the model."""
    best, *_ = layouts("Qwen/Qwen3-235B-A22B", "8xH100")
    assert best.gpus_used == 8
    assert best.fit.verdict == "fits"


@pytest.mark.parametrize(("release", "verdict"), [("0.19", "uncertain"), ("0.33", "fits")])
def test_graphs_beside_the_budget_count_where_nothing_is_set_aside(
    release: str, verdict: str
) -> None:
    found = fit(
        "DeepSeek-R1-Distill-Llama-70B",
        "4xH100",
        tensor_parallel_size=4,
        vllm_version=release,
        max_model_len=8192,
        gpu_memory_utilization=0.95,
    )
    assert found.verdict == verdict


def test_a_chance_just_short_of_certain_is_not_rounded_to_it() -> None:
    found = fit("Qwen/Qwen2.5-7B-Instruct", "L4").model_copy(
        update={"verdict": "uncertain", "probability": 0.948}
    )
    assert fit_text(found).endswith("probability 0.94")
