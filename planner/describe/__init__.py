"""From what was computed to the documents that answer it."""

from __future__ import annotations

from planner.describe.layout import commands_of, describe_layout, sizes
from planner.describe.many import together
from planner.describe.subject import describe_bare_model, describe_hardware, describe_model

__all__ = [
    "commands_of",
    "describe_bare_model",
    "describe_hardware",
    "describe_layout",
    "describe_model",
    "sizes",
    "together",
]
