"""Small models in each number format, with vLLM's answers, and ours beside them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.layout import Layouts
from planner.memory.stages import Stages
from planner.memory.tensors import Ranks, module_misfits
from planner.memory.weights import stage_tensors, weights
from planner.model.layer_kinds import layer_kinds, with_schemes
from planner.model.read import read_architecture
from planner.quant.read import read_quantization

if TYPE_CHECKING:
    from planner.quant.base import Misfit

DATA = Path(__file__).parents[1] / "data" / "quant"
BFLOAT16_BYTES = 2


@dataclass(frozen=True)
class Answer:
    """What vLLM made of a format, a model and a layout."""

    format: str
    model: str
    tp: int
    ep: bool
    capability: int
    method: str
    parameter_bytes: int | None
    error: str


@cache
def answers() -> tuple[Answer, ...]:
    """All of them."""
    with (DATA / "rows.csv").open(encoding="utf-8") as file:
        return tuple(_answer(row) for row in csv.DictReader(file))


def _answer(row: dict[str, str]) -> Answer:
    return Answer(
        format=row["format"],
        model=row["model"],
        tp=int(row["tp"]),
        ep=row["ep"] == "1",
        capability=int(row["cc"]),
        method=row["method"],
        parameter_bytes=int(row["parameter_bytes"]) if row["parameter_bytes"] else None,
        error=row["error"],
    )


@cache
def _objects(name: str) -> dict[str, dict[str, Any]]:
    objects: dict[str, dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return objects


def formats() -> list[str]:
    """The names of the number formats."""
    return list(_objects("formats.json"))


def config(model: str, form: str | None = None) -> dict[str, Any]:
    """The config.json of a small model in a number format."""
    plain = _objects("models.json")[model]
    return plain if form is None else {**plain, "quantization_config": format_of(form)}


def format_of(name: str) -> dict[str, Any]:
    """The quantization_config of a number format."""
    return _objects("formats.json")[name]


def layout(tp: int, *, ep: bool = False) -> Layouts:
    """One layout."""
    return Layouts.one(tp=tp, pp=1, dp=1, ep=ep)


def parameter_bytes(
    stated: dict[str, Any], layouts: Layouts, capability: int = 90, asked: str | None = None
) -> list[int]:
    """Our bytes of parameters on a rank of each layout."""
    architecture, quantization = read_architecture(stated), read_quantization(stated, asked)
    stages = Stages.of(layouts, architecture.num_layers)
    tensors = stage_tensors(
        architecture,
        quantization,
        layer_kinds(architecture, quantization),
        layouts,
        stages,
        dtype_bytes=BFLOAT16_BYTES,
        capability=capability,
    )
    return [int(total) for total in weights(tensors, stages).parameter_bytes[:, 0]]


def misfits(stated: dict[str, Any], layouts: Layouts, capability: int = 90) -> list[Misfit]:
    """The shards that we say vLLM refuses in some of the layouts."""
    architecture, quantization = read_architecture(stated), read_quantization(stated)
    ranks = Ranks(
        tp=layouts.tp,
        moe_tp=layouts.moe_tp,
        ep_size=layouts.ep_size,
        expert_parallel=layouts.ep,
        dtype_bytes=BFLOAT16_BYTES,
        capability=capability,
    )
    modules = [
        pair for kind in layer_kinds(architecture, quantization).kinds for pair in kind.modules
    ]
    modules += with_schemes(architecture.last, quantization)
    found = [
        misfit for module, scheme in modules for misfit in module_misfits(module, scheme, ranks)
    ]
    return [misfit for misfit in found if np.any(misfit.broken)]
