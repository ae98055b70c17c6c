"""Which rank of a layout sits on which GPU, and what joins them."""

from __future__ import annotations

import pytest

from planner.cluster_map import ClusterMap, Seat, cluster_map
from planner.plan import HardwareGroup, Sizes

HGX = HardwareGroup(
    accelerator="a100-sxm4-80gb",
    nodes=2,
    gpus_per_node=8,
    memory_bytes=85_094_825_984,
    scale_up_domain=8,
    intra_node_link="nvlink3",
    topology="switch",
    link_bytes_per_s_one_way=300e9,
    fabric="ib-hdr",
    nics_per_node=8,
    nic_bytes_per_s_one_way=25e9,
)


def layout(tp: int = 1, pp: int = 1, dp: int = 1) -> Sizes:
    return Sizes(
        tensor_parallel_size=tp,
        pipeline_parallel_size=pp,
        data_parallel_size=dp,
        expert_parallel=False,
        decode_context_parallel_size=1,
    )


def seats(drawn: ClusterMap) -> list[list[Seat | None]]:
    return [[gpu.seat for gpu in node.gpus] for node in drawn.nodes]


def domains(drawn: ClusterMap) -> list[list[int]]:
    return [[gpu.domain for gpu in node.gpus] for node in drawn.nodes]


def test_each_host_of_tp8_pp2_is_a_stage() -> None:
    drawn = cluster_map(HGX, layout(tp=8, pp=2))
    for node, row in enumerate(seats(drawn)):
        taken = [seat for seat in row if seat]
        assert [seat.stage for seat in taken] == [node] * 8
        assert [seat.slice for seat in taken] == list(range(8))
        assert [seat.rank for seat in taken] == [8 * node + gpu for gpu in range(8)]


def test_tensor_parallelism_is_fastest_then_stages_then_replicas() -> None:
    (row,) = seats(cluster_map(HGX.model_copy(update={"nodes": 1}), layout(tp=2, pp=2, dp=2)))
    assert [(s.replica, s.stage, s.slice) for s in row if s] == [
        (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1),
    ]  # fmt: skip


def test_links_carry_what_one_gpu_and_one_host_send() -> None:
    drawn = cluster_map(HGX, layout(tp=8, pp=2))
    assert drawn.link
    assert (drawn.link.name, drawn.link.bytes_per_s_one_way) == ("nvlink3", 300e9)
    assert drawn.network
    assert (drawn.network.name, drawn.network.bytes_per_s_one_way) == ("8 x ib-hdr", 200e9)


def test_gpus_beyond_the_layout_are_idle() -> None:
    drawn = cluster_map(HGX, layout(tp=4))
    assert sum(seat is None for row in seats(drawn) for seat in row) == 12


def test_several_servers_stand_side_by_side_then_on_the_next_host() -> None:
    first, second = seats(cluster_map(HGX, layout(tp=4), servers=3))
    assert [seat.server if seat else None for seat in first] == [0] * 4 + [1] * 4
    assert [seat.server if seat else None for seat in second] == [2] * 4 + [None] * 4


def test_a_server_of_two_hosts_is_followed_by_one_on_the_next_two() -> None:
    four = HGX.model_copy(update={"nodes": 4})
    rows = seats(cluster_map(four, layout(tp=8, pp=2), servers=9))
    assert [{seat.server for seat in row if seat} for row in rows] == [{0}, {0}, {1}, {1}]


def test_a_layout_that_finds_no_place_leaves_all_idle_and_says_what_it_wants() -> None:
    drawn = cluster_map(HGX, layout(tp=8, pp=4))
    assert drawn.unplaced == 32
    assert not any(seat for row in seats(drawn) for seat in row)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (8, [[0] * 8, [1] * 8]),
        (2, [[0, 0, 1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 6, 6, 7, 7]]),
        (1, [list(range(8)), list(range(8, 16))]),
        (16, [[0] * 8, [0] * 8]),
    ],
)
def test_a_scale_up_domain_is_a_host_a_part_of_one_or_several(
    domain: int, expected: list[list[int]]
) -> None:
    group = HGX.model_copy(update={"scale_up_domain": domain})
    assert domains(cluster_map(group, layout())) == expected


def test_hosts_have_their_names_where_somebody_said_them() -> None:
    group = HGX.model_copy(update={"hosts": ("gpu-a", "gpu-b")})
    assert [node.name for node in cluster_map(group, layout()).nodes] == ["gpu-a", "gpu-b"]
    assert [node.name for node in cluster_map(HGX, layout()).nodes] == ["node 0", "node 1"]


def test_a_single_gpu_has_neither_link_nor_network() -> None:
    drawn = cluster_map(HGX.model_copy(update={"nodes": 1, "gpus_per_node": 1}), layout())
    assert (drawn.link, drawn.network) == (None, None)
