from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from planner.errors import UnknownNameError
from planner.hardware import views

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog


def test_lists_hold_every_row_as_plain_values(catalog: Catalog) -> None:
    boards = views.list_accelerators(catalog)
    assert len(boards) == len(catalog.ids("accelerators"))
    assert {"id", "memory_bytes", "hbm_bytes_per_s", "origin"} <= set(boards[0])
    nodes, fabrics = views.list_nodes(catalog), views.list_fabrics(catalog)
    assert json.loads(json.dumps([boards, nodes, fabrics])) == [boards, nodes, fabrics]


@pytest.mark.parametrize(
    ("name", "kind", "row_id"),
    [
        ("A100", "accelerator", "a100-sxm4-80gb"),
        ("p5.48xlarge", "node", "p5.48xlarge"),
        ("HDR", "fabric", "ib-hdr"),
    ],
)
def test_show_finds_boards_nodes_and_networks(
    catalog: Catalog, name: str, kind: str, row_id: str
) -> None:
    shown = views.show(name, catalog)
    assert (shown["kind"], shown["data"]["id"]) == (kind, row_id)
    assert json.loads(json.dumps(shown)) == shown


def test_a_node_is_shown_with_its_dated_prices(catalog: Catalog) -> None:
    prices = views.show("p5.48xlarge", catalog)["data"]["usd_per_hour"]
    assert prices[0]["usd_per_hour"] == 55.04
    assert prices[0]["priced_on"] == "2026-07-20"


def test_what_is_neither_is_unknown(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError, match="no accelerator or node type"):
        views.show("nonsense-9", catalog)


@pytest.mark.parametrize(("typed", "meant"), [("A1OO", "a100"), ("Hl00", "h100"), ("L4OS", "l40s")])
def test_a_letter_typed_for_a_digit_is_told(typed: str, meant: str, catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError) as refused:
        views.show(typed, catalog)
    assert f"did you mean {meant}?" in (refused.value.fix or "")
