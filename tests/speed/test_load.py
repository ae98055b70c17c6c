from __future__ import annotations

import pytest

from planner.speed.load import drafted_tokens, load_of


def test_a_request_has_half_of_its_answer_on_average_while_it_decodes() -> None:
    load = load_of([(1000, 200)])

    assert load.context_tokens == 1100
    assert load.span_tokens == 500
    assert load.variation == 1


def test_longer_answers_count_for_more_steps() -> None:
    load = load_of([(100, 100), (1000, 900)])

    assert load.output_tokens == 500
    assert load.context_tokens == pytest.approx((100 * 150 + 900 * 1450) / 1000)


def test_a_cached_prefix_is_looked_at_but_not_computed_again() -> None:
    load = load_of([(1000, 100)], prefix_cache_hit_rate=0.8)

    assert load.prompt_tokens == pytest.approx(200)
    assert load.span_tokens == pytest.approx(900)


def test_drafted_tokens_end_with_the_first_that_is_refused() -> None:
    assert drafted_tokens(0.8, 0) == 1
    assert drafted_tokens(0.8, 3) == pytest.approx(1 + 0.8 + 0.64 + 0.512)
    assert drafted_tokens(1.0, 3) == 4


def test_equal_users_who_start_together_hold_most_at_their_last_token() -> None:
    assert load_of([(1000, 200)]).peak_tokens == 1200


def test_unequal_ones_hold_most_when_the_first_of_them_ends() -> None:
    load = load_of([(1000, out) for out in range(800, 1001, 20)])

    assert load.peak_tokens == pytest.approx(1800, abs=5)
