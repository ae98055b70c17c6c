"""Prices: the user's own, a node type's, a bare board's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import UnknownNameError, UsageError
from planner.hardware.cluster import parse_cluster
from planner.hardware.prices import OwnPrice, Price, own_prices, price_of

if TYPE_CHECKING:
    from pathlib import Path

    from planner.hardware.catalog import Catalog


def priced(text: str, catalog: Catalog, *own: str) -> Price | None:
    (group,) = parse_cluster(text, catalog).groups
    return price_of(group, own_prices(own, catalog), catalog)


def test_a_node_type_costs_what_its_newest_list_says(catalog: Catalog) -> None:
    price = priced("2xp5.48xlarge", catalog)
    assert price is not None
    assert price.usd_per_gpu_hour * 8 == pytest.approx(55.04)
    assert (price.offer, price.date) == ("p5.48xlarge", "2026-07-20")
    assert "on demand in us-east-1" in price.source


def test_bare_boards_cost_what_the_cheapest_node_with_as_many_costs(catalog: Catalog) -> None:
    one, eight, five = (priced(text, catalog) for text in ("L40S", "8xL40S", "5xT4"))
    assert one is not None
    assert eight is not None
    assert five is not None
    assert one.offer == "g6e.xlarge"
    assert (eight.offer, eight.usd_per_gpu_hour) == ("g6e.48xlarge", 30.13118 / 8)
    assert five.offer == "g4dn.metal"


@pytest.mark.parametrize("text", ["8xmi300x", "dgx-h100", "A100 MIG 1g.10gb"])
def test_what_nobody_sells_here_has_no_price(text: str, catalog: Catalog) -> None:
    assert priced(text, catalog) is None


def test_what_the_user_pays_goes_first_and_the_board_before_all_boards(catalog: Catalog) -> None:
    own = ("1.5", "H100=2.5")
    paid = [priced(text, catalog, *own) for text in ("8xH100", "8xmi300x")]
    assert [each and each.usd_per_gpu_hour for each in paid] == [2.5, 1.5]
    assert {each and each.source for each in paid} == {"--price"}


def test_a_cluster_file_says_what_its_gpus_cost(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text('[[group]]\ngpus = "8xmi300x"\nusd_per_gpu_hour = 1.99\n')
    assert priced(str(path), catalog) == Price(usd_per_gpu_hour=1.99, source="the cluster file")


@pytest.mark.parametrize("text", ["cheap", "-1", "0", "H100=", "nan", "inf"])
def test_a_price_is_a_number_above_nothing(text: str, catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="is no price"):
        own_prices([text], catalog)


def test_a_price_of_an_unknown_board_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError):
        own_prices(["nonsense-9=2"], catalog)


def test_a_typed_price_goes_before_a_written_one_and_that_before_the_lists(
    catalog: Catalog,
) -> None:
    written = OwnPrice(name=None, usd_per_gpu_hour=2.0, source="planner.toml", date="2026-11-01")
    group = parse_cluster("8xH100", catalog).groups[0]
    typed = own_prices(["H100=3"], catalog)
    assert price_of(group, (written,), catalog) == Price(
        usd_per_gpu_hour=2.0, source="planner.toml", date="2026-11-01"
    )
    paid = price_of(group, (*typed, written), catalog)
    assert paid is not None
    assert (paid.usd_per_gpu_hour, paid.source) == (3.0, "--price")
