from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.case.speed_columns import speed_at
from planner.hardware.catalog import Catalog
from planner.layout import Layouts
from planner.request import request
from planner.resolve import resolve, table
from planner.speed.step import PARTS

if TYPE_CHECKING:
    from planner.case import Case
    from planner.case.speed_columns import SpeedColumns

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


def case(model: str, gpus: str, layouts: Layouts, **options: Any) -> Case:  # noqa: ANN401
    asked = request(model=model, gpus=gpus, offline=True, calibration=False, **options)
    subject = resolve(asked, {})
    return table(subject, subject.groups[0], layouts)


def one(model: str = LLAMA, gpus: str = "8xH100", users: float = 8, **options: Any) -> SpeedColumns:  # noqa: ANN401
    sizes = {n: options.pop(n) for n in ("tp", "pp", "dp", "ep") if n in options}
    return speed_at(case(model, gpus, Layouts.one(**sizes), **options), np.array([users]))


def tpot(**options: Any) -> float:  # noqa: ANN401
    return float(one(**options).tpot_s.mid[0, 0])


def test_a_row_of_many_is_what_it_is_alone() -> None:
    many = Layouts(
        tp=np.array([1, 2, 4, 8]),
        pp=np.array([1, 2, 1, 1]),
        dp=np.array([2, 1, 1, 1]),
        ep=np.zeros(4, dtype=np.bool_),
        dcp=np.ones(4, dtype=np.int64),
    )
    loads = np.array([1.0, 16.0, 400.0])
    together = speed_at(case(LLAMA, "8xH100", many), loads)

    for row in range(4):
        alone = speed_at(case(LLAMA, "8xH100", many.row(row)), loads)
        assert together.tpot_s.mid[row] == pytest.approx(alone.tpot_s.mid[0])
        assert together.ttft_s.mid[row] == pytest.approx(alone.ttft_s.mid[0])


def test_the_parts_of_a_token_sum_to_its_time() -> None:
    speed = one(tp=4, pp=2, users=32)

    assert set(speed.parts) == set(PARTS)
    assert sum(part[0, 0] for part in speed.parts.values()) == pytest.approx(
        speed.tpot_s.mid[0, 0], rel=0.02
    )


def test_a_lone_request_is_read_for_by_the_memory_bandwidth() -> None:
    weights = 2 * 8.03e9 / 3.35e12

    assert weights < tpot(users=1) < 1.8 * weights


def test_more_users_wait_longer_for_each_token_and_get_more_in_all() -> None:
    speed = speed_at(case(LLAMA, "H100", Layouts.one()), np.array([1.0, 8.0, 64.0, 256.0]))

    assert (np.diff(speed.tpot_s.mid[0]) > 0).all()
    assert (np.diff(speed.output_tokens_per_s.mid[0]) > 0).all()


def test_tensor_parallelism_shortens_a_token_where_links_are_fast_and_not_over_pcie() -> None:
    assert tpot(gpus="8xH100", tp=8, users=1) < tpot(gpus="8xH100", tp=1, users=1)
    fast = tpot(gpus="8xH100", tp=8, users=256) / tpot(gpus="8xH100", tp=1, users=256)
    slow = tpot(gpus="8xL40S", tp=8, users=256) / tpot(gpus="8xL40S", tp=1, users=256)

    assert slow > 1.5 * fast


def test_a_layout_across_hosts_pays_for_the_network() -> None:
    near = one(model="meta-llama/Llama-3.1-70B-Instruct", gpus="1x8xH100", tp=8)
    far = one(model="meta-llama/Llama-3.1-70B-Instruct", gpus="2x8xH100@eth-25", tp=16)

    assert far.parts["all_reduce"][0, 0] > 5 * near.parts["all_reduce"][0, 0]
    assert far.limited_by[0, 0] == "network"


def test_users_beyond_the_kv_cache_wait() -> None:
    speed = one(model="Qwen/Qwen3-32B", gpus="H100", users=500, input_tokens=4096)

    assert speed.saturated[0, 0]
    assert speed.running[0, 0] < 100
    assert speed.limited_by[0, 0] == "kv_capacity"
    assert speed.waiting_s[0, 0] > 1


def test_an_open_loop_runs_as_many_as_arrive_while_one_is_served() -> None:
    server = case(LLAMA, "H100", Layouts.one())
    speed = speed_at(server, request_rate=np.array([2.0]))
    request_s = speed.ttft_s.mid[0, 0] + 256 * speed.tpot_s.mid[0, 0]

    assert speed.running[0, 0] == pytest.approx(2 * request_s, rel=0.1)
    assert speed.requests_per_s.mid[0, 0] == pytest.approx(2.0)
    assert not speed.saturated[0, 0]


