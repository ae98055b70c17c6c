"""The Python of this machine that has vLLM."""

from __future__ import annotations

import shutil
import sys
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

from planner.runtime.measure.software import find_python

if TYPE_CHECKING:
    from collections.abc import Mapping


def vllm_python(named: str | None, environ: Mapping[str, str]) -> str:
    """The Python that was named, else this one, else the one beside ``vllm`` on the path.

    Whether it has vLLM is not asked here.

    Raises:
        UnavailableError: what was named is no program.
    """
    if named:
        return find_python(named)
    if util.find_spec("vllm") is None:
        script = shutil.which("vllm", path=environ.get("PATH"))
        beside = Path(script).parent / "python" if script else None
        if beside and beside.exists():
            return find_python(str(beside))
    return find_python(sys.executable)
