from __future__ import annotations

import subprocess
import sys

import pytest

from planner.cli.app import run
from planner.vllm.arguments import OPTIONS

COMMANDS = [
    "recommend",
    "estimate",
    "validate",
    "calibrate",
    "doctor",
    "explain",
    "hardware",
    "measure",
    "models",
]
PAGES = [
    [],
    *([command] for command in COMMANDS),
    ["hardware", "list"],
    ["hardware", "show"],
    ["hardware", "detect"],
    ["models", "list"],
    ["models", "show"],
]
#: what takes longer to import than a help page may take to show
HEAVY = {
    "numpy",
    "pydantic",
    "rich",
    "ruamel",
    "ruamel.yaml",
    "yaml",
    "huggingface_hub",
    "pynvml",
    "transformers",
    "torch",
    "importlib.metadata",
    "tomllib",
}


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_help_page_imports_nothing_heavy(page: list[str]) -> None:
    script = (
        "import sys; from planner.cli.app import run; "
        f"code = run({[*page, '--help']!r}); "
        f"print(sorted({HEAVY!r} & set(sys.modules)), code, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[] 0\n"
    assert done.stdout.startswith("Usage: planner")


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_help_page_fits_80_columns(
    page: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*page, "-h"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_without_arguments_the_help_page_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    text = capsys.readouterr().out
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")][-7:-1]
    assert all(f"\n  {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", ["recommend", "estimate", "validate"])
def test_every_option_of_vllm_has_a_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([command, "--help"])
    text = capsys.readouterr().out
    assert [o.flag for o in OPTIONS.values() if o.flag not in text] == []


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib import metadata

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"planner {metadata.version('vllm-planner')}\n"
