"""Runs what CI files hold for bash, with the planner of this checkout on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.console import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: stands for the Python of a CI machine: a virtual environment gets this checkout's planner, and
#: what pip is asked for is written down instead of fetched
PYTHON = f"""#!/usr/bin/env bash
set -euo pipefail
case "${{1-}} ${{2-}}" in
"-m venv")
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
  cp "$(dirname "$0")/planner" "$3/bin/planner"
  ;;
"-m pip") printf '%s\\n' "$*" >>"$PIP_LOG" ;;
*) exec {sys.executable} "$@" ;;
esac
"""
PLANNER = f'#!/bin/sh\nexec {sys.executable} -m planner "$@"\n'


def machine(folder: Path) -> dict[str, str]:
    """A CI machine below a folder: the environment of its commands."""
    programs = folder / "bin"
    programs.mkdir()
    for name, text in {"python": PYTHON, "planner": PLANNER, "pip": "#!/bin/sh\n"}.items():
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PIP_LOG": str(folder / "pip.log"),
        "HF_HUB_OFFLINE": "1",
    }


def bash(
    script: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What a script does in a folder, with the options GitHub gives bash."""
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
