"""Options and variables that change what a rank takes, term by term."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import UsageError
from planner.estimate import estimate
from planner.request import request
from planner.units import GIB, MIB

if TYPE_CHECKING:
    from planner.plan import Stage

TEXT = "Qwen/Qwen2.5-7B-Instruct"
VISION = "Qwen/Qwen2.5-VL-7B-Instruct"
#: of one decoder's process: two decoders' surfaces, and a context
DECODING = 2 * 128 * MIB + int(1.8 * GIB)


def stage(model: str = TEXT, **options: object) -> Stage:
    """The memory of the one GPU."""
    asked = {"gpus": "H100", "offline": True, **options}
    (layout,) = estimate(request(model=model, **asked), {}).layouts
    assert layout.memory is not None
    return layout.memory.stages[0]


def with_variable(name: str, value: str, model: str = TEXT, **options: object) -> Stage:
    return stage(model, environment={name: value}, **options)


def test_without_an_estimate_of_graphs_they_all_lie_beside_the_budget() -> None:
    estimated = stage()
    off = with_variable("VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS", "0")
    assert off.cuda_graph_bytes == 0
    assert off.kv_cache_bytes - estimated.kv_cache_bytes == estimated.cuda_graph_bytes
    captured = off.outside_budget_bytes - estimated.outside_budget_bytes
    # 28 layers and 51 sizes
    assert 0.7 < captured / GIB < 1.1


def test_the_first_model_runner_can_be_asked_for() -> None:
    first = with_variable("VLLM_USE_V2_MODEL_RUNNER", "0")
    assert first.cuda_graph_bytes < stage().cuda_graph_bytes
    assert first.non_torch_bytes < stage().non_torch_bytes
    ignored = with_variable("VLLM_USE_V2_MODEL_RUNNER", "1", vllm_version="0.11")
    assert ignored == stage(vllm_version="0.11")


def test_without_flashinfers_sampler_logits_are_masked_in_place() -> None:
    without = with_variable("VLLM_USE_FLASHINFER_SAMPLER", "0")
    saved = stage().activation_bytes - without.activation_bytes
    # 1,024 requests over 152,064 tokens in fp32, 1.8 times fewer
    assert saved == pytest.approx(1.8 * 1024 * 152_064 * 4, rel=0.01)


def test_a_variable_that_vllm_cannot_read_is_refused() -> None:
    with pytest.raises(UsageError, match="VLLM_USE_V2_MODEL_RUNNER=yes"):
        with_variable("VLLM_USE_V2_MODEL_RUNNER", "yes")


def test_before_0_27_sleep_mode_counts_too_little() -> None:
    """Two starts that differ in sleep mode alone printed 3.17 and 5.16 GiB of KV cache."""
    awake, sleeping = (stage(vllm_version="0.19", enable_sleep_mode=mode) for mode in (False, True))
    unseen = sleeping.kv_cache_bytes - awake.kv_cache_bytes
    assert unseen / GIB == pytest.approx(5.16 - 3.17, abs=0.01)
    assert sleeping.non_torch_bytes < 0
    assert sleeping.free_bytes == awake.free_bytes - unseen
    assert stage(enable_sleep_mode=True) == stage()


@pytest.mark.parametrize(
    ("limits", "alike"),
    [
        ({"image": 0, "video": 0}, {"language_model_only": True}),
        ({"video": {"count": 0}, "image": {"count": 0}}, {"language_model_only": True}),
        ({"image": 0}, {}),
        ({"image": 4, "audio": 0}, {}),
    ],
)
def test_an_encoder_is_left_out_where_no_item_of_its_kinds_is_allowed(
    limits: dict[str, object], alike: dict[str, object]
) -> None:
    assert stage(VISION, limit_mm_per_prompt=limits) == stage(VISION, **alike)


def test_without_videos_the_largest_item_is_an_image() -> None:
    both, image = (
        stage(VISION, max_num_batched_tokens=2048, max_num_seqs=8, limit_mm_per_prompt=limits)
        for limits in ({}, {"video": 0})
    )
    assert image.activation_bytes < both.activation_bytes
    assert image.weights_bytes == both.weights_bytes


def test_each_http_process_that_decodes_on_the_gpu_has_its_own_memory() -> None:
    decoding = {"media_io_kwargs": {"video": {"backend": "pynvvideocodec"}}}
    plain = stage(VISION).kv_cache_bytes
    assert plain - stage(VISION, **decoding).kv_cache_bytes == DECODING
    several = stage(VISION, **decoding, api_server_count=4, mm_ipc_gpu_memory_gb=2)
    assert plain - several.kv_cache_bytes == 4 * DECODING + 2 * GIB
    by_variable = with_variable("VLLM_VIDEO_LOADER_BACKEND", "pynvvideocodec", model=VISION)
    assert plain - by_variable.kv_cache_bytes == DECODING
    large = {"video": {"backend": "pynvvideocodec", "max_width": 7680, "max_height": 4320}}
    surfaces = 7680 * 4320 * 3 * 2
    taken = plain - stage(VISION, media_io_kwargs=large).kv_cache_bytes
    assert taken == 2 * surfaces + int(1.8 * GIB)
    assert stage(media_io_kwargs=large) == stage()


def test_a_fixed_cache_gives_way_to_decoders_too() -> None:
    fixed = stage(
        VISION,
        kv_cache_memory_bytes=16 * GIB,
        media_io_kwargs={"video": {"backend": "pynvvideocodec"}},
    )
    assert fixed.kv_cache_bytes == 16 * GIB - DECODING
