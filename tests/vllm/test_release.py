from __future__ import annotations

import pytest

from planner.vllm.release import (
    cuda_of,
    find_release,
    find_toolkit,
    newest_release,
    releases,
    toolkits,
    version_key,
)
from planner.vllm.requirements import unmet_requirements
from planner.vllm.version import newest


def test_releases_are_in_order_and_reach_the_newest_that_is_answered_for() -> None:
    keys = [version_key(release.version) for release in releases()]
    assert keys == sorted(set(keys))
    assert releases()[-1].version.startswith(newest())


def test_every_release_is_built_for_a_known_cuda() -> None:
    assert all(find_toolkit(release.cuda) for release in releases())
    assert all(find_toolkit(release.image_cuda) for release in releases())


def test_a_toolkit_packages_a_driver_that_runs_it() -> None:
    for toolkit in toolkits():
        assert version_key(toolkit.packaged_driver) >= version_key(toolkit.least_driver)


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("0.33.0", "0.33.0"),
        ("0.33.7", "0.33.0"),
        ("0.9", "0.9.2"),
        ("0.9.1", "0.9.0"),
        ("v0.26.1.dev3+gabc123.cu129", "0.26.0"),
        ("0.34.0", None),
        ("0.5.4", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_version_is_of_the_release_it_was_built_from(version: str, release: str | None) -> None:
    found = find_release(version)
    assert (found.version if found else None) == release


@pytest.mark.parametrize(
    ("version", "capability", "runs"),
    [
        ("0.33", (7, 0), False),
        ("0.8.5", (7, 0), True),
        ("0.33", (7, 5), True),
        ("0.19", (8, 6), True),  # code for 8.0
        ("0.33", (10, 3), True),
        ("0.33", (12, 1), True),
        ("0.11", (12, 0), True),
        ("0.8.5", (10, 0), False),
        ("0.33", (13, 0), True),  # from PTX
    ],
)
def test_a_board_runs_code_of_its_own_major_number(
    version: str, capability: tuple[int, int], *, runs: bool
) -> None:
    release = find_release(version)
    assert release is not None
    assert release.runs_on(capability) is runs


def test_the_cuda_of_an_installation_is_told_by_its_build_then_its_runtime_then_its_release() -> (
    None
):
    runtime = {"nvidia-cuda-runtime": "13.0.96"}
    assert cuda_of({"vllm": "0.26.0+cu129", "torch": "2.11.0", **runtime}) == "12.9"
    assert cuda_of({"vllm": "0.26.0", "torch": "2.11.0+cu128", **runtime}) == "12.8"
    assert cuda_of({"vllm": "0.26.0", "nvidia-cuda-runtime-cu12": "12.8.90"}) == "12.8"
    assert cuda_of({"vllm": "0.19.1"}) == "12.9"
    assert cuda_of({"vllm": "0.32.0+cpu", "torch": "2.13.0+cpu"}) == ""
    assert cuda_of({"torch": "2.11.0"}) == ""


@pytest.mark.parametrize(
    ("driver", "release"), [("580.65.06", "0.33.0"), ("550.54.14", "0.19.0"), ("470.82", None)]
)
def test_an_older_driver_has_a_newest_release(driver: str, release: str | None) -> None:
    found = newest_release(driver=driver)
    assert (found.version if found else None) == release


def test_requirements_are_judged_by_their_own_python_and_extras_are_nobodys() -> None:
    requires = {
        "vllm": (
            "torch==2.14.0",
            "transformers<5.21.0,>=5.16.1",
            "six>=1.16.0; python_version > '3.11'",
            "ray[cgraph]; extra == 'ray'",
            "FlashInfer_Python==0.7.2.post1",
            "not a requirement!",
        )
    }
    packages = {"torch": "2.14.0+cu130", "transformers": "5.2.0", "flashinfer-python": "0.7.2"}
    assert list(unmet_requirements(requires, packages, "3.11.7")) == [
        ("vllm", "transformers<5.21.0,>=5.16.1", "5.2.0"),
        ("vllm", "FlashInfer_Python==0.7.2.post1", "0.7.2"),
    ]
    six = list(unmet_requirements({"vllm": requires["vllm"][2:3]}, {}, "3.12.1"))
    assert six == [("vllm", "six>=1.16.0", "")]
