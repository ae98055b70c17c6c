"""How the choice among measured servers is judged."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.speed.choice import at_one_load, offers, regret, under_limits
from scripts.speed.figures import late, order
from scripts.speed.model import Model
from scripts.speed.rows import read_rows
from scripts.speed.splits import Unseen


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(read_rows())


@pytest.fixture(scope="module")
def perfect(model: Model) -> Unseen:
    return Unseen(
        ttft_s=model.ttft_s,
        tpot_s=model.tpot_s,
        running=np.ones(len(model.rows)),
        saturated=np.zeros(len(model.rows), dtype=np.bool_),
    )


def test_who_knows_the_measurements_loses_no_more_than_what_counts_as_alike(
    model: Model, perfect: Unseen
) -> None:
    found = offers(model, perfect)
    kept, broken = under_limits(found)

    assert regret(found)[0] < 0.05
    assert kept > 99.9
    assert broken == 0
    assert order(model.rows, model.tpot_s, model.tpot_s) == pytest.approx(1)


def test_layouts_are_compared_under_one_load(model: Model) -> None:
    for group in at_one_load(model.rows, 3):
        rows = [model.rows[row] for row in group]
        assert len({(row.model, row.board, row.means, row.users) for row in rows}) == 1
        assert len({row.layout for row in rows}) >= 3


def test_a_first_token_is_late_by_what_half_of_the_users_saw(model: Model) -> None:
    found = late(model.rows, model.ttft_s)

    assert 10 < found.sum() < 20
    assert model.ttft_s[found].min() > 2.5


def test_lengths_were_drawn_around_their_means() -> None:
    row = next(row for row in read_rows() if row.shortest == pytest.approx(0.8))
    inputs, outputs = (np.array(each) for each in zip(*row.lengths, strict=True))

    assert inputs.mean() == pytest.approx(row.input_tokens, rel=0.01)
    assert outputs.max() / outputs.min() == pytest.approx(0.98 / 0.82, rel=0.01)
