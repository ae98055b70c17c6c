"""The columns together: one model on one group of like hosts, over a table of layouts."""

from __future__ import annotations

from planner.case.table import Case

__all__ = ["Case"]
