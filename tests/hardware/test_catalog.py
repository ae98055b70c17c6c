from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError, UnavailableError
from planner.hardware import catalog as catalog_module
from planner.hardware import lookup
from planner.hardware.catalog import Catalog, data_root
from planner.hardware.cluster import parse_cluster
from planner.hardware.index import build_index, index_text
from planner.hardware.schema import KINDS, schema_text

if TYPE_CHECKING:
    from pathlib import Path

MINE = """
id = "a100-sxm4-80gb"
name = "My A100"
vendor = "nvidia"
platform = "cuda"
compute_capability = [8, 0]
memory_bytes_low = 80_000_000_000
aliases = ["mine"]
"""


def test_the_generated_index_is_up_to_date(catalog: Catalog) -> None:
    stored = (catalog.root / "index.json").read_text("utf-8")
    assert stored == index_text(build_index(catalog)), "make docs writes it anew"


def test_the_generated_schema_is_up_to_date(catalog: Catalog) -> None:
    stored = (catalog.root / "schema.json").read_text("utf-8")
    assert stored == schema_text(), "make docs writes it anew"


def test_every_data_file_belongs_to_a_kind(catalog: Catalog) -> None:
    for path in catalog.root.rglob("*.toml"):
        folder = path.parent.relative_to(catalog.root).as_posix()
        assert folder in KINDS or folder.startswith("nodes/"), path


def test_mig_sets_name_boards_and_whole_slices(catalog: Catalog) -> None:
    seen: set[str] = set()
    for mig in catalog.mig_sets():
        assert set(mig.accelerators) <= set(catalog.ids("accelerators"))
        assert not seen & set(mig.accelerators)
        seen |= set(mig.accelerators)
        for profile in mig.profiles:
            assert profile.memory_slices <= (mig.memory_slices or 0)
            assert profile.compute_slices <= (mig.compute_slices or 0)


def test_a_users_own_board_wins_and_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "a100-sxm4-80gb.toml").write_text(MINE)
    own = Catalog(data_root(), tmp_path)
    cluster = parse_cluster("8xA100", own)
    assert cluster.groups[0].memory_bytes == 80_000_000_000
    assert any(str(tmp_path) in sentence for sentence in cluster.assumptions)
    assert lookup.find(own, "mine").accelerator.name == "My A100"
    assert [b.name for b in own.accelerators() if b.id == "a100-sxm4-80gb"] == ["My A100"]


def test_a_users_broken_board_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(MINE)
    with pytest.raises(InvalidInputError) as caught:
        parse_cluster("8xA100", Catalog(data_root(), tmp_path))
    assert "other.toml" in caught.value.message


def test_the_users_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert Catalog.default().user == tmp_path / "planner" / "accelerators"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Catalog.default().user == tmp_path / ".config" / "planner" / "accelerators"


def test_a_new_file_is_found_before_the_index_is_made_anew(tmp_path: Path) -> None:
    shutil.copytree(data_root(), tmp_path / "db")
    new = (tmp_path / "db" / "accelerators" / "t4-16gb.toml").read_text()
    new = new.replace("t4-16gb", "x9-16gb").replace("Tesla T4", "X9").replace("T4G", "X9G")
    (tmp_path / "db" / "accelerators" / "x9-16gb.toml").write_text(new)
    grown = Catalog(tmp_path / "db")
    assert parse_cluster("2xX9", grown).groups[0].accelerator.id == "x9-16gb"
    (tmp_path / "db" / "index.json").unlink()
    assert parse_cluster("2xX9", Catalog(tmp_path / "db")).gpus == 2


def test_an_id_cannot_leave_the_data_folder(catalog: Catalog) -> None:
    for odd in ("../../etc/passwd", "a/b", "", "."):
        with pytest.raises(InvalidInputError):
            catalog.accelerator(odd)


def test_missing_data_is_an_installation_to_repair(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalog_module, "__file__", str(tmp_path / "planner" / "hardware" / "x.py"))
    with pytest.raises(UnavailableError):
        data_root()
    carried = tmp_path / "planner" / "_hardware_db" / "accelerators"
    carried.mkdir(parents=True)
    assert data_root() == carried.parent
