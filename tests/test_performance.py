from __future__ import annotations

from planner import estimate


def test_late_first_tokens_are_told_beside_the_mean() -> None:
    answer = estimate(model="Qwen/Qwen3-8B", gpus="H100", offline=True, concurrency=64)

    speed = answer.layouts[0].performance
    assert speed is not None
    assert speed.ttft_ms is not None
    assert speed.ttft_p90_ms is not None
    assert speed.ttft_p99_ms is not None
    assert speed.ttft_ms < speed.ttft_p90_ms < speed.ttft_p99_ms


def test_a_queue_without_end_has_no_time_to_the_first_token() -> None:
    answer = estimate(model="Qwen/Qwen3-8B", gpus="H100", offline=True, request_rate=500.0)

    speed = answer.layouts[0].performance
    assert speed is not None
    assert speed.ttft_ms is None
    assert speed.ttft_p99_ms is None
