"""Prompts of a burst: all at once, then wave by wave; and what a full KV cache does to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.case.exchange import all_reduce
from planner.case.speed_columns import served_at
from planner.layout import Layouts
from planner.request import request
from planner.resolve import resolve, table

if TYPE_CHECKING:
    from pathlib import Path

    from planner.case import Case
    from planner.speed.serving import Served

QWEN = "Qwen/Qwen3-32B"


def case(gpus: str = "2xH100", **options: Any) -> Case:  # noqa: ANN401
    given = {"model": QWEN, "input_tokens": 1000, "output_tokens": 1000} | options
    if "workload" in given:
        given |= {"input_tokens": None, "output_tokens": None}
    asked = request(gpus=gpus, offline=True, calibration=False, **given)
    subject = resolve(asked, {})
    return table(subject, subject.groups[0], Layouts.one(tp=2))


def served(users: float = 64, **options: Any) -> Served:  # noqa: ANN401
    return served_at(case(**options), concurrency=np.array([users]))[0]


def burst(waves: int, **options: Any) -> Served:  # noqa: ANN401
    return served(arrival="burst", concurrency=64, num_prompts=64 * waves, **options)


def test_a_lone_request_waits_for_no_other() -> None:
    alone = served(users=1)

    assert alone.queue_s[0, 0] == pytest.approx(0, abs=1e-9)
    assert alone.cold_s[0, 0] == 0
    assert alone.ttft_s[0, 0] > alone.pace.step_s[0, 0] + alone.pace.stall_s[0, 0]


def test_the_first_wave_counts_once_in_all_waves() -> None:
    assert burst(2).cold_s[0, 0] == pytest.approx(10 * burst(20).cold_s[0, 0])


def test_half_of_a_burst_waits_for_the_other_half() -> None:
    """64 prompts of 1,000 tokens into an empty server: 32 of them are read first, on average."""
    once = burst(1)
    prompts = once.pace.stall_s[0, 0] * 32

    assert prompts < once.ttft_s[0, 0] < 1.5 * prompts


def test_requests_of_different_lengths_come_apart(tmp_path: Path) -> None:
    lengths = tmp_path / "even.jsonl"
    lines = ({"input_tokens": 1000, "output_tokens": out} for out in (800, 900, 1000, 1100, 1200))
    lengths.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    alike, apart = burst(10), burst(10, workload=str(lengths))

    assert apart.queue_s[0, 0] < 0.5 * alike.queue_s[0, 0]
    # no further apart than those who never started together
    assert apart.queue_s[0, 0] > served().queue_s[0, 0]


def test_a_full_kv_cache_has_prompts_computed_again() -> None:
    options: dict[str, Any] = {"input_tokens": 4000, "output_tokens": 1000}
    room = float(case(**options).server.room[0, 0])
    full, more = served(users=room, **options), served(users=3 * room, **options)

    assert room < 256
    assert not full.saturated[0, 0]
    assert more.saturated[0, 0]
    assert more.requests_per_s[0, 0] < full.requests_per_s[0, 0]
    # a quarter again of each prompt: an answer takes a quarter of a prompt's room
    again = (more.tpot_s - full.tpot_s)[0, 0] * 1000
    assert again == pytest.approx(0.25 * full.pace.stall_s[0, 0] * (room - 1), rel=0.05)


def test_seats_that_run_out_have_nothing_computed_again() -> None:
    full, more = (served(users=users, max_num_seqs=16) for users in (16, 64))

    assert more.saturated[0, 0]
    assert more.tpot_s[0, 0] == pytest.approx(full.tpot_s[0, 0])


def test_a_larger_message_never_takes_less() -> None:
    """The measured curve of 8 B200 has 25.8 us for 256 KiB, and 17.2 us for 1 MiB."""
    group = case(gpus="8xB200").group
    curve = all_reduce(group, 8)

    assert curve is not None
    assert (np.diff(curve.seconds) >= 0).all()
    assert curve.at(np.array([262_144.0]))[0] == pytest.approx(17.2e-6)
