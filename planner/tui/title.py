"""What the first line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.words import layout_name

if TYPE_CHECKING:
    from planner.explore.look import View
    from planner.request import Request


def title(request: Request, view: View | None) -> str:
    """Model, cluster, layout and release."""
    layout = view.layout if view else None
    parts = (
        "planner",
        request.model or "no model yet",
        " ".join(request.gpus) or "no GPUs yet",
        layout_name(layout) if layout else "",
        f"vLLM {view.answer.vllm_version}" if view else "",
    )
    return " ─ ".join(part for part in parts if part)
