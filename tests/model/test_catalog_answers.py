"""An answer from the catalogue equals the answer from the model's full config.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planner.errors import PlannerError
from planner.model import catalog
from planner.model.read import read_architecture

#: what the catalogue drops of published files, with a value each that some file carries
DROPPED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "model" / "dropped_keys.json").read_text()
)["keys"]
ONE_OF_EACH = {row.architecture: row for row in catalog.rows()}


def answer(config: dict[str, Any]) -> object:
    try:
        return read_architecture(config)
    except PlannerError as error:
        return error.message


def with_dropped_keys(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration and each of its parts, filled up as published files are."""
    parts = {
        key: with_dropped_keys(value)
        for key, value in config.items()
        if key.endswith("_config") and key != "quantization_config" and isinstance(value, dict)
    }
    return {**DROPPED, **config, **parts}


@pytest.mark.parametrize("row", ONE_OF_EACH.values(), ids=ONE_OF_EACH.keys())
def test_no_dropped_key_changes_the_answer(row: catalog.CatalogRow) -> None:
    config = catalog.load(row).config

    assert answer(config) == answer(with_dropped_keys(config))
