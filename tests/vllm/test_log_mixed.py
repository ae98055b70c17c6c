"""Several workers write into one file: their lines come in any mixture, and in any wrapping."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.vllm.log import LogFacts, read_lines
from tests.log_writer import ERAS, WRAPPINGS, Written, lines, wrapped

_PID = re.compile(r"pid=(\d+)")


def sizes(facts: LogFacts) -> tuple[object, ...]:
    ranks = sorted((replace(rank, process="") for rank in facts.ranks), key=repr)
    return facts.version, facts.model, facts.kv_tokens, facts.max_concurrency, ranks


def mixed(log: list[str], draw: st.DataObject) -> list[str]:
    """Lines between the first and the last of a worker in another order, each worker's own kept."""
    workers: dict[str, list[str]] = defaultdict(list)
    places = [n for n, line in enumerate(log) if "Worker" in line and _PID.search(line)]
    for n in places:
        workers[_PID.search(log[n])[1]].append(log[n])  # type: ignore[index]
    turns = draw.draw(st.permutations([pid for pid, own in workers.items() for _ in own]))
    left = {pid: iter(own) for pid, own in workers.items()}
    result = list(log)
    for n, pid in zip(places, turns, strict=True):
        result[n] = next(left[pid])
    return result


@pytest.mark.parametrize("version", ERAS)
@given(data=st.data())
@settings(max_examples=15)
def test_workers_that_write_at_once_are_told_apart(version: str, data: st.DataObject) -> None:
    log = lines(replace(Written(tp=4), version=version))
    wrapping = data.draw(st.sampled_from(sorted(WRAPPINGS)))
    found = read_lines([wrapped(line, wrapping) for line in mixed(log, data)])
    assert sizes(found) == sizes(read_lines([wrapped(line, wrapping) for line in log]))
