"""What of a request can be changed by hand: its fields, with what each takes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from planner.frozen import frozen
from planner.goal import Goal
from planner.lengths import named
from planner.memory.kv_cache.dtypes import KV_DTYPES
from planner.quant.online import METHODS
from planner.request import Request
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.release import releases
from planner.vllm.version import oldest, version_number
from planner.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

Home = Literal["request", "workload", "goal", "pinned"]
Kind = Literal["text", "choice", "switch", "whole", "real"]

HOMES: dict[Home, Any] = {
    "request": Request,
    "workload": Workload,
    "goal": Goal,
    "pinned": VllmArguments,
}
#: the part of a layout that each of its sizes is
SIZES = (
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "enable_expert_parallel",
    "decode_context_parallel_size",
)
_SUBJECT = ("model", "gpus", "vllm_version", "storage")
_OF_VLLM = {
    "layout": SIZES,
    "memory": ("gpu_memory_utilization", "kv_cache_dtype", "quantization"),
    "batching": ("max_model_len", "max_num_seqs", "max_num_batched_tokens"),
}
#: different lengths: known to people by the name of their kind, or of their file
LENGTHS = "workload"
_LENGTHS_HELP = "How long requests are: a kind of them, or a .jsonl file of your own."
#: says how much is answered, not what
_NOT_TURNED = ("pareto",)
#: endings of names that say how fast an answer must be
_LIMIT = "_ms"
_ENDINGS = ("_size",)
_BEGINNINGS = ("enable_",)


@frozen
class Knob:
    """One field of a request, and what it takes."""

    name: str
    """As the field is called, and the option with dashes."""
    home: Home
    """The record that has the field."""
    group: str
    """What it is about: ``layout``, ``memory`` …"""
    kind: Kind
    help: str
    choices: tuple[str, ...] = ()
    """All values of a choice; empty where any text may stand."""
    default: Any = None
    """The field's own."""
    any_text: bool = False
    """Beside the choices another text may stand: a file."""
    nothing: str = "any"
    """What is shown where nothing is asked."""

    @property
    def label(self) -> str:
        """The name for people: ``tensor parallel``, ``max model len``."""
        name = self.name
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
        for beginning in _BEGINNINGS:
            name = name.removeprefix(beginning)
        return name.replace("_", " ")

    @property
    def flag(self) -> str:
        """The option of the command line that is the same."""
        return f"--{self.name.replace('_', '-')}"


@cache
def knobs() -> tuple[Knob, ...]:
    """Every knob, those of one group together."""
    return tuple(_all())


def find_knob(name: str) -> Knob:
    """The knob of a field that has one."""
    return next(knob for knob in knobs() if knob.name == name)


def _all() -> Iterator[Knob]:
    yield from (_knob("request", name, "subject") for name in _SUBJECT)
    for group, names in _OF_VLLM.items():
        yield from (_knob("pinned", name, group) for name in names)
    loads = [name for name in _simple("workload") if not name.endswith(_LIMIT)]
    limits = [name for name in _simple("workload") if name.endswith(_LIMIT)]
    yield _lengths_knob()
    yield from (_knob("workload", name, "workload") for name in loads)
    yield from (_knob("goal", name, "targets") for name in _simple("goal"))
    yield from (_knob("workload", name, "targets") for name in limits)


def _simple(home: Home) -> list[str]:
    """The fields that hold a number, a word or yes and no."""
    hints = _hints(home)
    names = [f.name for f in fields(HOMES[home]) if _kind(hints[f.name])]
    return [name for name in names if name not in _NOT_TURNED]


@cache
def _hints(home: Home) -> dict[str, Any]:
    """The fields' types; some modules import theirs for type checkers alone."""
    return get_type_hints(HOMES[home], localns={"Mapping": Mapping})


def _knob(home: Home, name: str, group: str) -> Knob:
    field = next(f for f in fields(HOMES[home]) if f.name == name)
    hint = _hints(home)[name]
    choices = _choices(name, hint)
    return Knob(
        name=name,
        home=home,
        group=group,
        kind="choice" if choices else (_kind(hint) or "text"),
        help=OPTIONS[name].help if home == "pinned" else documented(home)[name],
        choices=choices,
        default=None if field.default is MISSING else field.default,
        nothing="1" if name in SIZES else "any",
    )


def _lengths_knob() -> Knob:
    """Of requests that are not alike; without it the two lengths hold for all of them."""
    return Knob(
        name=LENGTHS,
        home="workload",
        group="workload",
        kind="choice",
        help=_LENGTHS_HELP,
        choices=tuple(named()),
        any_text=True,
        nothing="all alike",
    )


def _kind(hint: Any) -> Kind | None:  # noqa: ANN401 - a type
    """What a type's values are; None where it takes more than a knob."""
    types = [each for each in _alternatives(hint) if each is not type(None)]
    if bool in types:
        return "switch"
    if int in types:
        return "whole"
    if float in types:
        return "real"
    return "choice" if any(get_origin(each) is Literal for each in types) else None


def _alternatives(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type
    return get_args(hint) if get_origin(hint) in {Union, type(int | None)} else (hint,)


def _choices(name: str, hint: Any) -> tuple[str, ...]:  # noqa: ANN401 - a type
    if name == "kv_cache_dtype":
        return tuple(KV_DTYPES)
    if name == "quantization":
        return METHODS
    if name == "vllm_version":
        names = dict.fromkeys(".".join(each.version.split(".")[:2]) for each in releases())
        return tuple(name for name in names if version_number(name) >= oldest())
    if _kind(hint) == "choice":
        words = (w for each in _alternatives(hint) for w in get_args(each))
        return tuple(word for word in words if isinstance(word, str))
    return ()


@cache
def documented(home: Home) -> Mapping[str, str]:
    """The sentence under each field of a record, by the field's name."""
    record = HOMES[home]
    body = ast.parse(inspect.getsource(record)).body[0]
    texts: dict[str, str] = {f.name: "" for f in fields(record)}
    name = ""
    for statement in getattr(body, "body", ()):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            if name in texts:
                texts[name] = str(statement.value.value).replace("``", "").strip()
            name = ""
        else:
            name = ""
    return texts
