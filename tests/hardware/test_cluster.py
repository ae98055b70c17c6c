from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from planner.errors import PlannerError
from planner.hardware.catalog import Catalog, data_root
from planner.hardware.cluster import Cluster, NodeGroup, parse_cluster

if TYPE_CHECKING:
    from collections.abc import Iterable

CATALOG = Catalog(data_root())


def parse(*texts: str) -> Cluster:
    return parse_cluster(texts, CATALOG)


def only(text: str) -> NodeGroup:
    (group,) = parse(text).groups
    return group


def refusal(texts: str | Iterable[str]) -> PlannerError:
    with pytest.raises(PlannerError) as caught:
        parse_cluster(texts, CATALOG)
    return caught.value


@pytest.mark.parametrize(
    ("text", "board", "nodes", "gpus_per_node", "domain"),
    [
        ("2x8xA100", "a100-sxm4-80gb", 2, 8, 8),
        ("2x8xa100-40gb@ib-hdr", "a100-sxm4-40gb", 2, 8, 8),
        ("8xH100", "h100-sxm5-80gb", 1, 8, 8),
        ("H100", "h100-sxm5-80gb", 1, 1, 1),
        ("T4", "t4-16gb", 1, 1, 1),
        ("5xT4", "t4-16gb", 1, 5, 1),
        ("16xA100", "a100-sxm4-80gb", 2, 8, 8),
        ("1x12xA100", "a100-sxm4-80gb", 1, 12, 12),
        ("2x6xA100", "a100-sxm4-80gb", 2, 6, 6),
        ("2x1xA100", "a100-sxm4-80gb", 2, 1, 1),
        ("2xp4d.24xlarge", "a100-sxm4-40gb", 2, 8, 8),
        ("dgx-h100", "h100-sxm5-80gb", 1, 8, 8),
        ("2xgb200-nvl72", "gb200-186gb", 36, 4, 72),
        ("gb200-nvl72", "gb200-186gb", 18, 4, 72),
        ("8xGB200", "gb200-186gb", 2, 4, 72),
        ("gb200-tray-4", "gb200-186gb", 1, 4, 4),
        ("u-p6e-gb200x36", "gb200-186gb", 9, 4, 36),
        ("a100x8", "a100-sxm4-80gb", 1, 8, 8),
        ("8 x A100", "a100-sxm4-80gb", 1, 8, 8),
        ("8*a100", "a100-sxm4-80gb", 1, 8, 8),
        ("2\N{MULTIPLICATION SIGN}8XA100", "a100-sxm4-80gb", 2, 8, 8),
        ("4x4090", "rtx-4090-24gb", 1, 4, 1),
        ("2x7900xtx", "radeon-rx-7900-xtx-24gb", 1, 2, 1),
        ("8xmi300x", "mi300x-192gb", 1, 8, 8),
        ("8xl40s", "l40s-48gb", 1, 8, 1),
        ("8xa100-pcie-80gb", "a100-pcie-80gb", 1, 8, 1),
        ("8xa100-pcie-80gb-bridged", "a100-pcie-80gb", 1, 8, 2),
        ("8xh200-nvl-bridged", "h200-nvl-141gb", 1, 8, 4),
        ("pcie-h200-nvl-8", "h200-nvl-141gb", 1, 8, 4),
        ("dgx-2", "v100-sxm2-32gb", 1, 16, 16),
        ("mi250x-4", "mi250x-128gb", 1, 8, 8),
    ],
)
def test_the_grammar_reads_what_people_type(
    text: str, board: str, nodes: int, gpus_per_node: int, domain: int
) -> None:
    group = only(text)
    found = (group.accelerator.id, group.nodes, group.gpus_per_node, group.scale_up_domain)
    assert found == (board, nodes, gpus_per_node, domain)


def test_the_default_of_an_open_name_is_an_assumption() -> None:
    said = parse("2x8xA100").assumptions
    assert any(s.startswith("A100 read as a100-sxm4-80gb; it could also be ") for s in said)
    assert not any("read as" in s for s in parse("2x8xa100-sxm4-80gb").assumptions)


def test_more_gpus_than_a_server_holds_are_several_servers_and_it_is_said() -> None:
    assert any(s.startswith("16xA100 read as 2 nodes of 8") for s in parse("16xA100").assumptions)


def test_no_whole_number_of_servers_is_refused_with_both_readings() -> None:
    error = refusal("12xA100")
    assert error.exit_code == 2
    assert "1x12xA100" in error.fix
    assert "2x6xA100" in error.fix


