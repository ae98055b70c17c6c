"""Formulas of a server under load against its scheduler, run step by step at the same speed."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.case.speed_columns import served_at
from planner.layout import Layouts
from planner.request import request
from planner.resolve import resolve, table
from tests.speed.scheduler import Asked, Engine, serve

if TYPE_CHECKING:
    from pathlib import Path

    from planner.case import Case
    from planner.speed.serving import Served

WAVES = 8


def lengths(prompt: int, answer: int) -> list[tuple[int, int]]:
    """Prompts and answers up to a fifth shorter or longer."""
    even = random.Random(1).uniform  # noqa: S311 - lengths, no secrets
    return [(round(prompt * even(0.8, 1.2)), round(answer * even(0.8, 1.2))) for _ in range(800)]


def predicted(folder: Path, kinds: list[tuple[int, int]], users: int) -> tuple[Case, Served]:
    file = folder / "lengths.jsonl"
    lines = (json.dumps({"input_tokens": a, "output_tokens": b}) for a, b in kinds)
    file.write_text("\n".join(lines), encoding="utf-8")
    load: dict[str, Any] = {"arrival": "burst", "concurrency": users, "num_prompts": WAVES * users}
    asked = request(
        model="Qwen/Qwen3-32B",
        gpus="2xH100",
        workload=str(file),
        offline=True,
        calibration=False,
        **load,
    )
    subject = resolve(asked, {})
    case = table(subject, subject.groups[0], Layouts.one(tp=2))
    return case, served_at(case, concurrency=np.array([float(users)]))[0]


def simulated(case: Case, served: Served, kinds: list[tuple[int, int]], users: int) -> list[Asked]:
    server, pace = case.server, served.pace
    a_token_s = float(pace.stall_s[0, 0]) / server.load.prompt_tokens
    room = float(server.room[0, 0]) * server.load.context_tokens
    held = room if server.room[0, 0] < server.seats else np.inf
    return serve(
        kinds[: WAVES * users],
        users,
        Engine(chunk=int(server.chunk), room=held),
        lambda _, prompt: float(pace.step_s[0, 0]) + prompt * a_token_s,
        server.engine.tuning["request_start_s"],
    )


def tpot(every: list[Asked]) -> float:
    return float(np.mean([(each.done_s - each.first_s) / (each.answer - 1) for each in every]))


def ttft(every: list[Asked]) -> float:
    return float(np.mean([each.first_s - each.sent_s for each in every]))


@pytest.mark.parametrize(
    ("prompt", "answer", "users"), [(1000, 500, 8), (1000, 300, 32), (7000, 500, 8)]
)
def test_a_burst_is_followed_wave_by_wave(
    tmp_path: Path, prompt: int, answer: int, users: int
) -> None:
    kinds = lengths(prompt, answer)
    case, served = predicted(tmp_path, kinds, users)
    every = simulated(case, served, kinds, users)
    streamed = case.engine.tuning["streaming_s"] * users

    assert served.ttft_s[0, 0] - streamed == pytest.approx(ttft(every), rel=0.1)
    assert served.tpot_s[0, 0] == pytest.approx(tpot(every), rel=0.03)


@pytest.mark.parametrize(("prompt", "answer"), [(4000, 500), (6000, 1500)])
def test_a_full_kv_cache_has_prompts_computed_again(
    tmp_path: Path, prompt: int, answer: int
) -> None:
    kinds = lengths(prompt, answer)
    users = int(1.5 * predicted(tmp_path, kinds, 1)[0].server.room[0, 0])
    case, served = predicted(tmp_path, kinds, users)
    every = simulated(case, served, kinds, users)
    middle = sorted(each.done_s for each in every)[2 * users : 6 * users]

    per_s = (len(middle) - 1) / (middle[-1] - middle[0])
    assert served.requests_per_s[0, 0] == pytest.approx(per_s, rel=0.06)
    assert served.ttft_s[0, 0] == pytest.approx(ttft(every), rel=0.15)
