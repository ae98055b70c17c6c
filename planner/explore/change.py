"""A request with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.explore.knob import LENGTHS, SIZES, find_knob
from planner.lengths import lengths_of
from planner.request import Request, request
from planner.resolve import PARTITION
from planner.units import count_text
from planner.vllm.arguments import OPTIONS
from planner.vllm.values import AUTO, human_int
from planner.workload import Workload

if TYPE_CHECKING:
    from planner.explore.knob import Knob
    from planner.plan import Hardware, Layout

_LENGTH = "--max-model-len"
_LENGTHS = ("input_tokens", "output_tokens")


def value_of(asked: Request, knob: Knob) -> Any:  # noqa: ANN401 - typed by its field
    """What a request says; None where it leaves it open."""
    if knob.name == LENGTHS:
        lengths = asked.workload.lengths
        return lengths.name if lengths else None
    home = asked if knob.home == "request" else getattr(asked, knob.home)
    return getattr(home, knob.name)


def with_value(asked: Request, knob: Knob, value: Any) -> Request:  # noqa: ANN401
    """The request with one field set; a size of 1 is the same as none.

    A division of layers holds for one number of stages, so another layout leaves it out.

    Raises:
        PlannerError: a file of requests that cannot be read.
    """
    if knob.name == LENGTHS:
        return asked if value == value_of(asked, knob) else _with_lengths(asked, value)
    if knob.name in SIZES:
        value = None if value == (False if knob.kind == "switch" else 1) else value
        rest = {k: v for k, v in asked.environment.items() if k != PARTITION}
        asked = replace(asked, environment=rest)
    if knob.home == "request":
        return replace(asked, **{knob.name: value})
    values = {knob.name: value}
    if knob.name in _LENGTHS:
        values["lengths"] = None  # one length for all takes the place of different ones
    record = replace(getattr(asked, knob.home), **values)
    return replace(asked, **{knob.home: record})


def _with_lengths(asked: Request, name: str | None) -> Request:
    """The request with another kind of requests; without one they are as long as by default."""
    lengths = None if name is None else lengths_of(name)
    default = (Workload().input_tokens, Workload().output_tokens)
    inputs, outputs = lengths.means if lengths else default
    load = replace(asked.workload, input_tokens=inputs, output_tokens=outputs, lengths=lengths)
    return replace(asked, workload=load)


def read_value(knob: Knob, text: str) -> Any:  # noqa: ANN401 - typed by its field
    """What was typed, checked as the option of the same name is.

    Raises:
        PlannerError: it is no value of the knob.
    """
    typed = text.strip()
    if not typed:
        return knob.default
    if knob.choices and not knob.any_text and typed not in knob.choices:
        raise UsageError(f"{knob.flag} {typed}", fix=f"one of {', '.join(knob.choices)}")
    if knob.name == "gpus":
        return tuple(typed.replace(",", " ").split())
    value = _number(knob, typed) if knob.kind in {"whole", "real"} else typed
    if knob.kind == "switch":
        value = typed.lower() in {"yes", "true", "on", "1"}
    return value_of(request(**{knob.name: value}), knob)


def _number(knob: Knob, typed: str) -> Any:  # noqa: ANN401 - whole, real or a word
    if knob.name in OPTIONS:
        return typed
    try:
        return human_int(typed) if knob.kind == "whole" else float(typed)
    except ValueError:
        raise UsageError(f"{knob.flag} {typed} is no number", cause=knob.help) from None


def shown(knob: Knob, value: Any) -> str:  # noqa: ANN401 - typed by its field
    """A value for people."""
    if knob.kind == "switch":
        return "yes" if value else "no"
    if value is None:
        return knob.nothing
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value) or "none"
    return count_text(value) if isinstance(value, int) else f"{value:g}"


def typed(value: Any) -> str:  # noqa: ANN401 - typed by its field
    """A value as it is typed: what ``read_value`` reads."""
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def freed(asked: Request) -> Request:
    """The request with its layout left to the search."""
    for name in SIZES:
        if value_of(asked, find_knob(name)) is not None:
            asked = with_value(asked, find_knob(name), None)
    return asked


def with_layout(asked: Request, layout: Layout, hardware: Hardware | None) -> Request:
    """The request with a layout that an answer offers: its sizes, its hosts, its division.

    A context that was cut to what fits is asked for as it was cut.
    """
    sizes = (
        layout.tensor_parallel_size,
        layout.pipeline_parallel_size,
        layout.data_parallel_size,
        layout.expert_parallel,
        layout.decode_context_parallel_size,
    )
    for name, size in zip(SIZES, sizes, strict=True):
        asked = with_value(asked, find_knob(name), size)
    kv = layout.kv_cache
    if kv is not None and kv.max_model_len_reduced and asked.pinned.max_model_len != AUTO:
        asked = with_value(asked, find_knob("max_model_len"), layout.vllm_args[_LENGTH])
    if PARTITION in layout.environment:
        division = {PARTITION: layout.environment[PARTITION]}
        asked = replace(asked, environment={**asked.environment, **division})
    return _with_group_first(asked, layout, hardware)


def _with_group_first(asked: Request, layout: Layout, hardware: Hardware | None) -> Request:
    """A layout stays within one group of like hosts: that of the first."""
    if layout.group == 0 or hardware is None:
        return asked
    texts = [group.gpus for group in hardware.groups]
    first = texts[layout.group]
    if first is None or None in texts:
        return asked
    others = tuple(text for at, text in enumerate(texts) if text and at != layout.group)
    return replace(asked, gpus=(first, *others))
