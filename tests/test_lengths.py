from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError, UnknownNameError, UsageError
from planner.lengths import lengths_of, named
from planner.request import request

if TYPE_CHECKING:
    from pathlib import Path


def file_of(folder: Path, *lines: object) -> str:
    path = folder / "requests.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(texts), encoding="utf-8")
    return str(path)


def test_a_kind_of_requests_says_where_it_was_measured_or_that_it_is_assumed() -> None:
    measured = {name for name, kind in named().items() if " trace " in kind.told}
    assumed = {name for name, kind in named().items() if "assumed" in kind.told}
    assert measured == {"chat", "code", "documents"}
    assert measured | assumed == set(named())
    assert all(kind.longest > sum(kind.means) for kind in named().values())


def test_measured_kinds_are_as_long_as_the_whole_of_their_trace() -> None:
    # medians of the trace: 1,020 and 129 tokens of conversations, 1,500 and 13 of completions
    # (Splitwise, section 3)
    for name, inputs, outputs in (("chat", 1020, 129), ("code", 1500, 13)):
        lengths = zip(*named()[name].requests, strict=True)
        found = [statistics.median(each) for each in lengths]
        assert found == pytest.approx([inputs, outputs], rel=0.35)
    # means of the paper's table of traces
    assert named()["documents"].means == pytest.approx((12_035, 343), rel=0.1)


def test_a_file_gives_the_length_of_each_request(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        {"input_tokens": 1000, "output_tokens": 10, "id": "a"},
        "",
        {"input_tokens": 3000, "output_tokens": 30},
    )

    asked = request(model="m", workload=path)

    assert asked.workload.lengths is not None
    assert asked.workload.lengths.requests == ((1000, 10), (3000, 30))
    assert (asked.workload.input_tokens, asked.workload.output_tokens) == (2000, 20)
    assert asked.workload.longest_tokens == 3030


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2 .* is not JSON"),
        ("[" * 100_000, "line 2 .* is not JSON"),
        ([1, 2], "line 2 .* is no object"),
        ({"input_tokens": 5}, "line 2 .* output_tokens"),
        ({"input_tokens": True, "output_tokens": 5}, "line 2 .* input_tokens"),
        ({"input_tokens": 5, "output_tokens": 10**12}, "line 2 .* output_tokens"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: object, complaint: str) -> None:
    path = file_of(tmp_path, {"input_tokens": 1, "output_tokens": 1}, line)

    with pytest.raises(InvalidInputError, match=complaint) as caught:
        lengths_of(path)
    assert caught.value.line == 2
    assert '"input_tokens": 1024' in caught.value.fix


def test_a_file_is_no_larger_than_a_sample_has_to_be(tmp_path: Path) -> None:
    path = file_of(tmp_path, *[{"input_tokens": 1, "output_tokens": 1}] * 10_001)

    with pytest.raises(InvalidInputError, match="more than 10,000") as caught:
        lengths_of(path)
    assert "shuf" in caught.value.fix


def test_an_empty_a_missing_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no requests"):
        lengths_of(file_of(tmp_path))
    with pytest.raises(InvalidInputError, match="cannot read"):
        lengths_of(str(tmp_path / "none.jsonl"))
    with pytest.raises(InvalidInputError, match="cannot read"):
        lengths_of(str(tmp_path))


def test_a_misspelt_kind_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="chatt") as caught:
        request(workload="chatt")
    assert "chat" in caught.value.fix


def test_lengths_are_said_once() -> None:
    with pytest.raises(UsageError, match="input_tokens"):
        request(workload="chat", input_tokens=5)
