"""The parts of a page that are about the answer as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts import words
from planner.report.parts.element import table, tag
from planner.report.parts.figures import figures
from planner.report.parts.rejected import rejected_groups
from planner.units import count_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

    from planner.finding import Finding
    from planner.plan import Answer, Layout, MathStep, Provenance


def findings(found: Iterable[Finding]) -> list[Element]:
    """What is wrong or could be better, the worst first."""
    ordered = sorted(found, key=lambda finding: finding.severity.rank)
    if not ordered:
        return [tag("p", "No findings.")]
    return [tag("ul", map(_finding, ordered), class_="findings")]


def _finding(found: Finding) -> Element:
    place = words.place(found)
    parts = (("Cause", found.cause), ("Fix", found.fix), ("Source", found.source))
    told = [(label, text) for label, text in parts if text]
    return tag(
        "li",
        tag(
            "p",
            tag("strong", f"{found.severity} {found.code}", class_="severity"),
            f" {found.message}",
            tag("span", f" ({place})", class_="muted") if place else None,
        ),
        tag("dl", ((tag("dt", label), tag("dd", text)) for label, text in told)) if told else None,
        class_=f"finding {found.severity}",
    )


def layouts(answer: Answer) -> list[Element]:
    """All layouts of the answer, a line each."""
    fast = any(layout.performance for layout in answer.layouts)
    paid = any(layout.cost for layout in answer.layouts)
    head = ["layout", "GPUs", "fit", "to spare", "KV tokens", "requests", "context"]
    head += ["output tokens/s", "TTFT ms", "TPOT ms"] if fast else []
    head += ["USD/h"] if paid else []
    rows = [
        _row(number, layout, fast=fast, paid=paid)
        for number, layout in enumerate(answer.layouts, 1)
    ]
    why = [tag("li", layout.why) for layout in answer.layouts if layout.why]
    grid = table("Layouts, the best first", head, rows)
    return [grid, tag("h3", "Why they stand where they stand"), tag("ol", why)] if why else [grid]


def _row(number: int, layout: Layout, *, fast: bool, paid: bool) -> list[str]:
    kv, fit, speed, cost = layout.kv_cache, layout.fit, layout.performance, layout.cost
    row = [
        f"{number}. {words.layout_name(layout)}",
        str(layout.gpus_used),
        words.VERDICTS[fit.verdict],
        "" if fit.margin_bytes is None else gib_text(fit.margin_bytes),
        count_text(kv.tokens) if kv else "",
        f"{kv.max_concurrency:,.2f}" if kv else "",
        count_text(kv.max_model_len) if kv else "",
    ]
    if fast:
        figures = (
            (speed.output_tokens_per_s, speed.ttft_ms, speed.tpot_ms) if speed else (None,) * 3
        )
        forms = ("{:,.0f}", "{:,.0f}", "{:,.1f}")
        row += [
            form.format(n) if n is not None else "" for form, n in zip(forms, figures, strict=True)
        ]
    if paid:
        row.append(f"{cost.usd_per_hour:,.2f}" if cost else "")
    return row


def targets(answer: Answer) -> list[Element]:
    """The deployments that were judged."""
    rows = [[target.file, words.target_text(target, answer)] for target in answer.targets]
    return [table("Deployments", ["file", "deployment"], rows)]


def rejected(answer: Answer) -> list[Element]:
    """What is out, by the rule that is against it."""
    if not answer.rejected:
        return []
    rows = [
        [group.code, str(len(group.names)), words.shortened(group.names, 12), group.message]
        for group in rejected_groups(answer)
    ]
    head = ["rule", "how many", "layouts", "of the first of them the rule says"]
    return [
        table("Rejected layouts", head, rows),
        tag("p", tag("code", "planner explain CODE"), " tells more of a rule."),
    ]


def arithmetic(answer: Answer) -> list[Element]:
    """Each formula with its numbers."""
    if not answer.math:
        return []
    name = words.layout_name(answer.layouts[0]) if answer.layouts else ""
    return [table(f"Formulas with their numbers: {name}", _MATH, map(_step, answer.math))]


#: so many tokens are all of them
_ENDLESS = 1e18
_MATH = ("term", "formula", "numbers", "result", "vLLM function it follows")


def _step(step: MathStep) -> list[str]:
    size = step.bytes
    result = "" if size is None else f"{count_text(size)} bytes, {gib_text(size, 2)}"
    return [step.term, step.formula, words.numbers_text(step), result, step.source]


def provenance(answer: Answer) -> list[Element]:
    """Each figure of the first layout with its interval, and the constants it is made from."""
    if len(answer.targets) > 1 or not answer.layouts:
        return []
    found = [[f.name, f.value, f.interval, f.rests_on] for f in figures(answer.layouts[0])]
    name = words.layout_name(answer.layouts[0])
    caption = f"The figures of {name}: about four runs in five lie in the interval"
    head = ["figure", "value", "interval", "rests on"]
    parts = [table(caption, head, found)] if found else []
    return [*parts, *_constants(answer)]


def _constants(answer: Answer) -> list[Element]:
    if not answer.provenance:
        return []
    head = ["figure", "constant", "low, middle, high", "basis", "source"]
    rows = [
        [
            each.figure.replace("_", " "),
            (each.constant or "").replace("_", " "),
            _spread(each),
            each.basis + (f", {_runs(each.points)}" if each.points else ""),
            ", ".join(word for word in (each.source, each.date) if word),
        ]
        for each in answer.provenance
    ]
    text = (
        "Weights and the KV cache are counted from the model's tensors as vLLM shards them. "
        "Terms that only a run shows are made from the constants below, as they hold for this "
        "release and board: about four runs in five lie between low and high."
    )
    return [tag("p", text), table("Constants and their sources", head, rows)]


def _spread(each: Provenance) -> str:
    """The bounds of a constant; one number where they are alike."""
    known = [number for number in (each.low, each.mid, each.high) if number is not None]
    texts = dict.fromkeys(_number(number) for number in known)
    return f"{', '.join(texts)} {each.unit}".strip()


def _number(number: float) -> str:
    if number >= _ENDLESS:
        return "no limit"
    return f"{number:,.0f}" if number == round(number) else f"{number:,.4g}"


def _runs(points: int) -> str:
    return "1 run" if points == 1 else f"{points} runs"