def test_pcie_boards_say_that_they_have_no_nvlink() -> None:
    cluster = parse("5xT4")
    link = cluster.groups[0].intra_node_link
    assert link is not None
    assert (link.kind, link.topology) == ("pcie3x16", "pcie")
    assert link.bytes_per_s_one_way == 15.75e9
    assert "t4-16gb has no NVLink: the 5 GPUs of a node talk over PCIe 3.0 x16" in (
        cluster.assumptions
    )


def test_a_switch_gives_every_pair_the_full_rate_and_a_mesh_one_link() -> None:
    switched, meshed = only("8xH100").intra_node_link, only("8xmi300x").intra_node_link
    four = only("hgx-a100-4").intra_node_link
    assert switched is not None
    assert meshed is not None
    assert four is not None
    assert switched.peer_bytes_per_s_one_way == switched.bytes_per_s_one_way == 450e9
    assert meshed.bytes_per_s_one_way == 448e9
    assert meshed.peer_bytes_per_s_one_way == 64e9
    assert four.peer_bytes_per_s_one_way == 100e9


def test_a_network_is_as_typed_or_of_the_node_type_or_assumed() -> None:
    typed = only("2x8xA100@4xib-hdr")
    assert (typed.fabric_origin, typed.nics_per_node) == ("typed", 4)
    assert typed.network_bytes_per_s_per_node == pytest.approx(4 * 25e9 * 0.95)
    own = only("2xp4d.24xlarge")
    assert own.fabric is not None
    assert (own.fabric.id, own.nics_per_node, own.fabric_assumed) == ("efa-v1-100", 4, False)
    cluster = parse("2x8xA100")
    assert cluster.groups[0].fabric_assumed
    assert any("no network named" in s for s in cluster.assumptions)
    assert only("8xA100").fabric is None


def test_several_texts_make_a_mixed_cluster() -> None:
    cluster = parse("8xH100", "2x8xA100")
    assert [g.accelerator.id for g in cluster.groups] == ["h100-sxm5-80gb", "a100-sxm4-80gb"]
    assert cluster.gpus == 24


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "8",
        "x",
        "8x",
        "xA100",
        "0xA100",
        "2x0xA100",
        "-2xA100",
        "1000000000x8xA100",
        "9" * 5000 + "xT4",
        "2.5xA100",
        "2x3x4xT4",
        "1x1000xT4",
        "2x4xp4d.24xlarge",
        "999999xgb200-nvl72",
        "A1000000",
        "t4é",
        "8xA100@",
        "8xA100@ib",
        "8xA100@999xib-hdr",
        "8xA100@ib-hdr@eth-25",
        "l40s-bridged",
        "no/such/cluster",
        "missing.toml",
        "a\0b.toml",
        "/",
    ],
)
def test_what_makes_no_sense_is_refused_in_one_clear_message(text: str) -> None:
    error = refusal(text)
    assert error.exit_code == 2
    assert error.message
    assert error.fix
    assert len(error.message) < 200


def test_no_gpus_at_all_are_refused() -> None:
    assert refusal([]).exit_code == 2


def test_the_json_holds_what_the_contract_names() -> None:
    document = parse("2xgb200-nvl72").as_document()
    (group,) = document["groups"]
    keys = {"accelerator", "nodes", "gpus_per_node", "memory_bytes", "scale_up_domain"}
    assert keys | {"intra_node_link", "fabric"} <= set(group)
    assert document["assumptions"] == [
        "gb200-nvl72: 2 racks of 18 hosts with 4 GPUs each, 72 GPUs a scale-up domain"
    ]
    assert json.loads(json.dumps(document)) == document


def test_uncertain_memory_is_said() -> None:
    said = parse("arc-a770").assumptions
    assert any(s.startswith("memory of arc-a770-16gb was not read from its runtime") for s in said)
    assert any("ECC" in s for s in parse("a6000").assumptions)


def test_reading_a_cluster_opens_few_files_and_needs_no_terminal_driver_or_network() -> None:
    program = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        "from planner.hardware.cluster import parse_cluster\n"
        "assert parse_cluster('2x8xA100').gpus == 16\n"
        "read = [p for p in opened if 'hardware_db' in p]\n"
        "assert len(read) == 4, read\n"
        "heavy = {'pydantic', 'rich', 'click', 'pynvml', 'huggingface_hub', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
