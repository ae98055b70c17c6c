"""Two answers side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.report.parts.words import VERDICTS, layout_name, summary
from planner.units import count_text, duration_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.plan import Answer, Layout, Stage

Figure = float | int | None


@frozen
class Row:
    """One figure of both, and by how much the second differs."""

    name: str
    first: str
    second: str
    difference: str


def compared(first: Answer, second: Answer) -> tuple[Row, ...]:
    """What both answers say of their first layouts, figure by figure."""
    return tuple(_rows(first, second))


def _rows(first: Answer, second: Answer) -> Iterator[Row]:
    pairs = (_words(first), _words(second))
    for name, text in pairs[0].items():
        other = pairs[1][name]
        yield Row(
            name=name, first=text, second=other, difference="" if text == other else "differs"
        )
    for name, read, write in FIGURES:
        values = [_read(answer, read) for answer in (first, second)]
        if any(value is not None for value in values):
            yield _figure(name, values[0], values[1], write)


def _words(answer: Answer) -> dict[str, str]:
    layout = answer.layouts[0] if answer.layouts else None
    groups = answer.hardware.groups if answer.hardware else ()
    return {
        "model": answer.model.id if answer.model else "",
        "cluster": " ".join(group.gpus or group.accelerator for group in groups),
        "vLLM": answer.vllm_version,
        "layout": layout_name(layout) if layout else "",
        "verdict": VERDICTS[layout.fit.verdict] if layout else "",
        "KV cache in": layout.kv_cache.dtype if layout and layout.kv_cache else "",
        "findings": summary((*answer.findings, *(layout.findings if layout else ()))),
    }


def _figure(name: str, first: Figure, second: Figure, write: Callable[[float], str]) -> Row:
    texts = ["" if value is None else write(value) for value in (first, second)]
    return Row(name=name, first=texts[0], second=texts[1], difference=_difference(first, second))


def _difference(first: Figure, second: Figure) -> str:
    if first is None or second is None or first == second:
        return "" if first == second else "differs"
    if first <= 0:
        return "more" if second > first else "less"
    return f"{100 * (second - first) / first:+.0f}%"


def _read(answer: Answer, read: Callable[[Layout], Figure]) -> Figure:
    return read(answer.layouts[0]) if answer.layouts else None


def _worst(key: str) -> Callable[[Layout], Figure]:
    """A term of the GPU that holds most of it."""

    def read(layout: Layout) -> Figure:
        stages: tuple[Stage, ...] = layout.memory.stages if layout.memory else ()
        return max((getattr(stage, key) for stage in stages), default=None)

    return read


def _least(key: str) -> Callable[[Layout], Figure]:
    """A term of the GPU that holds least of it."""

    def read(layout: Layout) -> Figure:
        stages: tuple[Stage, ...] = layout.memory.stages if layout.memory else ()
        return min((getattr(stage, key) for stage in stages), default=None)

    return read


def _part(part: str, key: str) -> Callable[[Layout], Figure]:
    """A figure of a part of the layout, where it has that part."""

    def read(layout: Layout) -> Figure:
        value: Figure = getattr(getattr(layout, part), key, None)
        return value

    return read


def _ms(value: float) -> str:
    return f"{value:,.1f} ms"


#: name, where it stands, how it is written
FIGURES: tuple[tuple[str, Callable[[Layout], Figure], Callable[[float], str]], ...] = (
    ("GPUs", lambda layout: layout.gpus_used, count_text),
    ("weights a GPU", _worst("weights_bytes"), lambda v: gib_text(v, 2)),
    ("activation a GPU", _worst("activation_bytes"), lambda v: gib_text(v, 2)),
    ("graphs a GPU", _worst("cuda_graph_bytes"), lambda v: gib_text(v, 2)),
    ("KV cache a GPU", _least("kv_cache_bytes"), lambda v: gib_text(v, 2)),
    ("free a GPU", _least("free_bytes"), lambda v: gib_text(v, 2)),
    ("context", _part("kv_cache", "max_model_len"), count_text),
    ("KV tokens", _part("kv_cache", "tokens"), count_text),
    ("requests at a time", _part("kv_cache", "max_concurrency"), lambda v: f"{v:,.2f}"),
    ("output tokens/s", _part("performance", "output_tokens_per_s"), lambda v: f"{v:,.0f}"),
    ("requests/s", _part("performance", "requests_per_s"), lambda v: f"{v:,.2f}"),
    ("first token", _part("performance", "ttft_ms"), _ms),
    ("each further token", _part("performance", "tpot_ms"), _ms),
    ("start-up", _part("start_up", "seconds"), duration_text),
    ("USD an hour", _part("cost", "usd_per_hour"), lambda v: f"{v:,.2f}"),
    (
        "USD a million tokens",
        _part("cost", "usd_per_million_output_tokens"),
        lambda v: f"{v:,.2f}",
    ),
)
