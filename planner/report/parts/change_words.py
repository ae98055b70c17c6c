"""Figures before and after in the words of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.gains import usd
from planner.report.parts.words import VERDICTS
from planner.units import count_text, duration_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.difference.document import DeploymentChange, Difference, Figure

_UNKNOWN = "—"
#: what people call a figure; others by their own name
LABELS = {
    "model": "model",
    "gpus": "GPUs",
    "vllm_version": "vLLM",
    "fit.verdict": "verdict",
    "fit.probability": "probability that it fits",
    "fit.margin_bytes": "room to spare",
    "gpus_used": "GPUs used",
    "memory.budget_bytes": "vLLM's budget",
    "memory.weights_bytes": "weights",
    "memory.activation_bytes": "activation",
    "memory.cuda_graph_bytes": "CUDA graphs",
    "memory.non_torch_bytes": "non-torch memory",
    "memory.kv_cache_bytes": "KV cache",
    "memory.free_bytes": "free",
    "memory.outside_budget_bytes": "outside the budget",
    "kv_cache.dtype": "format of the KV cache",
    "kv_cache.block_size": "tokens of a block",
    "kv_cache.tokens": "tokens in the KV cache",
    "kv_cache.max_concurrency": "requests of full length",
    "kv_cache.max_model_len": "longest request",
    "performance.ttft_ms": "time to first token",
    "performance.tpot_ms": "time per output token",
    "performance.output_tokens_per_s": "output tokens/s",
    "performance.requests_per_s": "requests/s",
    "start_up.seconds": "start-up",
    "cost.usd_per_hour": "cost an hour",
    "cost.usd_per_million_output_tokens": "cost of a million output tokens",
}

Row = tuple[str, str, str, str]


def rows(change: DeploymentChange) -> list[Row]:
    """Every figure that differs: its name, before, after, and by how much."""
    by_kind = (("option ", change.options), ("runs with ", change.settings), ("", change.figures))
    return [
        (f"{kind}{LABELS.get(f.name, f.name)}", _text(f, f.old), _text(f, f.new), _moved(f))
        for kind, figures in by_kind
        for f in figures
    ]


def heading(change: DeploymentChange) -> str:
    """A deployment in a line: ``chat.yaml services.chat: Qwen/Qwen3-32B``."""
    place = " ".join(word for word in (change.file, change.part) if word)
    return f"{place}: {change.model}" if change.model else place


def title(difference: Difference) -> str:
    """What is held against what."""
    return f"{difference.old} → {difference.new}"


def summary(difference: Difference) -> str:
    """``1 of 3 deployments changes: 2 findings appeared, 1 gone``."""
    all_ = difference.deployments
    changed = [each for each in all_ if each.state != "same"]
    if not changed:
        return "nothing changes"
    appeared = sum(len(each.appeared) for each in changed)
    gone = sum(len(each.gone) for each in changed)
    verb = "changes" if len(changed) == 1 else "change"
    noun = "deployment" if len(all_) == 1 else "deployments"
    plural = "" if appeared == 1 else "s"
    return (
        f"{len(changed)} of {len(all_)} {noun} {verb}: "
        f"{appeared} finding{plural} appeared, {gone} gone"
    )


def aligned(lines: Iterable[Row]) -> list[str]:
    """Rows as lines of a text, cells under each other."""
    table = [("", "before", "after", "change"), *lines]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _text(figure: Figure, value: float | str | bool | None) -> str:  # noqa: FBT001 - of data
    if value is None:
        return _UNKNOWN
    if isinstance(value, str | bool):
        return VERDICTS.get(str(value), str(value).lower() if value is True else str(value))
    return _amount(figure, value)


def _amount(figure: Figure, value: float) -> str:
    """A number in its unit."""
    if figure.unit in {"bytes", "tokens"}:
        return gib_text(int(value), 2) if figure.unit == "bytes" else count_text(int(value))
    if figure.unit in {"s", "usd"}:
        return duration_text(value) if figure.unit == "s" else usd(value)
    form = {"ms": "{:,.1f} ms", "per_s": "{:,.1f}", "share": "{:.2f}"}.get(figure.unit, "{:g}")
    return form.format(value)


def _moved(figure: Figure) -> str:
    """By how much: of sizes the bytes, of the rest a part of what was there."""
    old, new = figure.old, figure.new
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    if not numbers or figure.unit == "text" or isinstance(old, bool) or isinstance(new, bool):
        return ""
    by = float(new or 0) - float(old or 0)
    if figure.unit == "bytes":
        return f"{'+' if by > 0 else '-'}{gib_text(int(abs(by)), 2)}"
    if figure.unit == "share" or not old:
        return f"{by:+.2f}"
    return f"{100 * by / float(old):+.1f} %"
