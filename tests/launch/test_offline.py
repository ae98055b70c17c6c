"""The program for batches: its constants are the plan's, and the rest of it works."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from planner.errors import UsageError
from planner.launch import offline
from tests.launch.served_cases import CASES, HOSTILE, WORDS, answer, cases, record

if TYPE_CHECKING:
    from pathlib import Path

    from planner.launch.base import Served

#: answers as vLLM's classes do, without a model
_VLLM = """
import json
from types import SimpleNamespace

class SamplingParams:
    def __init__(self, **given):
        self.given = given

class LLM:
    def __init__(self, **given):
        self.given = given
    def generate(self, asked, sampling, lora_request=None):
        loras = lora_request or [None] * len(asked)
        told = zip(asked, sampling, loras)
        return [self._output([each, s.given, self.given, lora]) for each, s, lora in told]
    chat = generate
    def _output(self, told):
        first = SimpleNamespace(text=json.dumps(told), finish_reason="stop", token_ids=[1])
        return SimpleNamespace(outputs=[first], prompt_token_ids=[1, 2])
"""


def constants(served: Served) -> dict[str, Any]:
    """The literals of the program, read without running it."""
    (file,) = offline.files(served)
    found = {}
    for node in ast.parse(file.text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = ast.literal_eval(node.value)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_program_holds_the_model_and_the_environment(case: str) -> None:
    served = cases("offline")[case]
    try:
        found = constants(served)
    except UsageError:
        pytest.skip("it is refused")
    assert found["ENGINE"]["model"] == served.model
    assert found["ENVIRONMENT"] == dict(served.server.environment)


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ({"--max-model-len": "32k", "--port": "9000"}, {"max_model_len": 32_000}),
        ({"--max-model-len": "auto"}, {"max_model_len": -1}),
        ({"--revision": "123", "--seed": "7"}, {"revision": "123", "seed": 7}),
        ({"--enforce-eager": True}, {"enforce_eager": True}),
        ({"--enable-prefix-caching": False}, {"enable_prefix_caching": False}),
        ({"--hf-overrides": {"a": [1, "b"]}}, {"hf_overrides": {"a": [1, "b"]}}),
        ({"--dtype": "half", "--api-server-count": 2}, {"dtype": "half"}),
        ({"--distributed-executor-backend": "mp"}, {"distributed_executor_backend": "mp"}),
        ({"--cudagraph-capture-sizes": [1, 2]}, {"cudagraph_capture_sizes": [1, 2]}),
        ({"--max-lora-rank": "8"}, {"max_lora_rank": 8}),
    ],
)
def test_options_become_keywords_of_their_type(
    options: dict[str, object], keywords: dict[str, object]
) -> None:
    engine = constants(record(answer(options=options), "offline"))["ENGINE"]
    assert engine == {"model": "Qwen/Qwen3-8B", "gpu_memory_utilization": 0.95, **keywords}


@given(word=WORDS)
def test_any_word_is_a_literal(word: str) -> None:
    served = record(
        answer(model=f"/x{word}", options={"--tokenizer": f"x{word}"}, environment={"A": word}),
        "offline",
    )
    found = constants(served)
    assert found["ENGINE"]["tokenizer"] == f"x{word}"
    assert found["ENGINE"]["model"] == f"/x{word}"
    assert found["ENVIRONMENT"] == {"A": word}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program of a plan, beside a module that answers in vLLM's place."""
    (file,) = offline.files(record(answer(), "offline", variables={"VALUE": HOSTILE}))
    (tmp_path / file.path).write_text(file.text, encoding="utf-8")
    (tmp_path / "vllm.py").write_text(_VLLM, encoding="utf-8")
    return tmp_path / file.path


