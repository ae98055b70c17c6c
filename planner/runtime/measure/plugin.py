"""A plugin of vLLM that makes its log print sizes to the KiB instead of to 10 MiB.

vLLM loads it in each of its processes, before the modules that print are imported.
Source: vllm.plugins.load_general_plugins, vllm.utils.mem_utils.format_gib (0.33.0).
"""

from __future__ import annotations

import sys
from importlib import import_module

_GIB = 1 << 30
_DIGITS = 6


def format_gib(size_bytes: float) -> str:
    """Bytes in GiB, without a unit.

    >>> format_gib(15 << 29)
    '7.5'
    """
    return f"{round(size_bytes / _GIB, _DIGITS)}"


def register() -> None:
    """Put it where vLLM has its own; a release that has none prints as it always did."""
    try:
        import_module("vllm.utils.mem_utils")
    except ImportError:
        return
    for name, module in list(sys.modules.items()):
        if name.startswith("vllm.") and "format_gib" in vars(module):
            module.format_gib = format_gib  # type: ignore[attr-defined]  # seen the line above
