"""Constants that logs of this machine correct: robust, bounded, and only where they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.api import estimate
from planner.calibration import (
    FAR_WIDTHS,
    NEAR_WIDTHS,
    SEVERAL,
    SHIPPED,
    Calibration,
    Observation,
    calibration_path,
    combined,
    load_calibration,
)
from planner.constants import Constant, term
from planner.errors import InvalidInputError
from planner.runtime.calibrate.file import merged, write

if TYPE_CHECKING:
    from pathlib import Path

NON_TORCH = term("non_torch", (0, 26), "hopper", "v2")["inside_bytes"]


def seen(value: float, setup: str = "a", log: str = "", name: str = "inside_bytes") -> Observation:
    return Observation(
        term="non_torch",
        name=name,
        value=value,
        version=(0, 26),
        family="hopper",
        runner="v2",
        setup=setup,
        log=log or f"sha256:{setup}",
        file="vllm.log",
        date="2026-11-23",
    )


def width(constant: Constant) -> float:
    return constant.high - constant.mid


def test_without_observations_a_constant_is_as_shipped() -> None:
    assert combined(NON_TORCH, []) is NON_TORCH
    assert SHIPPED.term("non_torch", (0, 26), "hopper", "v2")["inside_bytes"] is NON_TORCH


def test_one_start_moves_a_constant_half_way_and_its_interval_with_it() -> None:
    after = combined(NON_TORCH, [seen(NON_TORCH.mid - 10e6)])
    assert after.mid == NON_TORCH.mid - 5e6
    assert after.mid - after.low == NON_TORCH.mid - NON_TORCH.low
    assert after.high - after.mid == NON_TORCH.high - NON_TORCH.mid
    assert after.points == 1
    assert "sha256:a" in after.source


def test_one_bad_start_among_good_ones_does_not_count() -> None:
    good = [seen(NON_TORCH.mid + 4e6 + i, setup=f"s{i}") for i in range(4)]
    before = combined(NON_TORCH, good).mid
    after = combined(NON_TORCH, [*good, seen(NON_TORCH.mid + 1.9 * width(NON_TORCH), "bad")]).mid
    assert after == pytest.approx(before, abs=2)


@given(st.floats(0, 1e12))
def test_a_single_start_never_moves_a_constant_out_of_its_interval(value: float) -> None:
    after = combined(NON_TORCH, [seen(value)])
    assert NON_TORCH.low <= after.mid <= NON_TORCH.high


@given(st.floats(0, 1e12), st.integers(1, 50))
def test_repeating_one_setup_is_no_further_evidence(value: float, times: int) -> None:
    again = [seen(value, log=f"log{i}") for i in range(times)]
    assert combined(NON_TORCH, again).mid == combined(NON_TORCH, again[:1]).mid


@given(
    st.lists(st.floats(NON_TORCH.mid - 20e6, NON_TORCH.mid + 20e6), min_size=SEVERAL, max_size=12),
    st.lists(st.floats(0, 1e13), max_size=2),
)
def test_what_is_learnt_stays_within_what_most_starts_say(
    good: list[float], bad: list[float]
) -> None:
    observed = [seen(v, f"good{i}") for i, v in enumerate(good)]
    observed += [seen(v, f"bad{i}") for i, v in enumerate(bad)]
    after = combined(NON_TORCH, observed)
    assert min(*good, NON_TORCH.mid) <= after.mid <= max(*good, NON_TORCH.mid)
    assert 0 <= after.low <= after.mid <= after.high


def test_far_figures_count_once_several_setups_say_alike() -> None:
    far = NON_TORCH.mid + (NEAR_WIDTHS + 2) * width(NON_TORCH)
    few = [seen(far, f"s{i}") for i in range(SEVERAL - 1)]
    assert combined(NON_TORCH, few) == NON_TORCH
    assert combined(NON_TORCH, [*few, seen(far, "one more")]).mid == far


def test_absurd_figures_never_count() -> None:
    absurd = NON_TORCH.mid + (FAR_WIDTHS + 1) * width(NON_TORCH)
    assert combined(NON_TORCH, [seen(absurd, f"s{i}") for i in range(20)]) == NON_TORCH


def test_several_setups_narrow_the_interval_to_half_at_most() -> None:
    after = combined(NON_TORCH, [seen(NON_TORCH.mid + 1e6, f"s{i}") for i in range(9)])
    assert after.high - after.mid == pytest.approx(width(NON_TORCH) / 2)
    spread = [seen(NON_TORCH.mid + step * 1e6, f"s{step}") for step in (-55, -50, 0, 50, 55)]
    assert combined(NON_TORCH, spread).high > NON_TORCH.high


def test_what_was_learnt_holds_where_the_shipped_constant_does() -> None:
    known = Calibration(path="/c", observations=(seen(NON_TORCH.mid - 10e6),))
    for version in ((0, 20), (0, 26), (0, 32)):
        found = known.term("non_torch", version, "hopper", "v2")
        assert found["inside_bytes"].mid < NON_TORCH.mid
        assert known.files(version, "hopper") == ("/c",)
    for version, family, runner in (((0, 33), "hopper", "v2"), ((0, 26), "cuda", "v2"),
                                    ((0, 26), "hopper", "v1")):  # fmt: skip
        assert known.term("non_torch", version, family, runner) == term(
            "non_torch", version, family, runner
        )
    assert known.files((0, 33), "hopper") == ()
    assert known.files((0, 26), "cuda") == ()


def test_the_file_is_found_as_the_xdg_specification_says() -> None:
    home = {"HOME": "/home/me"}
    assert str(calibration_path(home)) == "/home/me/.config/planner/calibration.toml"
    set_ = {**home, "XDG_CONFIG_HOME": "/etc/me"}
    assert str(calibration_path(set_)) == "/etc/me/planner/calibration.toml"
    assert calibration_path({**home, "XDG_CONFIG_HOME": "relative"}) == calibration_path(home)
    assert calibration_path({}) is None
    assert load_calibration({}) is SHIPPED
    assert load_calibration({"HOME": "/nonexistent"}) is SHIPPED


@given(st.text(max_size=60), st.floats(1, 1e12))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, setup: str, value: float
) -> None:
    path = tmp_path_factory.mktemp("config") / "planner" / "calibration.toml"
    path.parent.mkdir()
    write(path, [seen(value, setup)])
    environ = {"XDG_CONFIG_HOME": str(path.parent.parent)}
    known = load_calibration(environ)
    assert known.path == str(path)
    assert known.observations == (seen(value, setup),)


def test_a_log_that_is_read_again_replaces_what_it_said() -> None:
    first, again = seen(1e6, log="x"), seen(2e6, log="x")
    other = seen(3e6, log="y")
    assert merged([first, other], [again]) == (other, again)


@pytest.mark.parametrize(
    "text",
    [
        "no toml at all",
        "[[constant]]\nterm = 'non_torch'",
        "constant = 3",
        "[[constant]]\nterm='a'\nname='b'\nplatform='c'\nrunner='v1'\nobserved=[{value=nan}]",
        "[[constant]]\nterm='a'\nname='b'\nplatform='c'\nrunner='v1'\nobserved=[{value=-5.0}]",
        "[[constant]]\nterm='a'\nname='b'\nplatform='c'\nrunner='v1'\nobserved=['x']",
    ],
)
def test_a_broken_file_is_named_with_two_ways_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "planner" / "calibration.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=r"calibration\.toml cannot be read") as caught:
        load_calibration({"XDG_CONFIG_HOME": str(tmp_path)})
    assert "--no-calibration" in caught.value.fix
    assert f"rm {path}" in caught.value.fix


def test_an_answer_uses_and_names_the_file_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "planner" / "calibration.toml"
    path.parent.mkdir()
    write(path, [seen(NON_TORCH.mid - 10e6)])
    asked = {"model": "Qwen/Qwen2.5-7B-Instruct", "gpus": "H200", "vllm_version": "0.26"}
    plain = estimate(**asked)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    learnt = estimate(**asked)
    assert learnt.calibration == (str(path),)
    assert plain.layouts[0].memory
    assert learnt.layouts[0].memory
    stages = (plain.layouts[0].memory.stages[0], learnt.layouts[0].memory.stages[0])
    assert stages[0].non_torch_bytes - stages[1].non_torch_bytes == 5_000_000
    assert stages[1].kv_cache_bytes - stages[0].kv_cache_bytes == 5_000_000
    assert estimate(**asked, calibration=False) == plain
    # nothing was learnt of that board
    assert not estimate(model=asked["model"], gpus="L40S").calibration
