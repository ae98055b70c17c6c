from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError, PlannerError, UnknownNameError
from planner.hardware.cluster import format_cluster, parse_cluster

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "clusters").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_is_read(catalog: Catalog, path: Path) -> None:
    assert parse_cluster(str(path), catalog).gpus > 1


def test_a_file_holds_several_groups_and_what_was_measured(
    catalog: Catalog, tmp_path: Path
) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(
        'name = "lab"\n'
        "[[group]]\n"
        'gpus = "2x4xrtx-a6000-48gb@10gbe"\n'
        "memory_bytes = 47_600_000_000\n"
        "taken_bytes = 1_000\n"
        "p2p = true\n"
        "scale_up_domain = 2\n"
        'hosts = ["a", "10.0.0.2"]\n'
        'network_interface = "eno1"\n'
        "[[group]]\n"
        'gpus = "gb200-nvl72"\n'
    )
    cluster = parse_cluster(str(path), catalog)
    first, second = cluster.groups
    assert (first.memory_bytes, first.taken_bytes) == (47_600_000_000, 1_000)
    assert first.scale_up_domain == 2
    assert first.hosts == ("a", "10.0.0.2")
    assert first.addresses == ()
    assert first.intra_node_link is not None
    assert first.intra_node_link.p2p is True
    assert second.nodes == 18
    assert not any("ECC" in sentence for sentence in cluster.assumptions)
    assert format_cluster(cluster) == "2x4xrtx-a6000-48gb@1xeth-10 1xgb200-nvl72"


@pytest.mark.parametrize(
    ("keys", "addresses"),
    [
        ('hosts = ["a", "b"]\naddresses = ["10.0.0.1", "fd00::2"]', ("10.0.0.1", "fd00::2")),
        ('hosts = ["10.0.0.1", "10.0.0.2"]', ("10.0.0.1", "10.0.0.2")),
        ('hosts = ["a", "b"]', ()),
        ("", ()),
    ],
)
def test_nodes_have_addresses_of_their_own_or_are_named_by_them(
    catalog: Catalog, tmp_path: Path, keys: str, addresses: tuple[str, ...]
) -> None:
    path = tmp_path / "cluster.toml"
    path.write_text(f'[[group]]\ngpus = "2x8xA100"\n{keys}\n')
    (group,) = parse_cluster(str(path), catalog).groups
    assert group.addresses == addresses


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InvalidInputError),
        ("group = 3", InvalidInputError),
        ("[[group]]", InvalidInputError),
        ("[[group]]\ngpus = 8", InvalidInputError),
        ('[[group]]\ngpus = "8xZ9000"', UnknownNameError),
        ('[[group]]\ngpus = "8xA100"\nmemory = 5', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nmemory_bytes = -5', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nmemory_bytes = 0', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nmemory_bytes = true', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nlink_bytes_per_s_one_way = inf', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nlink_bytes_per_s_one_way = nan', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nscale_up_domain = 9', InvalidInputError),
        ('[[group]]\ngpus = "2x8xA100"\nhosts = ["one"]', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nhosts = ["a; rm -rf /"]', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\naddresses = ["gpu-a"]', InvalidInputError),
        ('[[group]]\ngpus = "2x8xA100"\naddresses = ["10.0.0.1"]', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nnetwork_interface = "$(id)"', InvalidInputError),
        ('[[group]]\ngpus = "8xA100"\nnics_per_node = 2', InvalidInputError),
        ("[[group]\n", InvalidInputError),
        ("a = " + "[" * 5000, InvalidInputError),
        ("a = " + "9" * 6000, InvalidInputError),
        ("x" * 1_000_001, InvalidInputError),
    ],
)
def test_a_broken_file_is_refused_by_name(
    catalog: Catalog, tmp_path: Path, text: str, error: type[PlannerError]
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(error) as caught:
        parse_cluster(str(path), catalog)
    assert "broken.toml" in caught.value.message
    assert caught.value.exit_code == 2


def test_a_misspelt_key_is_answered_with_the_right_one(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "cluster.toml"
    path.write_text('[[group]]\ngpus = "8xA100"\nscaleup_domain = 8\n')
    with pytest.raises(InvalidInputError) as caught:
        parse_cluster(str(path), catalog)
    assert "scale_up_domain" in caught.value.fix


def test_bytes_that_are_no_text_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "cluster.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError):
        parse_cluster(str(path), catalog)


def test_a_file_that_never_ends_is_not_read(catalog: Catalog, tmp_path: Path) -> None:
    endless = tmp_path / "endless.toml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(InvalidInputError):
        parse_cluster(str(endless), catalog)
