from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from planner.cli.app import run
from planner.errors import InvalidInputError
from planner.runtime.calibrate.record import facts_of_record
from planner.runtime.calibrate.starts import read_starts
from planner.runtime.launch.client import Client
from planner.runtime.verify.metrics import cache_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: what the server that pretends says of itself
BLOCKS, LENGTH = 7577, 4096


@pytest.fixture
def plan(here: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A plan that comes out as the server that pretends does."""
    path = here / "plan.json"
    words = ["--model", "tiny", "--gpus", "T4", "--dtype", "float16", "--served-model-name", "one"]
    assert run(["recommend", *words, "--offline", "-o", str(path)]) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    layout = document["layouts"][0]
    room = BLOCKS * layout["kv_cache"]["bytes_per_block"]
    layout["kv_cache"]["num_blocks"] = BLOCKS
    layout["memory"]["stages"][0]["kv_cache_bytes"] = room
    layout["memory"]["stages"][0]["interval"]["kv_cache_bytes"] = [room - 2**20, room + 2**20]
    path.write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    return path


def changed(plan: Path, **figures: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    document = json.loads(plan.read_text(encoding="utf-8"))
    layout = document["layouts"][0]
    for name, value in figures.items():
        if isinstance(value, dict) and isinstance(layout[name], dict):
            layout[name].update(value)
        else:
            layout[name] = value
    plan.write_text(json.dumps(document), encoding="utf-8")
    return str(plan)


@pytest.fixture
def url(here: Path, port: int) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    words = ["serve", "tiny", "--port", str(port), "--served-model-name", "one"]
    command = [sys.executable, "-m", "vllm.entrypoints.cli.main", *words]
    with subprocess.Popen(
        command, cwd=here, env=dict(os.environ), stdout=subprocess.DEVNULL
    ) as server:
        end = time.monotonic() + 30
        while not Client(address).answers() and time.monotonic() < end:
            time.sleep(0.05)
        yield address
        server.kill()


def test_a_server_that_is_as_planned_passes(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", url, str(plan), "--output-tokens", "5", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    verdicts = {row["name"]: row["verdict"] for row in told["rows"]}
    assert verdicts == {
        "served name": "same",
        "model": "same",
        "max_model_len": "same",
        "KV cache": "within",
        "TTFT": "not planned",
        "TPOT": "not planned",
    }
    assert told["vllm_version"] == "0.33.0"
    assert told["load"]["answers"] == 8
    # two milliseconds lie between the tokens
    assert 0.001 < told["load"]["tpot"]["median_s"] < 0.2


def test_for_people_each_thing_is_a_line(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", f"{url}/v1", str(plan), "--no-load"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["what", "planned", "interval", "actual", "unit", "verdict"]
    (cache,) = [line for line in lines if line.startswith("KV cache")]
    assert "7,577" in cache
    assert cache.endswith("within")


@pytest.mark.parametrize(
    "figures",
    [
        {"kv_cache": {"num_blocks": 9000}},
        {"kv_cache": {"max_model_len": 2048}},
        {
            "performance": {
                "concurrency": 2,
                "ttft_ms": 9e6,
                "tpot_ms": None,
                "basis": "measured",
                "interval": {"ttft_ms": [8e6, 1e7]},
            }
        },
    ],
)
def test_what_lies_outside_the_plan_fails_the_build(
    figures: dict[str, Any], plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [url, changed(plan, **figures), "--requests", "2", "--output-tokens", "3"]
    assert run(["verify", *words, "--concurrency", "2"]) == 1
    assert sum(line.endswith("differs") for line in capsys.readouterr().out.splitlines()) == 1


PLANNED = {
    "performance": {
        "concurrency": 3.0,
        "ttft_ms": 30_000.0,
        "tpot_ms": None,
        "basis": "measured",
        "interval": {"ttft_ms": [0.0, 60_000.0]},
    }
}


def loaded(plan: Path, **load: Any) -> str:  # noqa: ANN401 - as above
    document = json.loads(plan.read_text(encoding="utf-8"))
    document["workload"] |= load
    plan.write_text(json.dumps(document), encoding="utf-8")
    return str(plan)


def test_the_load_of_the_plan_is_sent_where_it_is_asked_for(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(plan, **PLANNED)
    lengths = {"name": "mine", "source": "", "requests": [[64, 3], [9000, 4]]}
    words = [url, loaded(plan, lengths=lengths), "--planned-load", "--format", "json"]
    assert run(["verify", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["load"]["load"]["concurrency"] == 3
    assert told["load"]["load"]["warm_up"] == 3
    # the longer one is cut to what the server takes
    assert told["load"]["load"]["lengths"] == [[64, 3], [4092, 4]]
    assert told["load"]["answers"] == 12
    assert {row["name"]: row["verdict"] for row in told["rows"]}["TTFT"] == "within"


def test_a_rate_of_the_plan_is_sent_as_one(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(plan, performance=PLANNED["performance"] | {"concurrency": None, "request_rate": 50.0})
    words = [url, loaded(plan, output_tokens=2), "--planned-load", "--seconds", "0.2"]
    assert run(["verify", *words, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["load"]["load"]["request_rate"] == 50.0
    assert told["load"]["load"]["requests"] == 10
    assert {row["name"]: row["verdict"] for row in told["rows"]}["TTFT"] == "within"


def test_what_is_typed_of_a_planned_load_wins(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(plan, **PLANNED)
    words = ["--planned-load", "--concurrency", "2", "--requests", "3", "--output-tokens", "2"]
    assert run(["verify", url, str(plan), *words, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["load"]["load"]["concurrency"], told["load"]["answers"]) == (2, 3)
    assert {row["name"]: row["verdict"] for row in told["rows"]}["TTFT"] == "not planned"


def test_a_plan_without_a_load_says_so(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    del document["workload"]
    plan.write_text(json.dumps(document), encoding="utf-8")
    assert run(["verify", url, str(plan), "--planned-load"]) == 2
    assert "the plan tells no load" in capsys.readouterr().err


def test_another_name_is_typed_beside_the_plan(
    plan: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", url, str(plan), "--no-load", "--served-model-name", "two"]) == 1
    assert "differs" in capsys.readouterr().out


def test_a_server_that_does_not_answer_is_unavailable(
    plan: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", f"127.0.0.1:{port}", str(plan)]) == 3
    assert "does not answer" in capsys.readouterr().err
    assert run(["verify", "ftp://somewhere", str(plan)]) == 2


def test_calibrate_takes_the_record(
    plan: Path, url: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = here / "record.json"
    assert run(["verify", url, str(plan), "--no-load", "-o", str(record)]) == 0
    (facts,) = read_starts(record)
    assert facts.gpu_blocks == BLOCKS
    assert facts.version == "0.33.0"
    capsys.readouterr()
    assert run(["calibrate", str(record), "--dry-run", "--offline", "--format", "json"]) == 0
    (log,) = json.loads(capsys.readouterr().out)["logs"]
    terms = {term["term"]: term for term in log["terms"]}
    layout = json.loads(plan.read_text(encoding="utf-8"))["layouts"][0]
    assert terms["kv_cache"]["actual"] == BLOCKS * layout["kv_cache"]["bytes_per_block"]
    assert terms["weights"]["difference"] == 0
    assert "overheads" in terms


def test_a_record_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no record"):
        facts_of_record('{"schema": "planner/1", "command": "verify"}', "it.json")


def test_of_several_engines_the_one_with_the_fewest_blocks_counts() -> None:
    line = 'vllm:cache_config_info{{block_size="16",engine="{}",num_gpu_blocks="{}"}} 1.0\n'
    told = cache_config(line.format(0, 100) + line.format(1, 90) + "vllm:other 3\n")
    assert told is not None
    assert (told.num_blocks, told.block_size, told.engines) == (90, 16, 2)
    assert cache_config("") is None
    assert cache_config('vllm:cache_config_info{num_gpu_blocks="None"} 1.0') is None
