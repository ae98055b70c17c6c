"""``planner validate`` finds no error in the commands that are written."""

from __future__ import annotations

import shlex

import pytest

from planner.cli.app import run
from planner.errors import UsageError
from planner.launch.base import find
from tests.launch.served_cases import real_plans, record

GPUS = {
    "qwen3-32b-4xl40s": "4xL40S",
    "llama-on-t4": "T4",
    "qwen3-32b-mi300x": "2xMI300X",
    "deepseek-r1-2x8xa100": "2x8xA100",
}


def command(to: str, case: str) -> list[str]:
    """The command of node 0, as its script has it."""
    options = (("--master-addr", ("10.0.0.1",)),) if "2x8" in case else ()
    served = record(real_plans()[case], to, options=options)
    texts = [file.text for file in find(to).files(served) if "vllm serve" in file.text]
    words = shlex.split(texts[0][texts[0].index("exec ") :], comments=True)
    start = next(n for n, word in enumerate(words) if word == "vllm" and words[n + 1] == "serve")
    assert words[start:] == list(served.server.argv)
    return words


@pytest.mark.parametrize("case", GPUS)
@pytest.mark.parametrize("to", ["docker", "local", "slurm"])
def test_a_command_is_read_back_without_an_error(
    to: str, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        words = command(to, case)
    except UsageError:
        pytest.skip("it is refused")
    done = run(["validate", "--gpus", GPUS[case], "--offline", "--", *words])
    assert done == 0, capsys.readouterr().out
