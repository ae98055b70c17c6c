from __future__ import annotations

import pytest

from planner.constants import term
from planner.memory.encoder_profile import EncoderBatch, encoder_batch, encoder_kept_bytes
from planner.model.encoder_items import EncoderItems, encoder_items
from planner.model.source import find_model
from planner.units import GIB
from tests.memory.stages_of import stages_of


def items_of(model: str) -> EncoderItems:
    found = encoder_items(find_model(model, offline=True, environ={}).config)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("model", "tokens", "patches"),
    [
        ("google/gemma-3-12b-it", 256, 16),
        ("mistralai/Mistral-Small-3.1-24B-Instruct-2503", 3025, 4),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 17 * 144, 4),
        ("OpenGVLab/InternVL3-8B", 13 * 256, 4),
        ("llava-hf/llava-1.5-7b-hf", 576, 1),
        ("Qwen/Qwen3-VL-8B-Instruct", 16384, 4),
        ("moonshotai/Kimi-VL-A3B-Instruct", 1024, 4),
    ],
)
def test_the_largest_image_is_what_the_processor_makes(
    model: str, tokens: int, patches: int
) -> None:
    items = items_of(model)
    assert (items.largest(8192), items.patches_per_token) == (tokens, patches)


def test_the_largest_video_of_qwen2_5_vl_grows_with_the_context() -> None:
    items = items_of("Qwen/Qwen2.5-VL-7B-Instruct")
    assert [items.largest(length) // 16384 for length in (8192, 32768, 128000)] == [1, 2, 7]


def test_a_text_model_has_no_items() -> None:
    config = find_model("Qwen/Qwen3-8B", offline=True, environ={}).config
    assert encoder_items(config) is None


def test_a_step_holds_as_many_items_as_its_tokens_allow_and_one_at_least() -> None:
    gemma, qwen = items_of("google/gemma-3-12b-it"), items_of("Qwen/Qwen3-VL-8B-Instruct")
    many = encoder_batch(gemma, tokens=8192, sequences=1024, max_model_len=8192)
    one = encoder_batch(qwen, tokens=2048, sequences=256, max_model_len=8192)
    assert many == EncoderBatch(budget_tokens=8192, tokens=8192)
    assert one == EncoderBatch(budget_tokens=16384, tokens=16384)


@pytest.mark.parametrize(("hidden", "measured_gib"), [(2560, 0.23), (3840, 0.256), (5376, 0.28)])
def test_gemma_3_keeps_what_runs_on_0_19_had_beyond_the_text_model(
    hidden: int, measured_gib: float
) -> None:
    items = items_of("google/gemma-3-12b-it")
    kept = encoder_kept_bytes(
        items,
        encoder_batch(items, tokens=8192, sequences=1024, max_model_len=8192),
        term("activation", (0, 19), "hopper", "v1"),
        hidden=hidden,
        dtype_bytes=2,
    )
    assert kept.mid / GIB == pytest.approx(measured_gib, abs=0.01)


@pytest.mark.parametrize(
    ("model", "tp", "measured_gib"),
    [
        ("google/gemma-3-4b-it", 1, 3.89),
        ("google/gemma-3-27b-it", 1, 3.99),
        ("moonshotai/Kimi-VL-A3B-Instruct", 2, 2.85),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 4, 3.19),
    ],
)
def test_activation_peaks_of_multimodal_models_match_runs_on_0_19(
    model: str, tp: int, measured_gib: float
) -> None:
    stage = stages_of(
        model, f"{tp}xH100", vllm_version="0.19", tensor_parallel_size=tp, max_model_len=8192
    )[0]
    assert stage.activation_bytes / GIB == pytest.approx(measured_gib, rel=0.02)


def test_an_encoder_that_is_left_out_or_not_profiled_takes_nothing() -> None:
    def peak(**options: object) -> int:
        return stages_of("google/gemma-3-12b-it", "H100", **options)[0].activation_bytes

    assert peak() > peak(skip_mm_profiling=True)
    assert peak(skip_mm_profiling=True) == peak(limit_mm_per_prompt={"image": 0, "video": 0})
