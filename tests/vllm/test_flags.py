from __future__ import annotations

import pytest

from planner.vllm.arguments import OPTIONS
from planner.vllm.command import read_command
from planner.vllm.flags import (
    changes,
    first_with,
    known,
    last_with,
    named,
    option_table,
    takes,
)
from planner.vllm.spans import release_number


def test_every_named_option_is_an_option_of_the_newest_vllm() -> None:
    every = known("0.33")
    for option in OPTIONS.values():
        for flag in option.flags:
            assert every[flag].name == option.name, flag


def test_options_take_what_vllm_lets_follow_them() -> None:
    rows, newest = option_table().rows, [release_number("0.33")]
    for option in OPTIONS.values():
        assert rows[option.flag, option.kind].holds(newest), option.flag


def test_a_release_that_is_not_recorded_has_the_options_of_the_nearest() -> None:
    assert known("0.99") == known("0.33.1") == known("0.33")
    assert set(known("0.5")) == set(known("0.6.0"))


def test_options_that_left_did_not_come_back() -> None:
    # a gap is a release whose parser was looked for in the wrong file
    returned = {
        name
        for (name, kind), spans in option_table().rows.items()
        if len(spans.bounds) > 1 and not kind.endswith("keyword")
    }
    assert returned == {
        "--disable-mm-preprocessor-cache",
        "--enable-prompt-adapter",
    }  # each was a switch for a while


def test_enable_has_disable_and_no_as_inverses() -> None:
    for flag in ("--no-enable-expert-parallel", "--disable-expert-parallel"):
        assert named()[flag].name == "enable_expert_parallel"
        assert not named()[flag].on
    assert "--no-headless" not in named()


# flag, last release without, first with; vllm.engine.arg_utils of each
@pytest.mark.parametrize(
    ("flag", "without", "first"),
    [
        ("--enable-expert-parallel", "0.7.3", "0.8.0"),
        ("--data-parallel-size", "0.8.2", "0.8.3"),
        ("--decode-context-parallel-size", "0.10.1", "0.10.2"),
        ("--speculative-config", "0.8.1", "0.8.2"),
    ],
)
def test_options_are_known_from_their_first_release_on(flag: str, without: str, first: str) -> None:
    assert not takes(without, flag)
    assert takes(first, flag)
    assert first_with(flag, without) == first


def test_options_are_known_up_to_their_last_release() -> None:
    assert takes("0.17", "--swap-space")
    assert not takes("0.18", "--swap-space")
    assert last_with("--swap-space", "0.33") == "0.17.1"


def test_renamed_options_were_options_and_became_ones() -> None:
    ever = {name for name, _ in option_table().rows}
    for flag, change in changes().items():
        assert flag in ever, flag
        assert not takes("0.33", flag) or flag == "--disable-log-requests"
        assert not change.use or change.use.split()[0].partition(".")[0].replace("no-", "") in ever
        assert not change.reads_as or change.reads_as in named()


def test_an_old_command_is_read_as_its_release_reads_it() -> None:
    words = "vllm serve m --speculative-model d --num-speculative-tokens 5 --enable-chunked-prefill"
    read = read_command([*words.split(), "false"], "0.7")
    assert not read.unknown
    assert read.arguments.spec_model == "d"
    assert read.arguments.spec_tokens == 5
    assert read.arguments.enable_chunked_prefill is False
    assert {option.flag for option in read_command(words.split(), "0.33").unknown} == {
        "--speculative-model",
        "--num-speculative-tokens",
    }