def test_more_requests_a_second_than_can_be_served_wait_without_end() -> None:
    speed = speed_at(case(LLAMA, "L4", Layouts.one()), request_rate=np.array([500.0]))

    assert speed.saturated[0, 0]
    assert np.isinf(speed.ttft_s.mid[0, 0])
    assert speed.requests_per_s.mid[0, 0] < 500


def test_late_requests_are_later_than_the_mean() -> None:
    speed = one(users=64)

    assert speed.ttft_s.mid < speed.ttft_p90_s < speed.ttft_p99_s
    assert speed.tpot_s.mid < speed.tpot_p90_s


def test_a_burst_has_a_cold_first_wave() -> None:
    steady = one(users=64)
    burst = one(users=64, arrival="burst", concurrency=64, num_prompts=128)

    assert burst.ttft_s.mid > 1.5 * steady.ttft_s.mid


def test_accepted_drafts_make_tokens_cheaper_and_refused_ones_dearer() -> None:
    drafted = {"speculative_config": {"method": "ngram", "num_speculative_tokens": 3}}

    plain = tpot(users=64)
    assert tpot(users=64, acceptance_rate=0.9, **drafted) < plain
    assert tpot(users=64, acceptance_rate=0.01, **drafted) > plain


def test_long_prompts_among_short_ones_keep_others_waiting() -> None:
    mixed = one(workload="summarise", users=32)
    alike = one(input_tokens=8400, output_tokens=270, users=32)

    assert mixed.ttft_s.mid > alike.ttft_s.mid


def test_a_cached_prefix_saves_the_first_token_time() -> None:
    plain = one(input_tokens=8000, users=4)
    cached = one(input_tokens=8000, users=4, prefix_cache_hit_rate=0.9)

    assert cached.ttft_s.mid < 0.5 * plain.ttft_s.mid


def test_what_lies_beside_a_model_of_the_data_is_less_sure() -> None:
    measured = one(model="Qwen/Qwen3-32B", gpus="H100")
    extrapolated = one(model="Qwen/Qwen3-32B", gpus="8xMI300X", tp=2)

    assert measured.basis == "measured"
    assert extrapolated.basis == "extrapolated"
    spread = [s.tpot_s.high / s.tpot_s.low for s in (measured, extrapolated)]
    assert spread[0] < spread[1]


@pytest.mark.parametrize("board", [board.id for board in Catalog.default().accelerators()])
def test_every_accelerator_has_an_answer(board: str) -> None:
    speed = one(model="Qwen/Qwen3-0.6B", gpus=board, users=4)

    assert 0 < speed.tpot_s.low < speed.tpot_s.mid < speed.tpot_s.high < 10
    assert speed.basis in {"measured", "calibrated", "extrapolated"}


@pytest.mark.parametrize(
    "model",
    [
        "deepseek-ai/DeepSeek-R1",
        "deepseek-ai/DeepSeek-V3.2-Exp",
        "openai/gpt-oss-120b",
        "Qwen/Qwen3-Next-80B-A3B-Instruct",
        "meta-llama/Llama-4-Scout-17B-16E-Instruct",
        "google/gemma-3-27b-it",
        "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4",
    ],
)
def test_every_kind_of_layer_has_its_speed(model: str) -> None:
    speed = one(model=model, gpus="8xH200", tp=8, users=16)

    assert 0.001 < speed.tpot_s.mid[0, 0] < 0.2


def test_experts_that_no_token_visits_are_not_read() -> None:
    few = one(model="openai/gpt-oss-120b", gpus="H100", users=1)
    many = one(model="openai/gpt-oss-120b", gpus="H100", users=64)

    assert many.parts["weights"] > 5 * few.parts["weights"]


def test_speculation_and_load_are_fields_of_the_case() -> None:
    first = case(LLAMA, "H100", Layouts.one(), input_tokens=100)

    assert first.workload.input_tokens == 100
    longer = replace(first, workload=replace(first.workload, input_tokens=9000))
    assert (
        speed_at(longer, np.array([8.0])).ttft_s.mid > speed_at(first, np.array([8.0])).ttft_s.mid
    )


def test_weights_in_host_memory_are_waited_for_at_the_rate_of_the_bus() -> None:
    pcie = Catalog.default().accelerator("h100-sxm5-80gb").pcie
    assert pcie is not None
    bus_s = 8 * 2**30 / pcie.bytes_per_s_one_way
    assert tpot(cpu_offload_gb=8.0) - tpot() == pytest.approx(bus_s, rel=0.1)


def test_layers_that_are_fetched_ahead_hide_behind_the_others() -> None:
    """One layer of 32 takes 7 ms to fetch, and the step without it is that long."""
    few: dict[str, Any] = {"offload_group_size": 32, "offload_num_in_group": 1}
    assert tpot(**few) < 1.2 * tpot()
    in_place = one(**few, offload_backend="uva", cpu_offload_gb=8.0)
    assert in_place.limited_by[0, 0] == "host_memory"
    assert in_place.basis == "extrapolated"
