"""The top and the bottom of a page: what was asked, what came out, in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts import words
from planner.report.parts.element import tag
from planner.report.parts.gains import improvement_text
from planner.units import count_text, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from planner.plan import Answer, Layout, Performance
    from planner.report.base import Page

_KINDS = {"recommend": "Recommended layouts", "estimate": "One layout", "validate": "Findings"}


def verdict(answer: Answer) -> tuple[str, str]:
    """How a page is marked, and the verdict in words."""
    if answer.command == "validate":
        found = words.all_findings(answer)
        worst = min((f.severity.rank for f in found), default=2)
        return ("bad", "unsure", "good")[worst], words.summary(found)
    if not answer.layouts:
        return ("bad", "nothing fits") if answer.hardware else ("plain", "the bare model")
    fit = answer.layouts[0].fit.verdict
    mark = {"fits": "good", "uncertain": "unsure", "does_not_fit": "bad"}[fit]
    return mark, f"{words.layout_name(answer.layouts[0])} {words.VERDICTS[fit]}"


def header(answer: Answer) -> Element:
    """What was asked and the verdict; below, the figures that decide."""
    mark, text = verdict(answer)
    signs = {"good": "✓", "unsure": "?", "bad": "✕", "plain": "·"}
    return tag(
        "header",
        tag("p", f"{_KINDS[answer.command]} · {words.basis(answer)}", class_="kind"),
        tag("h1", words.title(answer)),
        tag(
            "p",
            tag("span", signs[mark], class_="sign", aria_hidden="true"),
            f" {text}",
            class_=f"verdict {mark}",
        ),
    )


def summary(answer: Answer) -> list[Element]:
    """The figures of the best layout, why it is best, and what was assumed."""
    parts: list[Element] = []
    best = answer.layouts[0] if answer.layouts and len(answer.targets) <= 1 else None
    if best:
        tiles = [
            tag("div", tag("dt", t[0]), tag("dd", t[1]), tag("dd", t[2], class_="note"))
            for t in _tiles(best)
        ]
        parts.append(tag("dl", tiles, class_="tiles"))
        if best.why:
            parts.append(tag("p", _sentence(best.why), class_="why"))
    parts.append(tag("ul", (tag("li", fact) for fact in _facts(answer, best)), class_="facts"))
    return parts


def _tiles(layout: Layout) -> Iterator[tuple[str, str, str]]:
    """Label, figure and remark of each figure that is known."""
    fit, kv, start, cost = layout.fit, layout.kv_cache, layout.start_up, layout.cost
    verdict_words = words.fit_text(fit).split(", ")
    yield "Memory", verdict_words[0], ", ".join(verdict_words[1:])
    yield "Layout", words.layout_name(layout), _gpus(layout)
    if kv:
        yield (
            "Requests at a time",
            f"{kv.max_concurrency:,.2f}",
            f"of {count_text(kv.max_model_len)} tokens each; {count_text(kv.tokens)} in all",
        )
    if layout.performance:
        yield from _speed(layout.performance)
    if cost:
        per_token = cost.usd_per_million_output_tokens
        paid = f"{per_token:,.2f} USD a million output tokens; " if per_token else ""
        yield "Cost", f"{cost.usd_per_hour:,.2f} USD/h", f"{paid}price of {cost.price_date or ''}"
    if start:
        span = start.interval
        between = f"{duration_text(span[0])} to {duration_text(span[1])}" if span else ""
        yield "Start-up", duration_text(start.seconds), between


def _gpus(layout: Layout) -> str:
    return f"{layout.gpus_used} GPU{'s' if layout.gpus_used > 1 else ''}"


def _speed(speed: Performance) -> Iterator[tuple[str, str, str]]:
    figures = (
        ("Output", "output_tokens_per_s", speed.output_tokens_per_s, "{:,.0f}", " tokens/s"),
        ("First token", "ttft_ms", speed.ttft_ms, "{:,.0f}", " ms"),
        ("Each further token", "tpot_ms", speed.tpot_ms, "{:,.1f}", " ms"),
    )
    for label, key, value, form, unit in figures:
        if value is None:
            continue
        span = speed.interval.get(key)
        between = f"{form.format(span[0])} to {form.format(span[1])}{unit}; " if span else ""
        yield label, form.format(value) + unit, f"{between}{speed.basis}"


def _facts(answer: Answer, best: Layout | None) -> Iterator[str]:
    if answer.model:
        yield f"Model: {words.model_facts(answer.model)}"
        if origin := words.model_origin(answer.model):
            yield f"Model description from: {origin}"
    for assumption in answer.hardware.assumptions if answer.hardware else ():
        yield f"Assumed: {assumption}"
    if best and best.improvement:
        yield f"Would help most: {improvement_text(best.improvement)}"
    for note in (*answer.notes, *(best.notes if best else ())):
        yield f"Note: {note}"


def _sentence(text: str) -> str:
    begun = text.removeprefix("first: ")
    return f"{begun[:1].upper()}{begun[1:]}."


def footer(answer: Answer, page: Page) -> Element:
    """Who wrote it, when, and how it is written anew."""
    when = f" on {page.date}" if page.date else ""
    text = (
        f"Written by vllm-planner for vLLM {answer.vllm_version}{when}; {answer.schema_}. "
        "A prediction: what the figures promise stands under “Where the numbers come from”."
    )
    command = tag("p", "Made by ", tag("code", page.command)) if page.command else None
    return tag("footer", tag("p", text), command)
