"""What was typed for a launcher is refused where what takes it would refuse it."""

from __future__ import annotations

import pytest

from planner.errors import UsageError
from planner.launch.base import Launcher, find, launchers, settle
from planner.launch.docker import files
from tests.launch.served_cases import answer, record

WRONG = [
    ("compose", "shm", "abc"),
    ("docker", "shm", "16 g"),
    ("docker", "driver", "abc"),
    ("compose", "router-image", "mine/router 1"),
    ("ray", "cluster", "a;id"),
    ("kubernetes", "gpu", "x y"),
    ("kubernetes", "nodes", "a b=c"),
    ("kubernetes", "nodes", "pool"),
    ("kubernetes", "cache", "../x"),
    ("kubernetes", "cache", "Model_Cache"),
    ("kubernetes", "secret", "A_B"),
    ("kubernetes", "rdma", "rdma/ib"),
    ("kubernetes", "rdma", "rdma/ib=8\n"),
]
RIGHT = [
    ("compose", "shm", "16gb"),
    ("docker", "driver", "570.86.15"),
    ("ray", "cluster", "[2001:db8::1]:6379"),
    ("kubernetes", "gpu", "nvidia.com/mig-3g.40gb"),
    ("kubernetes", "nodes", "cloud.google.com/gke-accelerator=nvidia-l4,spot="),
    ("kubernetes", "cache", "/data/model cache"),
    ("kubernetes", "cache", "team-a.models"),
    ("kubernetes", "rdma", "nvidia.com/resibp134s0=1"),
]
OWN = [pytest.param(find(name), id=name) for name in launchers(own=True)]


@pytest.mark.parametrize(("to", "name", "value"), WRONG)
def test_a_value_that_cannot_be_is_refused_with_one_that_can(
    to: str, name: str, value: str
) -> None:
    with pytest.raises(UsageError, match=f"--set {name}=.* cannot be") as refused:
        settle(find(to), to, {name: value})
    assert refused.value.fix.startswith(f"--set {name}=")


@pytest.mark.parametrize(("to", "name", "value"), RIGHT)
def test_a_value_that_can_be_is_taken_as_it_is(to: str, name: str, value: str) -> None:
    assert settle(find(to), to, {name: value})[name] == value


@pytest.mark.parametrize("launcher", OWN)
def test_examples_and_defaults_are_of_their_form(launcher: Launcher) -> None:
    for setting in launcher.SETTINGS:
        assert bool(setting.form) == bool(setting.example)
        settle(launcher, "it", {setting.name: setting.example})
        settle(launcher, "it", {setting.name: setting.default})


@pytest.mark.parametrize("image", ["", "a b", "$(id)", "-v=/:/host", "vllm/vllm-openai:v1\n"])
def test_what_is_no_image_is_refused(image: str) -> None:
    with pytest.raises(UsageError, match="is no image"):
        files(record(answer(2), "docker", image=image))


@pytest.mark.parametrize("image", ["localhost:5000/a/b:1.0_x", "vllm@sha256:" + "0" * 64])
def test_an_image_of_any_registry_is_taken(image: str) -> None:
    (file,) = files(record(answer(2), "docker", image=image))
    assert image in file.text
