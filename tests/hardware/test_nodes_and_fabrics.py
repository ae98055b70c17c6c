from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.hardware.catalog import Catalog, data_root

if TYPE_CHECKING:
    from planner.hardware.node import NodeType

NODES = list(Catalog(data_root()).nodes())
each_node = pytest.mark.parametrize("node", NODES, ids=lambda n: n.id)


def test_all_node_types_of_the_survey_are_there() -> None:
    assert len(NODES) >= 175


@each_node
def test_a_node_names_things_that_exist(catalog: Catalog, node: NodeType) -> None:
    assert node.accelerator in catalog.ids("accelerators")
    assert {nic.fabric for nic in node.nics} <= set(catalog.ids("fabrics"))
    assert (catalog.root / "nodes" / node.provider / f"{node.id}.toml").is_file()
    assert node.sources


@each_node
def test_a_domain_fits_the_node_or_the_rack(catalog: Catalog, node: NodeType) -> None:
    board = catalog.accelerator(node.accelerator)
    if node.topology in ("single", "pcie"):
        assert node.scale_up_domain == 1
    elif node.topology in ("pairs", "quads"):
        assert node.scale_up_domain == {"pairs": 2, "quads": 4}[node.topology]
        assert board.link is not None
        assert board.link.topology == "bridge"
    elif node.topology == "rack":
        assert node.scale_up_domain > node.gpus_per_node
    else:
        assert node.scale_up_domain == node.gpus_per_node
    if node.nodes_per_rack > 1:
        assert node.scale_up_domain == node.nodes_per_rack * node.gpus_per_node


@each_node
def test_ports_run_near_the_rate_of_their_network(catalog: Catalog, node: NodeType) -> None:
    for nic in node.nics:
        fabric = catalog.fabric(nic.fabric)
        assert nic.count >= 1
        # machines sell fractions of a port, and two ports as one
        assert 0.05 <= nic.bytes_per_s_one_way / fabric.bytes_per_s_one_way <= 4
        assert not (nic.gpudirect == "rdma" and not fabric.rdma)


def test_fabrics_are_one_port_one_way(catalog: Catalog) -> None:
    assert catalog.fabric("ib-hdr").bytes_per_s_one_way == 25e9
    assert catalog.fabric("eth-25").bytes_per_s_one_way == 3.125e9
    for fabric_id in catalog.ids("fabrics"):
        fabric = catalog.fabric(fabric_id)
        assert fabric.rdma == (fabric.family != "ethernet")
        assert fabric.achievable_fraction is None or 0 < fabric.achievable_fraction <= 1
        assert fabric.latency_s_one_way is None or 1e-7 < fabric.latency_s_one_way < 1e-4
        assert fabric.sources


def test_nccl_gets_less_than_the_raw_rate_out_of_each_link(catalog: Catalog) -> None:
    for link_id in catalog.ids("fabrics/links"):
        link = catalog.link(link_id)
        assert link is not None
        if link.nccl_bytes_per_s_per_link and link.nccl_efficiency:
            share = link.nccl_bytes_per_s_per_link / link.bytes_per_s_per_link_one_way
            assert share == pytest.approx(link.nccl_efficiency, abs=0.03)
    for link_id in catalog.ids("fabrics/cpu_links"):
        assert 5e9 < catalog.cpu_link(link_id).nccl_bytes_per_s < 50e9


def test_prices_are_dated_and_name_node_types(catalog: Catalog) -> None:
    node_ids = {node.id for node in NODES}
    lists = catalog.price_lists()
    assert sum(len(prices.usd_per_hour) for prices in lists) >= 54
    for prices in lists:
        assert set(prices.usd_per_hour) <= node_ids
        assert prices.id == f"{prices.provider}-{prices.priced_on.isoformat()}"
        assert all(price > 0 for price in prices.usd_per_hour.values())
        assert all(source.accessed >= prices.priced_on for source in prices.sources)


def test_collectives_are_filed_under_boards_and_grow_with_the_message(catalog: Catalog) -> None:
    measured = [i for i in catalog.ids("collectives") if i not in {"links", "nccl-latency"}]
    assert set(measured) <= set(catalog.ids("accelerators"))
    rows = [catalog.collectives(i) for i in measured]
    assert sum(len(row.points) for row in rows) >= 46
    assert sum(len(row.curves) for row in rows) >= 30
    for curve in (curve for row in rows for curve in row.curves):
        assert len(curve.message_bytes) == len(curve.seconds)
        assert list(curve.message_bytes) == sorted(curve.message_bytes)
        assert curve.seconds[-1] > 0.9 * curve.seconds[0]
    assert catalog.nccl_latency().nvlink_s["ring_simple"] == pytest.approx(3.4e-6)
    assert catalog.collectives("t4-16gb").points == ()
