from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.plan import Command
from planner.report.parts.commands import paste
from planner.vllm.command import read_command
from planner.vllm.hosts import Network, host_commands, shell_line

OPTIONS = {"--tensor-parallel-size": 8, "--pipeline-parallel-size": 2}
#: what a process can be given at all
word = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
nasty = st.sampled_from(
    ["$(id)", "`id`", "a'b", '"', "\\", "; rm -rf ~", "*", "a\nb", "!!", "#", ""]
)
words = st.lists(st.one_of(word, nasty), max_size=6)
names = st.sampled_from(["VLLM_PP_LAYER_PARTITION", "VLLM_HOST_IP"])


def shell(script: str) -> bytes:
    """What a POSIX shell makes of a command."""
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, check=True).stdout


def test_one_host_runs_one_command() -> None:
    (only,) = host_commands("m", OPTIONS, {}, nodes=1)
    assert (only.node, only.role) == (0, "all")
    assert only.shell == "vllm serve m --tensor-parallel-size 8 --pipeline-parallel-size 2"


def test_each_host_of_several_has_its_rank_and_only_the_first_serves() -> None:
    head, worker = host_commands("m", OPTIONS, {"VLLM_PP_LAYER_PARTITION": "31,30"}, nodes=2)
    common = "VLLM_PP_LAYER_PARTITION=31,30 vllm serve m --tensor-parallel-size 8 "
    common += "--pipeline-parallel-size 2 --nnodes 2 --node-rank"
    assert head.shell == f"{common} 0 --master-addr HEAD_ADDRESS"
    assert worker.shell == f"{common} 1 --master-addr HEAD_ADDRESS --headless"
    assert read_command(list(worker.argv)).arguments.headless is True


def test_an_address_that_was_given_takes_the_place_of_the_placeholder() -> None:
    options = {**OPTIONS, "--master-addr": "10.0.0.1", "--nnodes": 7, "--node-rank": 3}
    _, worker = host_commands("m", options, {}, nodes=2)
    assert worker.argv.count("--master-addr") == worker.argv.count("--nnodes") == 1
    assert "10.0.0.1" in worker.argv
    assert "HEAD_ADDRESS" not in worker.argv


def test_ray_joins_the_hosts_and_starts_once() -> None:
    start, join, serve = host_commands("m", OPTIONS, {}, nodes=2, executor="ray")
    assert (start.shell, join.shell) == (
        "ray start --head --port 6379",
        "ray start --address HEAD_ADDRESS:6379",
    )
    assert (join.node, serve.node) == (1, 0)
    assert serve.argv[-2:] == ("--distributed-executor-backend", "ray")


@pytest.mark.parametrize(("replicas", "local", "span"), [(4, "2", False), (1, None, False)])
def test_ray_spreads_replicas_evenly(replicas: int, local: str | None, *, span: bool) -> None:
    options = {"--tensor-parallel-size": 4, "--data-parallel-size": replicas}
    serve = host_commands("m", options, {}, nodes=2, executor="ray")[-1]
    read = read_command(list(serve.argv)).arguments
    assert read.data_parallel_size_local == (int(local) if local else None)
    assert ("VLLM_RAY_DP_PACK_STRATEGY" in serve.environment) is span


def test_ray_spans_hosts_when_a_replica_is_larger_than_one() -> None:
    options = {"--tensor-parallel-size": 16, "--data-parallel-size": 2}
    serve = host_commands("m", options, {}, nodes=4, executor="ray")[-1]
    assert serve.environment["VLLM_RAY_DP_PACK_STRATEGY"] == "span"


@settings(max_examples=60, deadline=None)
@given(words, st.dictionaries(names, word, max_size=2))
def test_a_shell_reads_back_the_words_that_were_quoted(
    typed: list[str], environment: dict[str, str]
) -> None:
    argv = ["printf", r"%s\0", "vllm", *typed]
    expected = "".join(f"{w}\0" for w in ("vllm", *typed)).encode()
    line = shell_line(argv, environment)
    assert shell(line) == expected
    command = Command(node=0, role="all", argv=tuple(argv), environment=environment, shell=line)
    assert shell("\n".join(paste(command, width=24))) == expected


NETWORK = Network(
    hosts=("gpu-a", "gpu-b"), addresses=("10.0.0.1", "10.0.0.2"), interface="eno1", ib_hca="mlx5_0"
)


def test_the_network_that_the_owner_names_is_told_to_every_host() -> None:
    head, worker = host_commands("m", OPTIONS, {}, nodes=2, network=NETWORK)
    common = "NCCL_SOCKET_IFNAME=eno1 GLOO_SOCKET_IFNAME=eno1 NCCL_IB_HCA=mlx5_0 vllm serve m "
    assert head.shell.startswith(f"VLLM_HOST_IP=10.0.0.1 {common}")
    assert worker.shell.startswith(f"VLLM_HOST_IP=10.0.0.2 {common}")
    assert "--master-addr 10.0.0.1" in head.shell
    assert "--master-addr 10.0.0.1" in worker.shell


def test_names_serve_as_the_address_of_the_head_and_what_was_typed_goes_first() -> None:
    named = Network(hosts=("gpu-a", "gpu-b"), interface="eno1")
    _, worker = host_commands("m", OPTIONS, {"NCCL_SOCKET_IFNAME": "ib0"}, nodes=2, network=named)
    assert "--master-addr gpu-a" in worker.shell
    assert worker.environment == {"NCCL_SOCKET_IFNAME": "ib0", "GLOO_SOCKET_IFNAME": "eno1"}


def test_ray_takes_the_addresses_of_the_network() -> None:
    start, join, serve = host_commands("m", OPTIONS, {}, nodes=2, executor="ray", network=NETWORK)
    assert start.argv[2:] == ("--head", "--port", "6379", "--node-ip-address", "10.0.0.1")
    assert join.argv[2:] == ("--address", "10.0.0.1:6379", "--node-ip-address", "10.0.0.2")
    assert join.environment["VLLM_HOST_IP"] == "10.0.0.2"
    assert serve.environment["VLLM_HOST_IP"] == "10.0.0.1"
