from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.hardware.machine import cluster_of
from planner.hardware.nvml import NvmlAnswer, NvmlGpu, NvmlLinks
from planner.hardware.record import read_record
from planner.units import GIB

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog

DATA = Path(__file__).parent / "data"


def answer(name: str) -> NvmlAnswer:
    """What a driver said of real machines, driver 580.159.04, read 2026-11-22 and 2026-11-23."""
    return read_record(NvmlAnswer, json.loads((DATA / f"{name}.json").read_text()), name)


def gpus(*rows: NvmlGpu) -> NvmlAnswer:
    return NvmlAnswer(driver="580.1", gpus=rows)


def board(name: str, total_mib: int, **more: object) -> NvmlGpu:
    row: dict[str, object] = {"name": name, "total_bytes": total_mib * 2**20, **more}
    return read_record(NvmlGpu, row, name)


def test_four_h200_on_a_switch_are_one_node_and_one_domain(catalog: Catalog) -> None:
    cluster = cluster_of(answer("nvml-4xh200"), catalog)
    (group,) = cluster.groups
    assert group.accelerator.id == "h200-sxm5-141gb"
    assert (group.nodes, group.gpus_per_node, group.scale_up_domain) == (1, 4, 4)
    link = group.intra_node_link
    assert link is not None
    assert (link.kind, link.topology, link.bytes_per_s_one_way) == ("nvlink4", "switch", 450e9)
    assert link.p2p is True
    # an old form of the question does not tell what the driver keeps: the catalogue's low end
    assert group.memory_bytes == catalog.accelerator("h200-sxm5-141gb").memory_bytes


def test_no_serial_and_no_uuid_is_kept() -> None:
    text = (DATA / "nvml-4xh200.json").read_text().lower()
    assert "uuid" not in text
    assert "serial" not in text


def test_what_the_driver_keeps_is_not_the_runtimes(catalog: Catalog) -> None:
    whole = answer("nvml-4xh200")
    told = replace(whole.gpus[0], reserved_bytes=644_939_776, used_bytes=5_000)
    (group,) = cluster_of(gpus(told), catalog).groups
    assert group.memory_bytes == 150_109_880_320
    assert group.taken_bytes == 5_000
    assert len(cluster_of(gpus(told), catalog).assumptions) == 1


def test_what_others_hold_now_is_taken_to_stay(catalog: Catalog) -> None:
    idle = answer("nvml-1xh100").gpus[0]
    shared = replace(idle, used_bytes=12 * GIB)
    cluster = cluster_of(gpus(idle, shared), catalog)
    assert cluster.groups[0].taken_bytes == 12 * GIB
    assert "12.00 GiB of h100-sxm5-80gb is in use now" in cluster.assumptions[-1]
    assert "CUDA_VISIBLE_DEVICES" in cluster.assumptions[-1]


def test_what_an_old_driver_keeps_is_not_in_use_by_others(catalog: Catalog) -> None:
    idle = answer("nvml-4xh200").gpus[0]
    assert idle.reserved_bytes is None
    shared = replace(idle, used_bytes=idle.used_bytes + 3 * GIB)
    (group,) = cluster_of(gpus(shared), catalog).groups
    # to what boards of one name differ by
    assert 0 <= 3 * GIB - group.taken_bytes < GIB
    assert group.scale_up_domain == 1


def test_a_detected_total_is_torchs_to_the_byte(catalog: Catalog) -> None:
    (group,) = cluster_of(answer("nvml-1xh100"), catalog).groups
    assert group.accelerator.id == "h100-sxm5-80gb"
    # torch.cuda.mem_get_info on the same machine at the same time
    assert group.memory_bytes == 85_017_493_504
    assert (group.taken_bytes, group.scale_up_domain) == (0, 1)


def test_a_board_with_more_memory_than_its_name_counts_as_measured(catalog: Catalog) -> None:
    (group,) = cluster_of(gpus(board("NVIDIA GeForce RTX 4090", 49140)), catalog).groups
    assert group.accelerator.id == "rtx-4090-24gb"
    assert group.memory_bytes == 49140 * 2**20


def test_bridged_cards_are_pairs(catalog: Catalog) -> None:
    def card(peer: int) -> NvmlGpu:
        links = (NvmlLinks(count=12, version=4, to_switch=False, to_gpu=peer),)
        return replace(board("NVIDIA A100 80GB PCIe", 81920), links=links)

    (group,) = cluster_of(gpus(card(1), card(0), card(3), card(2)), catalog).groups
    assert group.scale_up_domain == 2
    assert group.intra_node_link is not None
    assert group.intra_node_link.topology == "pairs"
    assert group.intra_node_link.peer_bytes_per_s_one_way == 300e9


def test_a_mesh_without_a_switch_is_one_domain_with_a_link_a_pair(catalog: Catalog) -> None:
    def card(own: int) -> NvmlGpu:
        peers = [p for p in range(4) if p != own]
        links = tuple(NvmlLinks(count=4, version=4, to_switch=False, to_gpu=p) for p in peers)
        return replace(board("NVIDIA A100-SXM4-40GB", 40960), links=links)

    (group,) = cluster_of(gpus(*map(card, range(4))), catalog).groups
    assert group.scale_up_domain == 4
    assert group.intra_node_link is not None
    assert group.intra_node_link.bytes_per_s_one_way == 300e9
    assert group.intra_node_link.peer_bytes_per_s_one_way == 100e9


def test_cards_in_slots_show_the_slot_of_this_machine(catalog: Catalog) -> None:
    card = board("Tesla T4", 15360, pcie_generation=3, pcie_lanes=8, p2p=False)
    (group,) = cluster_of(gpus(card, card), catalog).groups
    assert group.scale_up_domain == 1
    assert group.intra_node_link is not None
    assert group.intra_node_link.kind == "pcie3x8"
    assert group.intra_node_link.bytes_per_s_one_way == 15.75e9 / 2
    assert group.intra_node_link.p2p is False


def test_unlike_boards_are_groups_of_one_machine(catalog: Catalog) -> None:
    cluster = cluster_of(gpus(board("Tesla T4", 15360), board("NVIDIA L4", 23034)), catalog)
    assert [g.accelerator.id for g in cluster.groups] == ["t4-16gb", "l4-24gb"]
    assert any("unlike GPUs" in sentence for sentence in cluster.assumptions)


def test_a_board_nobody_knows_is_made_of_what_the_driver_says(catalog: Catalog) -> None:
    row = board("NVIDIA Z9000", 50000, compute_capability=[11, 0], reserved_bytes=2**20)
    cluster = cluster_of(gpus(row), catalog)
    accelerator = cluster.groups[0].accelerator
    assert accelerator.origin == "nvml"
    assert accelerator.compute_capability == (11, 0)
    assert accelerator.memory_bytes == 49999 * 2**20
    assert any("rates are not known" in sentence for sentence in cluster.assumptions)


def test_mig_slices_are_boards_of_their_own(catalog: Catalog) -> None:
    row = board("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 9984)
    (group,) = cluster_of(gpus(row, row), catalog).groups
    assert group.accelerator.id == "h100-sxm5-80gb-mig-1g.10gb"
    assert (group.gpus_per_node, group.scale_up_domain) == (2, 1)


def test_memory_shared_with_the_host_is_the_catalogues(catalog: Catalog) -> None:
    (group,) = cluster_of(gpus(NvmlGpu(name="NVIDIA GB10", total_bytes=None)), catalog).groups
    assert group.memory_bytes == catalog.accelerator("gb10-128gb").memory_bytes
