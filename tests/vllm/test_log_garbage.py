"""Whatever is fed to the reader: a clear error or facts, never a crash, never an absurd figure."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.errors import InvalidInputError
from planner.units import GIB
from planner.vllm.log import LogFacts, read_lines, read_log
from planner.vllm.log.literal import pairs, value
from planner.vllm.log.patterns import patterns
from tests.log_writer import DATA, Written, lines, text

NEEDLES = st.sampled_from([pattern.has for pattern in patterns()])
JUNK = st.text(max_size=40)
NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.integers(-(10**20), 10**20).map(lambda number: f"{number:,}"),
    st.sampled_from(["nan", "1e999", "-", "1.2.3", "1,23,4", "٣", "0x10"]),
)
HALF_LINES = st.builds(
    "{}{}{}{}{}".format,
    JUNK,
    NEEDLES,
    NUMBERS,
    st.sampled_from([" GiB", "GiB;", " tokens", "x", " secs, took ", ")", "/", ""]),
    NUMBERS,
)


def plausible(facts: LogFacts) -> bool:
    sizes = [
        size.size_bytes
        for rank in facts.ranks
        for size in (rank.weights, rank.total, rank.requested, rank.consumed)
        if size is not None
    ]
    rooms = [rank.kv_cache.size_bytes for rank in facts.ranks if rank.kv_cache is not None]
    shares = [rank.utilization for rank in facts.ranks if rank.utilization is not None]
    return (
        all(0 < size <= 4096 * GIB for size in sizes)
        and all(abs(room) <= 4096 * GIB for room in rooms)
        and all(0 < share <= 1 for share in shares)
        and all(took >= 0 for took in facts.seconds.values())
        and (facts.kv_tokens is None or facts.kv_tokens >= 0)
    )


@given(st.lists(st.one_of(JUNK, HALF_LINES), max_size=30))
def test_junk_gives_an_error_or_plausible_facts(junk: list[str]) -> None:
    try:
        facts = read_lines(junk)
    except InvalidInputError:
        return
    assert plausible(facts)


@given(st.lists(st.one_of(JUNK, HALF_LINES), max_size=10), st.integers(0, 10))
def test_junk_among_the_lines_does_not_make_up_a_model(junk: list[str], place: int) -> None:
    log = lines(Written())
    facts = read_lines([*log[:place], *junk, *log[place:]])
    assert plausible(facts)


@given(st.binary(max_size=2000))
@example(b"\x1f\x8b\x08\x00")
@example(b"\xff\xfe\x00")
@settings(max_examples=60)
def test_any_bytes_of_a_file_are_survived(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("logs") / "a.log"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError):
        read_log(path)


@given(st.data())
def test_a_log_with_flipped_characters_is_survived(data: st.DataObject) -> None:
    log = list(text(Written(tp=2)))
    for place in data.draw(st.lists(st.integers(0, len(log) - 1), max_size=20)):
        log[place] = data.draw(st.characters())
    try:
        facts = read_lines("".join(log).splitlines(keepends=True))
    except InvalidInputError:
        return
    assert plausible(facts)


@given(st.text(max_size=200))
def test_any_text_is_taken_apart_without_being_run(literal: str) -> None:
    assert isinstance(pairs(literal), dict)
    value(literal)


def test_a_printed_object_is_never_evaluated() -> None:
    found = pairs("a=__import__('os').getcwd(), b=[1, 2], c={'d': (3, 4)}, e='x, y', f=1")
    assert found == {
        "a": "__import__('os').getcwd()",
        "b": "[1, 2]",
        "c": "{'d': (3, 4)}",
        "e": "'x, y'",
        "f": "1",
    }
    assert value(found["a"]) == "__import__('os').getcwd()"


def test_every_fixture_is_read_without_a_note_or_says_why() -> None:
    for path in sorted(DATA.glob("*.log")):
        facts = read_log(path)
        assert facts.version
        assert facts.model
        assert not facts.notes, path.name
