from __future__ import annotations

from planner.vllm.arguments import VllmArguments
from planner.vllm.compilation import settle_compilation


def test_by_default_everything_is_compiled_captured_and_fused() -> None:
    settled = settle_compilation(VllmArguments())
    assert (settled.compiled, settled.graph_mode, settled.fuses_all_reduce) == (
        True,
        "FULL_AND_PIECEWISE",
        True,
    )


def test_eager_engines_capture_nothing_and_fuse_nothing() -> None:
    settled = settle_compilation(VllmArguments(enforce_eager=True))
    assert (settled.compiled, settled.graph_mode, settled.fuses_all_reduce) == (
        False,
        "NONE",
        False,
    )


def test_levels_stand_for_what_they_compile_and_capture() -> None:
    levels = {
        level: settle_compilation(VllmArguments(optimization_level=level)) for level in "0123"
    }
    modes = [levels[level].graph_mode for level in "0123"]
    assert modes == ["NONE", "PIECEWISE", "FULL_AND_PIECEWISE", "FULL_AND_PIECEWISE"]
    assert [levels[level].compiled for level in "0123"] == [False, True, True, True]
    assert [levels[level].fuses_all_reduce for level in "0123"] == [False, False, True, True]


def test_the_configuration_object_says_what_is_captured_and_not_fused() -> None:
    config = {
        "mode": 0,
        "cudagraph_mode": "FULL_DECODE_ONLY",
        "cudagraph_capture_sizes": [128, 1, 8, 8],
        "pass_config": {"fuse_allreduce_rms": False},
    }
    settled = settle_compilation(VllmArguments(compilation_config=config))
    assert settled.graph_mode == "FULL_DECODE_ONLY"
    assert settled.capture_sizes == (1, 8, 128)
    assert not settled.fuses_all_reduce


def test_an_all_reduce_without_its_own_kernel_is_fused_all_the_same() -> None:
    assert settle_compilation(VllmArguments(disable_custom_all_reduce=True)).fuses_all_reduce
