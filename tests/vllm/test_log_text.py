"""Logs come in colours, prefixes, JSON objects, compressed, cut, and several at once."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError
from planner.units import GIB
from planner.vllm.log import LogFacts, read_lines, read_log
from planner.vllm.log.text import LONGEST_LINE_BYTES
from tests.log_writer import DATA, ERAS, WRAPPINGS, Written, lines, text, wrapped

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Written(tp=2)


def of_text(log: str) -> LogFacts:
    return read_lines(log.splitlines(keepends=True))


def figures(facts: LogFacts) -> tuple[object, ...]:
    return (
        facts.version,
        facts.model,
        facts.kv_tokens,
        facts.max_concurrency,
        facts.stage,
        facts.arguments,
        [replace(rank, process="") for rank in facts.ranks],
    )


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("version", ERAS)
def test_a_wrapping_changes_nothing(wrapping: str, version: str) -> None:
    run = replace(PLAIN, version=version)
    # one process tells its sizes where only the outer tag names one
    assert figures(of_text(text(run, wrapping))) == figures(of_text(text(run)))


def test_text_in_other_keys_of_a_json_object_is_found() -> None:
    logs = [
        json.dumps({"jsonPayload": {"message": line}, "severity": "INFO"}) for line in lines(PLAIN)
    ]
    assert figures(read_lines(logs)) == figures(of_text(text(PLAIN)))


def test_a_traceback_in_a_json_object_is_read() -> None:
    record = {
        "message": "EngineCore failed to start.",
        "exc_info": "Traceback\nValueError: No available memory for the cache blocks.",
    }
    facts = read_lines(["vllm", json.dumps(record)])
    assert [error.text for error in facts.errors] == [
        "EngineCore failed to start.",
        "ValueError: No available memory for the cache blocks.",
    ]


def test_processes_of_json_lines_are_told_apart() -> None:
    logs = [
        json.dumps({"message": f"Model loading took {size} GiB and 1 seconds", "process": pid,
                    "processName": f"Worker_TP{pid}"})
        for pid, size in enumerate(("3.50", "3.75"))
    ]  # fmt: skip
    facts = read_lines(logs)
    assert [(rank.tp_rank, rank.weights and rank.weights.size_bytes) for rank in facts.ranks] == [
        (0, 3.5 * GIB),
        (1, 3.75 * GIB),
    ]


def test_compressed_and_utf16_files_are_the_same_log(tmp_path: Path) -> None:
    log = text(PLAIN).encode()
    plain, packed, wide = (tmp_path / name for name in ("a.log", "b.log.gz", "c.log"))
    plain.write_bytes(log)
    packed.write_bytes(gzip.compress(log))
    wide.write_bytes(codecs.BOM_UTF16_LE + text(PLAIN).encode("utf-16-le"))
    first = read_log(plain)
    assert first.ranks
    for path in (packed, wide):
        facts = read_log(path)
        assert figures(facts) == figures(first)
        assert facts.sha256 == first.sha256


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "-"
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(text(PLAIN).encode())))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert read_log(path.relative_to(tmp_path)).name == "standard input"


def test_a_compressed_file_that_was_cut_gives_what_came_out(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    packed = gzip.compress(text(PLAIN).encode())
    path.write_bytes(packed[: len(packed) - 40])
    assert read_log(path).version == "0.26.0"


@pytest.mark.parametrize("version", ERAS)
def test_a_file_cut_anywhere_gives_no_other_figure(version: str) -> None:
    log = text(replace(PLAIN, version=version))
    whole = of_text(log)
    true = {
        getattr(rank, name)
        for rank in whole.ranks
        for name in ("weights", "activation", "non_torch", "kv_cache", "graphs", "total", "free")
    }
    start = log.index("oad")
    for end in range(start, len(log), 7):
        try:
            facts = of_text(log[:end])
        except InvalidInputError:
            continue
        assert facts.kv_tokens in {None, whole.kv_tokens}
        assert facts.max_concurrency in {None, whole.max_concurrency}
        assert facts.gpu_blocks in {None, whole.gpu_blocks}
        assert facts.cpu_blocks in {None, whole.cpu_blocks}
        assert facts.arguments.max_model_len in {None, 32768}
        assert facts.arguments.tensor_parallel_size in {None, 2}
        for rank in facts.ranks:
            sizes = {rank.weights, rank.non_torch, rank.kv_cache, rank.graphs, rank.total}
            # the same size may have come in a coarser print
            for size in sizes - {None}:
                assert any(
                    size is not None and other is not None and size.agrees(other) for other in true
                )


def test_a_line_that_the_runtime_split_is_not_read_to_its_end() -> None:
    head = "2026-11-22T07:35:31.1Z stderr P INFO # cuda blocks: 2000, # CPU blocks: 20"
    facts = read_lines([head + "\n", "2026-11-22T07:35:31.1Z stderr F 48\n"])
    assert (facts.gpu_blocks, facts.cpu_blocks) == (2000, None)


def test_an_endless_line_is_cut_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("x" * (3 * LONGEST_LINE_BYTES) + "\n" + text(PLAIN))
    assert read_log(path).kv_tokens == PLAIN.tokens


def test_a_pod_that_restarts_tells_its_last_whole_start() -> None:
    failed = (DATA / "0.11.0-no-room.log").read_text()
    facts = of_text(failed + text(PLAIN))
    assert facts.starts == 2
    assert facts.started
    assert not facts.errors
    assert facts.version == "0.26.0"
    cut = text(PLAIN).split("Model loading took")[0]
    again = of_text(text(PLAIN) + cut)
    assert again.kv_tokens == PLAIN.tokens
    assert again.notes == (
        "the file holds 2 starts; the last that loaded a model or failed is read",
    )


def test_a_pod_that_served_and_now_fails_tells_the_failure() -> None:
    failing = (DATA / "0.20-heads.log").read_text()
    facts = of_text(text(PLAIN) + 50 * failing)
    assert facts.starts == 51
    assert facts.version == "0.20.0"
    assert not facts.started
    assert "must be divisible" in facts.errors[-1].text


def test_replicas_are_one_start_and_the_fewest_tokens_count() -> None:
    first, second = (
        text(replace(PLAIN, tp=1, tokens=tokens)).replace(
            "(EngineCore pid=100)", f"(EngineCore_DP{rank} pid={100 + rank})"
        )
        for rank, tokens in enumerate((500_000, 400_000))
    )
    engines = [line for log in (first, second) for line in log.splitlines() if "EngineCore" in line]
    facts = read_lines([*first.splitlines()[:3], *engines])
    assert facts.starts == 1
    assert facts.kv_tokens == 400_000
    assert [rank.dp_rank for rank in facts.ranks] == [0, 1]


def test_what_a_running_server_prints_is_passed_over() -> None:
    serving = 'INFO: 10.0.0.1 - "POST /v1/completions" 200 GPU KV cache size: 5 tokens\n'
    assert of_text(text(PLAIN) + 1000 * serving).kv_tokens == PLAIN.tokens


@pytest.mark.parametrize("name", ["", "/nonexistent/vllm.log"])
def test_a_path_that_cannot_be_read_is_a_plain_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(InvalidInputError, match="cannot be read") as caught:
        read_log(path)
    assert caught.value.fix


def test_a_gzip_file_that_is_none_is_a_plain_error(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"\x1f\x8b" + b"no gzip at all" * 40)
    with pytest.raises(InvalidInputError, match="no whole gzip"):
        read_log(path)


def test_another_programs_log_says_that_it_is_none(tmp_path: Path) -> None:
    path = tmp_path / "nginx.log"
    path.write_text('10.0.0.1 - - "GET / HTTP/1.1" 200\nApplication startup complete.\n')
    with pytest.raises(InvalidInputError, match="holds no line of a start of vLLM") as caught:
        read_log(path)
    assert "2 lines" in caught.value.cause


def test_a_docker_line_keeps_its_prefix_out_of_errors() -> None:
    line = "(APIServer pid=7) ValueError: No available memory for the cache blocks."
    facts = read_lines([wrapped("vllm", "docker"), wrapped(line, "docker")])
    assert facts.errors[0].text == "ValueError: No available memory for the cache blocks."
