"""GPUs that a server does not have to itself: other processes hold some of it, or it is a slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import UsageError
from planner.estimate import estimate
from planner.hardware.catalog import Catalog
from planner.hardware.lookup import find, larger_parts
from planner.recommend import recommend
from planner.report import json_
from planner.report.base import Page
from planner.request import request
from planner.targets.read import read_targets
from planner.units import GIB, parse_bytes
from planner.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from planner.plan import Answer, Layout

MODEL = "Qwen/Qwen2.5-7B-Instruct"
SERVE = ("vllm", "serve", MODEL)


def shared(taken: str | int, **options: object) -> Answer:
    keywords = {"model": MODEL, "gpus": "H100", "offline": True, **options}
    return estimate(request(memory_taken=taken, **keywords), {})


def kv_bytes(layout: Layout) -> int:
    assert layout.memory is not None
    return layout.memory.stages[0].kv_cache_bytes


def test_what_others_hold_comes_off_the_share_that_the_planner_chooses() -> None:
    answer = shared("12GiB")
    (layout,) = answer.layouts
    assert layout.vllm_args["--gpu-memory-utilization"] == 0.8
    assert layout.fit.verdict == "fits"
    assert answer.hardware is not None
    assert answer.hardware.groups[0].memory_taken_bytes == 12 * GIB
    assert "12.00 GiB of each GPU is taken by other processes" in answer.hardware.assumptions


def test_what_others_hold_never_comes_off_a_share_that_is_given() -> None:
    """vLLM asks for a share of the total; what was there before it looked is not subtracted."""
    alone, beside = (shared(taken, gpu_memory_utilization=0.5).layouts[0] for taken in (0, 2**34))
    assert kv_bytes(alone) == kv_bytes(beside)
    assert alone.memory is not None
    assert beside.memory is not None
    free = (alone.memory.stages[0].free_bytes, beside.memory.stages[0].free_bytes)
    assert free[0] - free[1] == 2**34


def test_a_share_that_others_hold_is_refused_as_vllm_refuses_it() -> None:
    asked = request(gpus="H100", memory_taken="12GiB", offline=True)
    (layout,) = validate(asked, read_targets([], SERVE), {}).layouts
    (found,) = (each for each in layout.findings if each.severity == "error")
    assert found.code == "MEM002"
    assert "--gpu-memory-utilization 0.83 or less" in found.fix
    assert layout.fit.probability == 0


@settings(max_examples=30)
@given(st.tuples(*[st.integers(0, 90 * 2**30)] * 2))
def test_more_taken_is_never_more_room(taken: tuple[int, int]) -> None:
    less, more = (shared(size).layouts[0] for size in sorted(taken))
    assert kv_bytes(less) >= kv_bytes(more)


def test_where_nothing_fits_ending_the_others_is_named() -> None:
    asked = request(model="Qwen/Qwen3-32B", gpus="H100", memory_taken="12GiB", offline=True)
    (found,) = recommend(asked, {}).findings
    assert "end the processes that hold 12.0 GiB of each GPU" in found.fix
    assert "then TP1 fits" in found.fix


def test_a_plan_for_shared_gpus_is_judged_on_shared_gpus(tmp_path: Path) -> None:
    written = recommend(request(model=MODEL, gpus="H100", memory_taken="12GiB", offline=True), {})
    file = tmp_path / "plan.json"
    file.write_text(json_.render(written, Page()), encoding="utf-8")
    targets = read_targets([str(file)])
    assert targets[0].memory_taken == 12 * GIB
    (again,) = validate(request(offline=True), targets, {}).layouts
    assert again.fit == written.layouts[0].fit
    assert not [found for found in again.findings if found.severity == "error"]
    worse = validate(request(offline=True, memory_taken="20GiB"), targets, {})
    assert "MEM002" in {found.code for found in worse.layouts[0].findings}


@pytest.mark.parametrize("size", ["12", "12 apples", "-1GiB", "", -1, "GiB"])
def test_a_size_without_its_unit_is_refused(size: str | int) -> None:
    with pytest.raises(UsageError, match="memory_taken") as caught:
        request(memory_taken=size)
    assert "12GiB" in caught.value.fix or "0 or more" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "size"),
    [("12GiB", 12 * GIB), ("12gb", 12 * 10**9), ("800 MiB", 800 * 2**20), ("1.5G", 3 * 2**29)],
)
def test_sizes_are_read_as_they_are_written(text: str, size: int) -> None:
    assert parse_bytes(text) == size


def test_each_slice_is_a_server_of_its_own() -> None:
    asked = request(model=MODEL, gpus="16xh100-mig-3g.40gb", offline=True)
    answer = recommend(asked, {})
    (best,) = answer.layouts
    assert best.gpus_used == 1
    assert "16 such servers" in best.why
    assert {code for out in answer.rejected for code in out.codes} >= {"PAR014"}
    assert answer.hardware is not None
    (group,) = answer.hardware.groups
    assert (group.nodes, group.scale_up_domain, group.intra_node_link) == (1, 1, None)


def test_slices_of_two_hosts_may_join_over_the_network() -> None:
    sizes = {"pipeline_parallel_size": 2}
    asked = request(model=MODEL, gpus="2x1xh100-mig-3g.40gb", offline=True, **sizes)
    found = validate(asked, (), {}).layouts[0].findings
    assert "PAR014" not in {each.code for each in found}


def test_a_slice_too_small_is_told_the_next_larger_ones() -> None:
    catalog = Catalog.default()
    board = find(catalog, "h100-mig-2g.20gb").accelerator
    assert larger_parts(catalog, board) == (
        "h100-sxm5-80gb-mig-3g.40gb",
        "h100-sxm5-80gb-mig-7g.80gb",
        "h100-sxm5-80gb",
    )
    assert larger_parts(catalog, catalog.accelerator("h100-sxm5-80gb")) == ()
    asked = request(model=MODEL, gpus="h100-mig-1g.10gb", offline=True)
    (found,) = recommend(asked, {}).findings
    assert "use --gpus h100-sxm5-80gb-mig-3g.40gb (then TP1 fits" in found.fix
