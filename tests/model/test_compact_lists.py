from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from planner.model.compact_lists import natural, pack, unpack

names = st.builds(
    lambda head, number, tail: f"{head}{number}{tail}",
    st.sampled_from(["model.layers.", "h.", "", "a#"]),
    st.integers(0, 30),
    st.sampled_from([".mlp.gate", "", ".1"]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | names,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.lists(inner, min_size=1, max_size=3).map(lambda block: block * 5)
        | st.dictionaries(names, inner, max_size=4)
    ),
    max_leaves=30,
)


def text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@given(values)
def test_what_is_packed_comes_back_as_it_was(value: object) -> None:
    assert text(unpack(json.loads(json.dumps(pack(value))))) == text(value)


@given(st.dictionaries(st.builds("layers.{}".format, st.integers(0, 99)), st.sampled_from("ab")))
def test_maps_over_layers_come_back_as_they_were(value: dict[str, str]) -> None:
    assert unpack(pack(value)) == value


def test_a_hybrid_model_s_layer_types_become_one_block() -> None:
    types = (["linear_attention"] * 3 + ["full_attention"]) * 12

    assert len(text(pack(types))) < 120


def test_names_that_count_in_steps_become_one_line() -> None:
    ignored = [f"model.layers.{layer}.self_attn" for layer in range(3, 62, 4)]

    (part,) = pack(ignored)["~"]
    assert part == {"from": 3, "to": 59, "step": 4, "each": "model.layers.#.self_attn"}


def test_a_number_and_a_truth_value_stay_apart() -> None:
    value: list[Any] = [1, 1, True, True, 1.0, 1.0, 0, False] * 3

    assert repr(unpack(pack(value))) == repr(value)


def test_names_sort_by_pattern_and_then_by_number() -> None:
    assert sorted(["m.10.a", "m.9.b", "m.2.a"], key=natural) == ["m.2.a", "m.10.a", "m.9.b"]
