from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from planner.errors import UnknownNameError
from planner.hardware import lookup
from planner.hardware.names import full_key, name_key

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog


@pytest.mark.parametrize(
    ("typed", "board_id"),
    [
        ("a100", "a100-sxm4-80gb"),
        ("A100 80G", "a100-sxm4-80gb"),
        ("a100-40gb", "a100-sxm4-40gb"),
        ("a100_80gib_pcie", "a100-pcie-80gb"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm4-80gb"),
        ("nvidia-tesla-t4", "t4-16gb"),
        ("nvidia-tesla-a100", "a100-sxm4-40gb"),
        ("Tesla V100-SXM3-32GB", "v100-sxm2-32gb"),
        ("v100-32gb", "v100-sxm2-32gb"),
        ("h100 pcie", "h100-pcie-80gb"),
        ("h100nvl", "h100-nvl-94gb"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm5-80gb"),
        ("h20", "h20-96gb"),
        ("H20-3e", "h20-141gb"),
        ("NVIDIA GH200 480GB", "gh200-96gb"),
        ("b300-288gb", "b300-sxm6-270gb"),
        ("RTX 4090", "rtx-4090-24gb"),
        ("4090", "rtx-4090-24gb"),
        ("3090-24gb", "rtx-3090-24gb"),
        ("NVIDIA GeForce RTX 4060 Ti", "rtx-4060-ti-16gb"),
        ("7900xtx", "radeon-rx-7900-xtx-24gb"),
        ("AMD Instinct MI300X", "mi300x-192gb"),
        ("Intel(R) Arc(TM) Pro B60 Graphics", "arc-pro-b60-24gb"),
        ("910B3", "ascend-910b3-64gb"),
        ("TPU v5 lite", "tpu-v5e-16gb"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada-48gb"),
    ],
)
def test_product_cloud_and_nick_names_lead_to_one_board(
    catalog: Catalog, typed: str, board_id: str
) -> None:
    assert lookup.find(catalog, typed).accelerator.id == board_id


@pytest.mark.parametrize(
    ("typed", "node_id"),
    [
        ("p4d.24xlarge", "p4d.24xlarge"),
        ("Standard_ND96isr_H100_v5", "nd96isr-h100-v5"),
        ("DGX H100", "dgx-h100"),
        ("HGX H200", "dgx-h200"),
        ("BM.GPU.H100.8", "bm.gpu.h100.8"),
        ("gb200-nvl72", "gb200-nvl72"),
        ("a3-megagpu-8g", "a3-megagpu-8g"),
        ("dgx spark", "dgx-spark"),
    ],
)
def test_node_names_win_over_boards(catalog: Catalog, typed: str, node_id: str) -> None:
    node = lookup.find(catalog, typed).node
    assert node is not None
    assert node.id == node_id


@pytest.mark.parametrize(
    ("typed", "network"),
    [("ib-hdr", "ib-hdr"), ("HDR", "ib-hdr"), ("InfiniBand NDR", "ib-ndr"), ("10GbE", "eth-10")],
)
def test_networks_have_nicknames(catalog: Catalog, typed: str, network: str) -> None:
    assert lookup.find_fabric(catalog, typed).id == network


@pytest.mark.parametrize("typed", ["a100", "h100", "v100-32gb", "h20", "a100-pcie", "4060ti"])
def test_a_name_that_leaves_something_open_says_what_was_taken(
    catalog: Catalog, typed: str
) -> None:
    found = lookup.find(catalog, typed)
    assert any(a.startswith(f"{typed} read as {found.accelerator.id}") for a in found.assumptions)


@pytest.mark.parametrize("typed", ["t4", "l40s", "h100-sxm5-80gb", "NVIDIA H20", "NVIDIA H200"])
def test_a_clear_name_assumes_nothing(catalog: Catalog, typed: str) -> None:
    assert lookup.find(catalog, typed).assumptions == ()


def test_a_name_of_several_boards_is_refused_with_the_choice(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError) as caught:
        lookup.find(catalog, "RTX 6000")
    assert "rtx-6000-ada-48gb" in caught.value.fix
    assert "quadro-rtx-6000-24gb" in caught.value.fix


@pytest.mark.parametrize(
    ("typed", "near"), [("a100-80", "a100"), ("l40z", "l40"), ("p4d.24xlrge", "p4d.24xlarge")]
)
def test_an_unknown_name_offers_the_nearest(catalog: Catalog, typed: str, near: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        lookup.find(catalog, typed)
    assert near in caught.value.fix
    assert caught.value.exit_code == 2


def test_no_two_rows_share_a_name(catalog: Catalog) -> None:
    names: Counter[str] = Counter()
    for board in catalog.accelerators():
        stated = (board.id, *board.aliases, *board.nvml_names)
        # a cloud's label may differ from another board's nickname by makers' words alone
        keys = {name_key(n) for n in stated if name_key(n) == full_key(n)}
        names.update(keys | {full_key(n) for n in stated})
        assert len({name_key(a) for a in board.aliases}) == len(board.aliases), board.id
    for node in catalog.nodes():
        names.update({name_key(n) for n in (node.id, *node.aliases)})
    assert [name for name, rows in names.items() if rows > 1] == []
    assert "" not in names


def test_no_two_boards_share_a_driver_name(catalog: Catalog) -> None:
    names = Counter(name for board in catalog.accelerators() for name in board.nvml_names)
    assert max(names.values()) == 1


def test_mig_slices_are_parts_of_a_board(catalog: Catalog) -> None:
    whole = catalog.accelerator("a100-pcie-80gb")
    read = lookup.find(catalog, "NVIDIA A100 80GB PCIe MIG 1g.10gb").accelerator
    assert read.memory_bytes == 9728 * 2**20
    derived = lookup.find(catalog, "a100-pcie-80gb-mig-3g.40gb").accelerator
    assert 0.9 * whole.memory_bytes / 2 < derived.memory_bytes < whole.memory_bytes / 2
    assert derived.hbm_bytes_per_s == pytest.approx(1935e9 / 2)
    assert derived.bf16_dense_flops == pytest.approx(312e12 * 3 / 7)
    assert derived.link is None
    with pytest.raises(UnknownNameError):
        lookup.find(catalog, "a100-pcie-80gb-mig-5g.50gb")
    with pytest.raises(UnknownNameError):
        lookup.find(catalog, "t4 mig 1g.5gb")
