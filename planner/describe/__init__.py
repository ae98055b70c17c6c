"""From what was computed to the documents that answer it."""

from __future__ import annotations

from planner.describe.asked import describe_goal, describe_workload
from planner.describe.cost import paid, price_in, unpriced, with_cost
from planner.describe.improvement import improvements
from planner.describe.layout import commands_of, describe_layout, sizes
from planner.describe.many import together
from planner.describe.performance import performance
from planner.describe.settings import describe_settings
from planner.describe.subject import describe_bare_model, describe_hardware, describe_model

__all__ = [
    "commands_of",
    "describe_bare_model",
    "describe_goal",
    "describe_hardware",
    "describe_layout",
    "describe_model",
    "describe_settings",
    "describe_workload",
    "improvements",
    "paid",
    "performance",
    "price_in",
    "sizes",
    "together",
    "unpriced",
    "with_cost",
]
