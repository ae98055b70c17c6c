"""What can be bought: the cheapest node of each size, what is named, what has an own price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import UnknownNameError
from planner.hardware.offers import not_priced, offers
from planner.hardware.prices import own_prices

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog


def texts(found: object) -> list[str]:
    return [offer.node.text.removeprefix("1x") for offer in found]  # type: ignore[attr-defined]


def test_of_nodes_alike_in_board_and_gpus_the_cheapest_is_offered(catalog: Catalog) -> None:
    every = texts(offers(catalog=catalog))
    assert {"g6e.xlarge", "g6e.12xlarge", "g6e.48xlarge", "p5.48xlarge"} <= set(every)
    assert not {"g6e.16xlarge", "inf2.xlarge", "trn1.32xlarge"} & set(every)
    assert len(every) == len(set(every))


def test_every_node_that_is_offered_by_itself_has_a_price(catalog: Catalog) -> None:
    assert all(offer.usd_per_hour for offer in offers(catalog=catalog))


def test_a_list_names_boards_node_types_and_hosts(catalog: Catalog) -> None:
    named = offers(("L40S", "p5.48xlarge", "4xmi300x"), catalog=catalog)
    assert texts(named) == [
        "g6e.xlarge",
        "g6e.12xlarge",
        "g6e.48xlarge",
        "p5.48xlarge",
        "4xmi300x-192gb",
    ]
    assert [offer.price is None for offer in named] == [False] * 4 + [True]


def test_a_board_with_an_own_price_joins_what_is_offered(catalog: Catalog) -> None:
    own = own_prices(["mi300x=2"], catalog)
    assert "8xmi300x-192gb" in texts(offers(own=own, catalog=catalog))
    assert "mi300x-192gb" in not_priced(catalog=catalog)
    assert "mi300x-192gb" not in not_priced(own, catalog)


def test_what_nobody_knows_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError):
        offers(("nonsense-9",), catalog=catalog)
