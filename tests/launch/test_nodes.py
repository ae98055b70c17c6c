"""A plan over several hosts: what is written for SSH and for Ray."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import UsageError
from planner.launch import local, ray, slurm, ssh
from planner.launch.parts import nodes
from planner.launch.programs.ray_cluster import missing
from tests.launch.served_cases import answer, record

if TYPE_CHECKING:
    from planner.launch.base import Served


def over_two(settings: dict[str, str] | None = None, **plan: Any) -> Served:  # noqa: ANN401
    made = record(answer(8, 2, nodes=2, **plan), "ray")
    return replace(made, settings={**made.settings, **(settings or {})})


def test_the_starter_is_told_the_hosts_that_are_known() -> None:
    assert ssh.start(over_two()) == (("./start.py", "HOST_0", "HOST_1"),)
    typed = over_two({"hosts": "me@gpu-a,10.0.0.2", "path": "/opt/vllm/bin"})
    assert ssh.start(replace(typed, secrets=("HF_TOKEN",))) == (
        ("./start.py", "--secret", "HF_TOKEN", "--path", "/opt/vllm/bin", "me@gpu-a", "10.0.0.2"),
    )
    of_the_cluster = over_two()
    group = of_the_cluster.group.model_copy(update={"hosts": ("gpu-a", "gpu-b", "gpu-c")})
    assert ssh.start(replace(of_the_cluster, group=group)) == (("./start.py", "gpu-a", "gpu-b"),)


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ("gpu-a", "1 hosts for a plan over 2"),
        ("-oProxyCommand=id,b", "is no host"),
        ("a,b c", "no host"),
    ],
)
def test_hosts_that_do_not_suit_the_plan_are_refused(hosts: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ssh.files(over_two({"hosts": hosts}))


def test_ray_s_head_may_wait_on_another_port() -> None:
    planned = over_two({"ray-port": "6400"}, options={"--master-addr": "10.0.0.1"})
    head, join = (file.text for file in ray.files(planned)[:2])
    assert "ray start --head --port 6400\n" in head
    assert "ray start --address 10.0.0.1:6400 --block\n" in join
    unnamed = ray.files(over_two({"ray-port": "6400"}))[1].text
    assert '--address "$HEAD_ADDRESS":6400 ' in unnamed
    over = nodes.over_ray(planned)
    for launcher in (slurm, local):
        told = "".join(file.text for file in launcher.files(over))
        assert "6400" in told
        assert "6379" not in told


@pytest.mark.parametrize("port", ["0", "65536", "-1", "six", "6379; id"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(UsageError, match="is no port"):
        ray.files(over_two({"ray-port": port}))


def test_ray_takes_the_place_of_vllm_s_own_way_with_everything_else_as_it_was() -> None:
    planned = over_two(
        options={
            "--master-addr": "10.0.0.1",
            "--master-port": 29501,
            "--enable-prefix-caching": False,
        },
        environment={"VLLM_PP_LAYER_PARTITION": "20,16"},
    )
    start, join, serve = nodes.over_ray(planned).commands
    assert start.argv == ("ray", "start", "--head", "--port", "6379")
    assert join.argv == ("ray", "start", "--address", "10.0.0.1:6379")
    assert serve.argv == (
        *("vllm", "serve", "Qwen/Qwen3-8B", "--tensor-parallel-size", "8"),
        *("--pipeline-parallel-size", "2", "--gpu-memory-utilization", "0.95"),
        *("--no-enable-prefix-caching", "--distributed-executor-backend", "ray"),
    )
    assert join.environment == serve.environment == {"VLLM_PP_LAYER_PARTITION": "20,16"}
    assert nodes.over_ray(nodes.over_ray(planned)) == nodes.over_ray(planned)


def test_a_ray_cluster_that_runs_already_needs_one_script() -> None:
    served = over_two({"cluster": "10.0.0.1:6379"})
    (file,) = ray.files(served)
    assert ray.start(served) == (("./serve.sh",),)
    assert "export RAY_ADDRESS=10.0.0.1:6379\n" in file.text
    assert not any(line.startswith("ray start") for line in file.text.splitlines())
    assert file.text.splitlines()[-1].endswith("--distributed-executor-backend ray")


def cluster(*gpus: float, dead: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "NodeManagerAddress": f"10.0.0.{number}",
            "Alive": number >= dead,
            "Resources": {"CPU": 1.0, **({"GPU": has} if has else {})},
        }
        for number, has in enumerate(gpus)
    ]


@pytest.mark.parametrize(
    ("nodes_", "free", "says"),
    [
        (cluster(8, 8), 16, ""),
        (cluster(0, 8, 8), 16, ""),
        (cluster(8), 8, "1 of 2 hosts with 8 GPUs have joined it (10.0.0.0 has 8)"),
        (cluster(8, 4), 12, "1 of 2 hosts"),
        (cluster(8, 8, dead=1), 8, "1 of 2 hosts"),
        (cluster(8, 8), 12, "12 of its GPUs are free, 16 are needed"),
        (cluster(12, 8), 20, "12 GPUs of 10.0.0.0 are no multiple of tensor parallel size 8"),
    ],
)
def test_a_ray_cluster_has_what_a_layout_needs_or_it_is_said(
    nodes_: list[dict[str, Any]], free: float, says: str
) -> None:
    found = missing(nodes_, free, 2, 8, 8)
    assert says in found if says else not found


@given(gpus=st.lists(st.integers(0, 16), max_size=6), tp=st.sampled_from([1, 2, 4, 8]))
def test_where_nothing_is_missing_no_group_is_torn(gpus: list[int], tp: int) -> None:
    if not missing(cluster(*gpus), sum(gpus), 2, 8, tp):
        filled = [n for n in gpus if n >= 8]
        assert len(filled) >= 2
        assert all(n % tp == 0 for n in filled)
