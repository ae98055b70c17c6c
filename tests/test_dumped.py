from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from planner.dumped import dump

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS


@given(document=st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(TEXTS, each)))
def test_what_is_dumped_is_loaded_again(document: object) -> None:
    assert YAML(typ="safe", pure=True).load(dump(document)) == document


def test_several_documents_stand_in_one_file() -> None:
    text = dump({"a": 1}, {"b": "x\u2028y"})
    assert text == 'a: 1\n---\nb: "x\\Ly"\n'
