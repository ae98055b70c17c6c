from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import PlannerError, UsageError
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.command import as_options, read_command, write_options


def arguments(*words: str) -> VllmArguments:
    return read_command(["vllm", "serve", "m", *words]).arguments


@pytest.mark.parametrize(
    "words",
    [
        ["--tensor-parallel-size", "8"],
        ["--tensor-parallel-size=8"],
        ["--tensor_parallel_size", "8"],
        ["--tensor-par", "8"],
        ["-tp", "8"],
        ["-tp=8"],
        ["-tp", "2", "-tp", "8"],
    ],
)
def test_every_spelling_of_vllm_means_the_same(words: list[str]) -> None:
    assert arguments(*words) == VllmArguments(tensor_parallel_size=8)


@pytest.mark.parametrize(
    ("word", "on"),
    [
        ("--enable-prefix-caching", True),
        ("--no-enable-prefix-caching", False),
        ("--disable-prefix-caching", False),
        ("--enable_prefix_caching", True),
    ],
)
def test_switches_have_their_inverses(word: str, *, on: bool) -> None:
    assert arguments(word).enable_prefix_caching is on


def test_an_optimization_level_may_stick_to_its_letter() -> None:
    assert arguments("-O3") == arguments("-O", "3") == arguments("--optimization-level=3")


def test_dotted_names_are_json() -> None:
    words = ["--speculative-config.method", "mtp", "--speculative-config.num_speculative_tokens=2"]
    typed = '{"method": "mtp", "num_speculative_tokens": 2}'
    assert arguments(*words) == arguments("--speculative-config", typed)


def test_lists_take_all_words_that_follow() -> None:
    assert arguments("--cudagraph-capture-sizes", "1", "2", "4").cudagraph_capture_sizes == (
        1,
        2,
        4,
    )


def test_options_that_bear_on_nothing_here_are_kept_as_typed() -> None:
    words = ["--served-model-name", "r1", "deepseek", "--port", "8001", "--enable-log-requests"]
    read = arguments(*words)
    assert read.other == (
        ("--served-model-name", ("r1", "deepseek")),
        ("--port", ("8001",)),
        ("--enable-log-requests", ()),
    )
    assert write_options(as_options(read)) == words


def test_unknown_options_are_kept_with_the_nearest_known() -> None:
    read = read_command(["vllm serve m --tensor-paralel-size 8 --swap-space 4"])
    wrong, gone = read.unknown
    assert (wrong.flag, wrong.values) == ("--tensor-paralel-size", ("8",))
    assert wrong.nearest[0] == "--tensor-parallel-size"
    assert (gone.flag, gone.values, gone.nearest) == ("--swap-space", ("4",), ())


@pytest.mark.parametrize(
    "command",
    [
        "vllm serve org/model -tp 2",
        "VLLM_PP_LAYER_PARTITION=31,30 /usr/local/bin/vllm serve org/model -tp 2",
        "env HF_HUB_OFFLINE=1 nohup vllm serve org/model -tp 2",
        "python3 -m vllm.entrypoints.openai.api_server --model org/model -tp 2",
        "python -m vllm.entrypoints.cli.main serve org/model -tp 2",
        "vllm serve --model=org/model \\\n  -tp 2",
        "vllm serve -tp 2 org/model",
    ],
)
def test_a_server_is_found_however_it_is_started(command: str) -> None:
    read = read_command([command])
    assert (read.model, read.arguments.tensor_parallel_size) == ("org/model", 2)


def test_assignments_before_the_command_are_its_environment() -> None:
    read = read_command(["VLLM_PP_LAYER_PARTITION='31, 30' vllm serve m --revision abc"])
    assert read.environment == {"VLLM_PP_LAYER_PARTITION": "31, 30"}
    assert read.revision == "abc"


def test_each_option_knows_its_place_in_the_command() -> None:
    read = read_command(["VLLM_PORT=1", "vllm", "serve", "m", "-tp", "8", "--dtype", "half"])
    assert read.places == {"model": 3, "tensor_parallel_size": 4, "dtype": 6}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("vllm serve m -tp eight", "'eight' is not a whole number"),
        ("vllm serve m -tp 0", "must be 1 or more"),
        ("vllm serve m -tp", "needs a value"),
        ("vllm serve m --dtype fp4", "is none of auto"),
        ("vllm serve m --max-num 4", "short for more than one option"),
        ("vllm serve m --enforce-eager=1", "takes no value"),
        ("vllm serve m --gpu-memory-utilization 1.5", "must be 0 to 1"),
        ("vllm bench m", "no vLLM server in this command"),
        ("vllm serve 'm", "cannot be split into words"),
        ("vllm serve m --a.b 1 --a.b.c 2", "was given a value before"),
    ],
)
def test_what_vllm_could_not_read_is_refused(command: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_command([command])


values = st.one_of(
    st.integers(1, 64), st.booleans(), st.sampled_from(["auto", "fp8", "it's", "a b", "$(id)"])
)


@given(st.dictionaries(st.sampled_from(sorted(OPTIONS)), values))
def test_what_is_written_is_read_back(typed: dict[str, object]) -> None:
    given_values: dict[str, Any] = {}
    for name, value in typed.items():
        option = OPTIONS[name]
        if option.kind in {"switch", "on"}:
            given_values[name] = True
        elif option.kind == "value":
            try:
                given_values[name] = option.read(str(value))
            except ValueError:
                continue
    before = VllmArguments(**given_values)
    words = write_options(as_options(before))
    assert read_command(["vllm", "serve", "m", *words]).arguments == before


@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["-tp", "--x.y", "-O", "--", "8"]))))
def test_no_command_makes_the_reader_crash(words: list[str]) -> None:
    with suppress(PlannerError):
        read_command(["vllm", "serve", *words])


def test_flags_are_unique_and_well_formed() -> None:
    flags = list(chain.from_iterable(option.flags for option in OPTIONS.values()))
    assert len(flags) == len(set(flags))
    assert all(flag.startswith("-") and "_" not in flag for flag in flags)


def test_a_value_that_begins_like_an_option_stays_with_its_flag() -> None:
    written = write_options({"--served-model-name": "-chat"})
    assert written == ["--served-model-name=-chat"]
    assert read_command(["vllm", "serve", "m", *written]).arguments.other == (
        ("--served-model-name", ("-chat",)),
    )
