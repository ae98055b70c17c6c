"""What ``planner calibrate`` answers, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.report.parts.safe import without_controls
from planner.units import MIB, count_text, gib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_WORDS = {
    "non_torch": "non-torch",
    "graphs_estimated": "graphs set aside",
    "graphs": "graphs captured",
    "before": "before vLLM looks",
    "kv_cache": "KV cache",
    "kv_tokens": "KV tokens",
    "max_concurrency": "max concurrency",
}
_HEAD = ("term", "predicted", "actual", "difference", "explained", "")
#: columns of numbers stand to the right
_NUMBERS = (1, 2, 3, 4)


def log_text(log: Mapping[str, Any]) -> str:
    """One log: what it is of, its terms, what failed, what was learnt, and remarks."""
    lines = [_title(log)]
    lines += _table([_HEAD, *(_row(term, log["terms"]) for term in log["terms"])])
    if log["seconds"]:
        parts = (f"{name.replace('_', ' ')} {took:.1f} s" for name, took in log["seconds"].items())
        lines.append(f"start-up: {', '.join(parts)}")
    for found in log["findings"]:
        lines.append(f"{found['severity']} {found['code']} {found['name']}: {found['message']}")
        lines += [f"  {part}: {found[part]}" for part in ("cause", "fix") if found[part]]
    lines += [f"not learnt: {reason}" for reason in log["not_learnt"]]
    lines += [f"note: {note}" for note in log["notes"]]
    return _safe(lines)


def constants_text(constants: Sequence[Mapping[str, Any]], file: str | None) -> str:
    """What was learnt, a line a constant."""
    if not constants:
        return ""
    rows = [("constant", "holds for", "before", "now", "", "")]
    rows += [
        (
            f"{each['term']} {each['name']}",
            f"vLLM {each['since']} to {each['until']}, {each['platform']}, runner {each['runner']}",
            _size(each["before"][1]),
            _size(each["after"][1]),
            each["unit"],
            each["remark"],
        )
        for each in constants
    ]
    head = f"learnt so far, kept in {file}" if file else "would be learnt"
    return _safe([head, *_table(rows, numbers=(2, 3))])


def _title(log: Mapping[str, Any]) -> str:
    version = log["vllm_version"] or "an unknown release"
    parts = [log["model"] or "an unknown model", f"vLLM {version}", log["hardware"] or ""]
    return f"{log['file']}: {', '.join(part for part in parts if part)}"


def _row(term: Mapping[str, Any], terms: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    staged = any(each["stage"] for each in terms)
    name = _WORDS.get(term["term"], term["term"])
    if staged and term["stage"] is not None:
        name += f", stage {term['stage']}"
    unit = term["unit"]
    return (
        f"{name}{' GiB' if unit == 'bytes' else ''}",
        _figure(term["predicted"], unit),
        _figure(term["actual"], unit),
        _signed(term["difference"], unit),
        "" if term["explained"] is None else _signed(term["explained"], unit),
        term["why"],
    )


def _figure(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{gib(value):.2f}"
    return count_text(value) if unit == "tokens" else f"{value:.2f}"


def _signed(value: float, unit: str) -> str:
    text = _figure(value, unit)
    return text if text.startswith("-") else f"+{text}"


def _size(value: float) -> str:
    return f"{value / MIB:,.1f} MiB" if abs(value) >= MIB else f"{value:,.0f} B"


def _table(rows: Sequence[Sequence[str]], numbers: Sequence[int] = _NUMBERS) -> Iterator[str]:
    if len(rows) < 2:  # noqa: PLR2004 - a heading alone
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _safe(lines: Iterable[str]) -> str:
    """Text of a log must not steer the terminal."""
    return "\n".join(without_controls(line.replace("\n", " ")) for line in lines) + "\n"
