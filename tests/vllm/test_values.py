from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.vllm import values


@pytest.mark.parametrize(
    ("typed", "number"),
    [("32768", 32768), ("1k", 1000), ("1K", 1024), ("25.6k", 25600), ("2M", 2 * 1024**2)],
)
def test_human_sizes_count_as_in_vllm(typed: str, number: int) -> None:
    assert values.human_int(typed) == number


@pytest.mark.parametrize("typed", ["1.5K", "", "k", "1kk", "-", "1,024", "0x10", "٣k5"])
def test_what_vllm_cannot_read_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        values.human_int(typed)


def test_a_length_may_be_left_to_vllm() -> None:
    assert values.length("-1") == values.length("AUTO") == values.AUTO
    assert values.length("32k") == 32_000


@pytest.mark.parametrize("typed", ["0", "-2", "0.5"])
def test_a_length_is_at_least_one_token(typed: str) -> None:
    with pytest.raises(ValueError, match=r"1 or more|whole number"):
        values.length(typed)


@pytest.mark.parametrize("typed", ["0", "1.01", "nan", "-0.1", "95%", "inf"])
def test_a_share_lies_above_zero_and_not_above_one(typed: str) -> None:
    with pytest.raises(ValueError, match=r"must be|is not a number"):
        values.share(typed)


def test_json_objects_take_human_numbers_outside_of_text() -> None:
    assert values.json_object('{"cpu_bytes": 80m, "name": "80m"}') == {
        "cpu_bytes": 80_000_000,
        "name": "80m",
    }


@pytest.mark.parametrize("typed", ["[1]", "7", "{", "[" * 100_000])
def test_json_that_is_no_object_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="JSON object"):
        values.json_object(typed)


@given(st.text())
def test_no_text_makes_a_reader_crash(typed: str) -> None:
    for read in (values.length, values.share, values.json_or_text, values.whole(human=True)):
        with suppress(ValueError):
            read(typed)
