from __future__ import annotations

import pytest

from planner.hardware.catalog import Catalog, data_root


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """This checkout's data alone: no board of the user who runs the tests."""
    return Catalog(data_root())