def answered(program: Path, prompts: str, text: str, *more: str) -> list[dict[str, Any]]:
    (program.parent / prompts).write_text(text, encoding="utf-8")
    command = [sys.executable, str(program), prompts, "answers.jsonl", *more]
    subprocess.run(command, cwd=program.parent, check=True)
    lines = (program.parent / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_answers_stand_in_the_order_of_the_requests(program: Path) -> None:
    requests: list[dict[str, Any]] = [
        {"prompt": "a", "max_tokens": 9},
        {"messages": [{"role": "user", "content": "b"}], "id": 7},
        {"prompt": HOSTILE, "temperature": 1.5},
    ]
    text = "".join(f"{json.dumps(request)}\n" for request in requests)
    first, second, third = answered(program, "p.jsonl", text)
    assert json.loads(first["text"])[:2] == ["a", {"max_tokens": 9, "temperature": 0.0}]
    assert second["id"] == 7
    assert json.loads(second["text"])[0] == requests[1]["messages"]
    assert json.loads(third["text"])[:2] == [HOSTILE, {"max_tokens": 256, "temperature": 1.5}]
    assert (first["prompt_tokens"], first["completion_tokens"]) == (2, 1)


def test_a_template_and_adapters_come_along(tmp_path: Path) -> None:
    template = tmp_path / "it's.jinja"
    options = {
        "--chat-template": str(template),
        "--chat-template-content-format": "string",
        "--default-chat-template-kwargs": {"enable_thinking": False},
        "--enable-lora": True,
        "--lora-modules": ["one=/a/o=ne", '{"name": "two", "path": "b"}'],
    }
    found = constants(record(answer(options=options), "offline"))
    assert found["ADAPTERS"] == {"one": "/a/o=ne", "two": "b"}
    assert found["ENGINE"]["enable_lora"] is True
    assert found["CHAT"] == {
        "chat_template": str(template),
        "chat_template_content_format": "string",
        "chat_template_kwargs": {"enable_thinking": False},
    }


@pytest.mark.parametrize(
    ("flag", "typed", "told"),
    [
        ("--lora-modules", ["one"], "is no adapter"),
        ("--lora-modules", ["{bad"], "is no adapter"),
        ("--lora-modules", ['{"name": "one"}'], "is no adapter"),
        ("--default-chat-template-kwargs", "{bad", "is not a JSON object"),
    ],
)
def test_what_is_mistyped_is_told(flag: str, typed: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        offline.files(record(answer(options={flag: typed}), "offline"))


def test_a_request_for_a_model_that_is_not_loaded_is_named(program: Path) -> None:
    (program.parent / "p.jsonl").write_text('{"prompt": "a", "model": "x"}\n', encoding="utf-8")
    command = [sys.executable, str(program), "p.jsonl", "answers.jsonl"]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "request 1 names another model than Qwen/Qwen3-8B" in done.stderr


def test_a_part_of_the_prompts_is_every_nth_line(program: Path) -> None:
    found = answered(program, "p.txt", "a\n\nb\nc\nd\n", "--part", "1/2")
    assert [json.loads(each["text"])[0] for each in found] == ["b", "d"]


def test_a_request_without_a_prompt_is_named(program: Path) -> None:
    (program.parent / "p.jsonl").write_text('{"prompt": "a"}\n{"x": 1}\n', encoding="utf-8")
    command = [sys.executable, str(program), "p.jsonl", "answers.jsonl"]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "request 2 has neither prompt nor messages" in done.stderr
    assert not (program.parent / "answers.jsonl").exists()


def test_replicas_answer_a_part_each_on_gpus_of_their_own() -> None:
    first, second, _ = offline.start(record(answer(2), "offline", replicas=3))
    assert first[:2] == ("env", "CUDA_VISIBLE_DEVICES=0,1")
    assert second[-3:] == ("answers-1.jsonl", "--part", "1/3")


def test_what_one_process_cannot_do_is_refused() -> None:
    with pytest.raises(UsageError, match="data_parallel_size 2"):
        offline.files(record(answer(2, dp=2), "offline"))
    with pytest.raises(UsageError, match="2 hosts"):
        offline.files(record(answer(8, 2, nodes=2), "offline"))
    with pytest.raises(UsageError, match="is no number"):
        offline.files(record(answer(), "offline", settings={"temperature": "warm"}))
