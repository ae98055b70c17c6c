"""Layouts, clusters, models and sizes in the words of a report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from planner.report.parts.gains import cost_text, improvement_text
from planner.units import GIB, count_text, duration_text, gib_text, params_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.finding import Finding
    from planner.plan import (
        Answer,
        Fit,
        HardwareGroup,
        JudgedTarget,
        KvCache,
        Layout,
        MathStep,
        Model,
        Performance,
        Sizes,
        StartUp,
    )

VERDICTS = {"fits": "fits", "uncertain": "may not fit", "does_not_fit": "does not fit"}


#: a span whose end is this many times its beginning can be narrowed
_WIDE = 5


def layout_name(sizes: Sizes) -> str:
    """The sizes above one: ``TP8 x PP2``, ``TP1 x DP8 + EP``."""
    pairs = (
        ("TP", sizes.tensor_parallel_size),
        ("PP", sizes.pipeline_parallel_size),
        ("DP", sizes.data_parallel_size),
        ("DCP", sizes.decode_context_parallel_size),
    )
    words = [f"{name}{size}" for name, size in pairs if size > 1] or ["TP1"]
    return " x ".join(words) + (" + EP" if sizes.expert_parallel else "")


def group_name(group: HardwareGroup) -> str:
    """Like nodes as ``--gpus`` takes them: ``2x8xa100-sxm4-80gb@ib-hdr``."""
    if group.gpus:
        return group.gpus
    count = f"{group.gpus_per_node}x" if group.gpus_per_node * group.nodes > 1 else ""
    nodes = f"{group.nodes}x" if group.nodes > 1 else ""
    fabric = f"@{group.fabric}" if group.fabric and group.nodes > 1 else ""
    return f"{nodes}{count}{group.accelerator}{fabric}"


def title(answer: Answer) -> str:
    """What was asked, in one line."""
    groups = answer.hardware.groups if answer.hardware else ()
    cluster = " and ".join(group_name(group) for group in groups)
    several = len(answer.targets) > 1
    model = answer.model.id if answer.model else "deployments" if several else "deployment"
    return f"{model} on {cluster}" if cluster else model


def model_facts(model: Model) -> str:
    """What is known of the model, in one line."""
    per_token = model.kv_cache_bytes_per_token
    facts = [
        f"{params_text(model.parameters)} parameters" if model.parameters else "",
        model.quantization or model.dtype or "",
        f"{model.num_layers} layers" if model.num_layers else "",
        f"context {count_text(model.max_model_len)}" if model.max_model_len else "",
        model.architecture or "",
        f"{gib_text(model.weight_bytes, 2)} of weights" if model.weight_bytes else "",
        f"{count_text(per_token)} bytes of KV cache a token" if per_token else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def model_origin(model: Model) -> str:
    """Where the description of the model came from, and how far it was checked."""
    return ", ".join(word for word in (model.source, model.trust) if word)


def fit_text(fit: Fit) -> str:
    """Verdict, room and chance: ``fits, 25.6 GiB to spare, probability 0.99``.

    Where it is unsure whether what lies beside vLLM's budget has room, that room is told.
    """
    words = [VERDICTS[fit.verdict]]
    beside = fit.beside_margin_bytes
    if fit.verdict != "fits" and fit.limited_by == "beside" and beside is not None:
        words.append(f"{_room(beside, 'left')} beside the budget")
    elif fit.margin_bytes is not None:
        words.append(_room(fit.margin_bytes, "to spare"))
    if fit.probability is not None:
        # rounded up it could read as certain
        shown = int(100 * fit.probability) / 100 if fit.verdict == "uncertain" else fit.probability
        words.append(f"probability {shown:.2f}")
    return ", ".join(words)


def _room(margin_bytes: int, left: str) -> str:
    side = left if margin_bytes >= 0 else "short"
    return f"{gib_text(abs(margin_bytes), _digits(margin_bytes))} {side}"


def _digits(size_bytes: int) -> int:
    """Places after the point: a narrow margin is shown closer."""
    return 1 if abs(size_bytes) >= GIB else 2


def kv_text(kv: KvCache) -> str:
    """Room for requests, in a sentence."""
    short = " (less than the model can take)" if kv.max_model_len_reduced else ""
    return (
        f"{count_text(kv.tokens)} tokens in {kv.dtype}, {kv.max_concurrency:.2f} requests of "
        f"{count_text(kv.max_model_len)} tokens{short} at a time; blocks of {kv.block_size} tokens"
    )


def speed_text(speed: Performance) -> str:
    """How fast it answers under which load, with the bounds of what a user waits for."""
    words = (
        f"{speed.output_tokens_per_s:,.0f} output tokens/s{_load(speed)}"
        if speed.output_tokens_per_s
        else "",
        f"first token after {speed.ttft_ms:,.0f} ms" if speed.ttft_ms else "",
        f"then one every {speed.tpot_ms:.1f} ms{_bounds(speed)}" if speed.tpot_ms else "",
        f"limited by {speed.limited_by}" if speed.limited_by else "",
    )
    return ", ".join(word for word in words if word) + f" ({speed.basis})"


def _load(speed: Performance) -> str:
    if speed.request_rate:
        return f" at {speed.request_rate:g} requests/s"
    many = "one request" if speed.concurrency == 1 else f"{speed.concurrency or 0:,.0f} requests"
    return f" at {many} at a time" if speed.concurrency else ""


def _bounds(speed: Performance) -> str:
    low, high = speed.interval.get("tpot_ms", (None, None))
    return "" if low is None or high is None else f" ({low:.1f} to {high:.1f})"


def start_up_text(start: StartUp) -> str:
    """How long a start takes, in a sentence."""
    words = [f"about {duration_text(start.seconds)}"]
    if start.interval:
        low, high = start.interval
        words[0] += f" ({duration_text(low)} to {duration_text(high)})"
    if start.parts:
        words.append(f"most of it {max(start.parts, key=start.parts.__getitem__)}")
    if start.interval and high > _WIDE * low:
        words.append("--storage narrows it")
    return ", ".join(words)


def facts(layout: Layout) -> dict[str, str]:
    """What a layout offers, by a word that names it."""
    known = {
        "KV cache": kv_text(layout.kv_cache) if layout.kv_cache else "",
        "speed": speed_text(layout.performance) if layout.performance else "",
        "start-up": start_up_text(layout.start_up) if layout.start_up else "",
        "cost": cost_text(layout.cost) if layout.cost else "",
        "would help most": improvement_text(layout.improvement) if layout.improvement else "",
    }
    return {label: text for label, text in known.items() if text}


def basis(answer: Answer) -> str:
    """Whose behaviour is predicted, and what was learnt here."""
    files = ", ".join(answer.calibration)
    return f"vLLM {answer.vllm_version}" + (f", calibrated by {files}" if files else "")


def shortened(names: list[str], limit: int = 6) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def all_findings(answer: Answer) -> list[Finding]:
    """On the request and on its layouts, the worst first."""
    found = [*answer.findings, *(f for layout in answer.layouts for f in layout.findings)]
    return sorted(found, key=lambda finding: finding.severity.rank)


def numbers_text(step: MathStep) -> str:
    """The numbers of a formula by name, whole ones with separators."""
    return ", ".join(
        f"{name} {count_text(value) if type(value) is int else value}"
        for name, value in step.numbers.items()
    )


def summary(findings: Iterable[Finding]) -> str:
    """``2 errors, 1 warning``; ``no findings``."""
    counts: Counter[str] = Counter(finding.severity for finding in findings)
    plural = {"error": "errors", "warning": "warnings", "advice": "pieces of advice"}
    singular = {"advice": "piece of advice"}
    words = [
        f"{counts[s]} {singular.get(s, s) if counts[s] == 1 else plural[s]}"
        for s in ("error", "warning", "advice")
        if s in counts
    ]
    return ", ".join(words) or "no findings"


def count(answer: Answer, findings: Iterable[Finding]) -> str:
    """``3 deployments in 2 files: 1 error``; of a lone one the findings alone."""
    files = len({target.file for target in answer.targets})
    if len(answer.targets) < 2:  # noqa: PLR2004 - one and many
        return summary(findings)
    plural = "" if files == 1 else "s"
    return f"{len(answer.targets)} deployments in {files} file{plural}: {summary(findings)}"


def target_text(target: JudgedTarget, answer: Answer) -> str:
    """A deployment of several, its layout and verdict: ``services.chat: … TP2: fits``."""
    served = " on ".join(word for word in (target.model, " and ".join(target.gpus)) if word)
    version = f", vLLM {target.vllm_version}" if target.vllm_version else ""
    layout = None if target.layout is None else answer.layouts[target.layout]
    verdict = f"{layout_name(layout)}: {fit_text(layout.fit)}" if layout else "not judged"
    return ": ".join(word for word in (target.part, served + version, verdict) if word)


def is_about(finding: Finding, target: JudgedTarget) -> bool:
    """Whether a finding is about a deployment."""
    at = finding.location
    return at is not None and (at.file, at.part or "") == (target.file, target.part)


def place(finding: Finding) -> str:
    """Where a finding is: ``plan.yaml:12:3``, or nothing."""
    at = finding.location
    if at is None:
        return ""
    return ":".join(str(part) for part in (at.file, at.line, at.column) if part is not None)
