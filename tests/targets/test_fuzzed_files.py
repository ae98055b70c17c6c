"""Whatever stands in a file, it is read or refused with a message; nothing else is looked at."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import PlannerError
from planner.targets.files import documents_of
from planner.targets.read import file_targets, formats

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
SEEDS = sorted(path for path in CORPUS.rglob("*.*") if path.suffix in {".yaml", ".sh", ".sbatch"})
TEXTS = {str(path.relative_to(CORPUS)): path.read_text("utf-8") for path in SEEDS}
#: what a file names and must not be followed
ELSEWHERE = ("/etc/passwd", "../../secret.yaml", "file:///etc/passwd", "http://192.0.2.1/x.yaml")
WATCHED = {"open", "socket.connect", "subprocess.Popen", "os.system", "os.listdir"}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["vllm", "serve", "vllm/vllm-openai:latest", "$(X)", "${X:-8}", *ELSEWHERE]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
watching: list[str] = []
is_watching = False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what is opened or started while a file is read; modules may be loaded."""
    if is_watching and event in WATCHED:
        name = str(arguments[0])
        own = name.endswith((".py", ".pyc", ".toml", ".so")) or "__pycache__" in name
        if not own and arguments[0] is not None:
            watching.append(f"{event} {name}")


sys.addaudithook(watch)


def read(name: str, text: str) -> None:
    """Read a text as a file of that name: it is understood, or refused by an error of our own."""
    global is_watching  # noqa: PLW0603 - a hook cannot be taken away
    watching.clear()
    refusals: list[str] = []
    is_watching = True
    try:
        for explicit in (True, False):
            try:
                file_targets(documents_of(name, text), None, explicit=explicit)
            except PlannerError as error:
                refusals.append(error.message)
    finally:
        is_watching = False
    assert all(refusals)
    assert not watching


quick = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def paths_of(node: object, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    if not isinstance(node, dict | list):
        return [above]
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    return [above, *(p for key, value in pairs for p in paths_of(value, (*above, key)))]


def replaced(node: Any, path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 - of a file
    """The document with another value at a place."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


DOCUMENTS = [
    data
    for name, text in TEXTS.items()
    if name.endswith(".yaml") and "{{" not in text
    for data in yaml.safe_load_all(text)
]


@quick
@given(data=st.data())
def test_a_manifest_with_a_part_of_another_type_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(DOCUMENTS))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_of(document)))
        document = replaced(document, path, data.draw(VALUES))
    read("a.yaml", yaml.safe_dump(document))
    read("a.json", json.dumps(document, default=str))


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_file_cut_and_stirred_is_read_or_refused(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 40))
        put = data.draw(
            st.text(max_size=8) | st.sampled_from(["\n", "&a ", "*a", "!!x ", "'", "- ", "$("])
        )
        text = text[:at] + put + text[at + cut :]
    read(Path(name).name, text)


@quick
@given(text=st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.sh"])
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    read(name, f"#!/bin/sh\n{text}" if name.endswith(".sh") else text)


@pytest.mark.parametrize("kind", [kind.KIND for kind in formats()])
def test_each_kind_is_among_the_seeds(kind: str) -> None:
    read_kinds = {
        each.KIND
        for name, text in TEXTS.items()
        if "{{" not in text
        for document in documents_of(name, text)
        for each in formats()
        if each.reads(document)
    }
    assert kind in read_kinds or kind == "plans"


def test_a_kind_that_is_no_text_is_no_kind() -> None:
    read("a.yaml", "apiVersion: serving.kserve.io/v1beta1\nkind: [InferenceService]\n")
