"""What a start imports: the help answers fast, and nothing heavy comes in unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import planner

FOLDER = Path(planner.__file__).parent / "cli" / "commands"
COMMANDS = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
HEAVY = {
    "click",
    "huggingface_hub",
    "httpx2",
    "numpy",
    "pydantic",
    "pynvml",
    "rich",
    "ruamel",
    "textual",
    "torch",
    "transformers",
    "vllm",
}
#: run as the console script runs it, then print what was imported as the last line
RUN = """
import sys
from planner.__main__ import main
try:
    main()
except SystemExit as end:
    status = end.code
else:
    status = 0
import json
print()
print(json.dumps([status, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def imported_by(code: str, *arguments: str) -> tuple[int | None, set[str]]:
    """The exit status and the top-level modules a fresh interpreter ends with."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    status, modules = json.loads(done.stdout.splitlines()[-1])
    return status, set(modules)


@cache
def bare_interpreter() -> frozenset[str]:
    """What this environment imports by itself, and the standard library."""
    code = "import json, sys; print(json.dumps([0, [m.split('.')[0] for m in sys.modules]]))"
    return frozenset(imported_by(code)[1] | sys.stdlib_module_names)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import planner, sys, json; print(json.dumps([0, [*sys.modules]]))"
    assert not imported_by(code)[1] & HEAVY


@pytest.mark.parametrize(
    "command", [(), *((name,) for name in COMMANDS)], ids=lambda words: " ".join(words) or "planner"
)
def test_help_imports_only_click_and_the_standard_library(command: tuple[str, ...]) -> None:
    status, modules = imported_by(RUN, *command, "--help")
    assert not status
    assert modules - bare_interpreter() == {"click", "planner"}


def test_recommend_answers_a_known_model_without_hub_driver_or_framework() -> None:
    request = ("recommend", "--model", "deepseek-ai/DeepSeek-R1", "--gpus", "2x8xA100")
    status, modules = imported_by(RUN, *request)
    assert not status
    unasked = {"huggingface_hub", "httpx2", "pynvml", "ruamel", "textual", "yaml"}
    assert not modules & (unasked | {"torch", "transformers", "vllm"})


def test_json_needs_no_terminal_library() -> None:
    request = ("recommend", "--model", "deepseek-ai/DeepSeek-R1", "--gpus", "2x8xA100")
    status, modules = imported_by(RUN, *request, "--format", "json")
    assert not status
    assert "rich" not in modules
