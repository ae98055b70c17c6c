from __future__ import annotations

import pytest

from planner.errors import UsageError
from planner.hardware.nvml import NvmlAnswer, NvmlGpu
from planner.runtime.measure.gpus import Pool, facts_of, find_gpus


def test_the_visible_gpus_are_measured_on_and_numbered_from_0() -> None:
    gpus = find_gpus("2,0", {"CUDA_VISIBLE_DEVICES": "3,5,GPU-7a"})
    assert gpus.entries == ("GPU-7a", "3")
    assert gpus.places == (2, 0)
    assert gpus.environment([1]) == {
        "CUDA_VISIBLE_DEVICES": "3",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }


def test_without_gpus_nothing_is_hidden_from_vllm() -> None:
    gpus = find_gpus(None, {"CUDA_VISIBLE_DEVICES": ""})
    assert (gpus.count, gpus.environment([])) == (0, {})


@pytest.mark.parametrize("asked", ["2", "0,0", "-1", "x", ","])
def test_places_that_are_none_are_refused(asked: str) -> None:
    with pytest.raises(UsageError, match="names no GPUs here"):
        find_gpus(asked, {"CUDA_VISIBLE_DEVICES": "0,1"})


def test_wide_cases_take_neighbours_and_wait_for_them() -> None:
    pool = Pool(8)
    assert pool.take(1) == (0,)
    assert pool.take(4) == (4, 5, 6, 7), "aligned, so on one switch where there are two"
    assert pool.take(2) == (2, 3)
    assert pool.take(2) is None
    assert pool.take(1) == (1,)
    pool.give((4, 5, 6, 7))
    assert pool.take(2) == (4, 5)


def test_gpus_that_lie_apart_are_better_than_none() -> None:
    pool = Pool(4)
    taken = [pool.take(1) for _ in range(4)]
    assert taken == [(0,), (1,), (2,), (3,)]
    pool.give((0,))
    pool.give((3,))
    assert pool.take(2) == (0, 3)


def test_jobs_bound_the_cases_at_a_time() -> None:
    pool = Pool(4, 1)
    assert pool.take(1) == (0,)
    assert pool.take(1) is None
    without_gpus = Pool(0)
    assert without_gpus.take(0) == ()
    assert without_gpus.take(0) is None


def test_what_the_driver_says_of_the_chosen_gpus_is_recorded() -> None:
    used = [NvmlGpu(name="NVIDIA H200", total_bytes=150, used_bytes=n) for n in (0, 75)]
    facts = facts_of(NvmlAnswer(driver="580.1", gpus=tuple(used)), [1])
    assert facts == {
        "driver": "580.1",
        "gpus": [
            {
                "name": "NVIDIA H200",
                "total_bytes": 150,
                "reserved_bytes": None,
                "used_before_bytes": 75,
            }
        ],
    }
    assert facts_of(None, [0]) == {}
