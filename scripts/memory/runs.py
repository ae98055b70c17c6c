"""The measured runs of ``tests/data/memory_terms``, and what the memory terms say about each.

Shared by ``fit_terms.py``, ``implied_constants.py`` and the tests.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.constants import Constant, term
from planner.memory.activation import (
    activation_bytes,
    expert_workspace_elements,
)
from planner.memory.cuda_graphs import CapturePlan, captured_graph_bytes, cuda_graph_bytes
from planner.memory.kernel_trial import embedding_trial_bytes
from planner.memory.non_torch import non_torch_bytes, outside_budget_bytes
from planner.memory.profile_run import ActivationShape, ProfileRun
from planner.units import GIB, MIB, ceil_div

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.memory.interval import Interval

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "memory_terms"
#: a term, and the column that measured it
TERMS = {
    "activation": "activation_gib",
    "non_torch": "non_torch_gib",
    "captured graphs": "graphs_captured_gib",
    "reserved for graphs": "graphs_reserved_gib",
    "beside the budget": "beside_gib",
}
_PRINTED_DIGITS = 2
#: formats whose kernels take activations in 8 bits
_EIGHT_BITS = ("fp8", "w8a8")
#: of latent attention, for the contexts of these runs
_CONTEXT_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measured start of vLLM: its row, and its model's."""

    row: dict[str, str]
    model: dict[str, str]
    refitted: Mapping[str, Mapping[str, Constant]] = field(default_factory=dict)
    """constants that take the place of the shipped ones, by file and name"""

    @property
    def source(self) -> str:
        """Who measured."""
        return self.row["source"]

    @property
    def name(self) -> str:
        """For a table."""
        row = self.row
        layout = f"TP{row['tp']}" + (f" PP{row['pp']}" if row["pp"] != "1" else "")
        return f"{row['model'] or row['note']} {layout}, {row['vllm']}"

    @property
    def rounding(self) -> float:
        """Half of the last digit most sources print, in bytes."""
        return float(0.5 * 10**-_PRINTED_DIGITS * GIB)

    def number(self, column: str) -> int:
        """A whole number of the run, 0 where it is not stated."""
        return int(self.row[column] or 0)

    def measured(self, name: str) -> float | None:
        """A term as it was measured, in bytes."""
        text = self.row[TERMS[name]]
        return float(text) * GIB if text else None

    def constants(self, name: str) -> dict[str, Constant]:
        """The constants of a term for this run's version, board and runner."""
        major, minor = self.row["vllm"].split(".")
        shipped = term(name, (int(major), int(minor)), self.row["family"], self.row["runner"])
        return {**shipped, **self.refitted.get(name, {})}


def read_runs() -> list[Run]:
    """All runs of the data."""
    with (DATA / "models.csv").open(encoding="utf-8", newline="") as file:
        models = {row["model"]: row for row in csv.DictReader(file)}
    with (DATA / "runs.csv").open(encoding="utf-8", newline="") as file:
        return [Run(row=row, model=models.get(row["model"], {})) for row in csv.DictReader(file)]


def activation_shape(run: Run) -> ActivationShape:
    """The widths of a rank of a run's model."""
    size = {key: int(value) for key, value in run.model.items() if key != "model"}
    tp = run.number("tp")
    intermediate, shared = size["intermediate"] // tp, size["shared_intermediate"] // tp
    experts = int(
        expert_workspace_elements(size["top_k"], size["hidden"], size["expert_intermediate"] // tp)
    )
    stays = run.row["workspace"] == "1"
    return ActivationShape(
        hidden=size["hidden"],
        mlp_projection=size["gate"] * intermediate,
        mlp_activation=intermediate,
        attention_qkv=ceil_div(size["attention_qkv"], tp),
        attention_output=ceil_div(size["attention_output"], tp),
        expert_workspace=experts if stays else 0,
        expert_temporary=0 if stays else experts,
        eager_hidden=size["eager_hidden"],
        mlp_quantized=intermediate if run.row["quantized"] in _EIGHT_BITS else 0,
        latent_operands=size["latent_operands"],
        latent_context=size["latent_context"],
        shared_projection=size["gate"] * shared,
        shared_activation=shared,
        vocabulary=size["vocabulary"],
        dtype_bytes=run.number("dtype_bytes"),
    )


def profile_run(run: Run) -> ProfileRun:
    """The batch of a run."""
    tokens = run.number("tokens")
    return ProfileRun(
        tokens=tokens,
        sequences=run.number("sequences"),
        expert_tokens=tokens,
        constants=run.constants("activation"),
        context_rows=_CONTEXT_ROWS,
        compiled=run.row["compiled"] == "1",
        plain_products=not run.row["quantized"],
        multiprocessors=run.number("multiprocessors"),
        cache_bytes=run.number("cache_mib") * MIB,
    )


def predicted(run: Run, name: str) -> Interval | None:
    """What a term says about a run, or None where the run does not say enough."""
    if name == "activation":
        return _activation(run)
    if name == "non_torch":
        return non_torch_bytes(
            run.constants("non_torch"),
            tp=run.number("tp"),
            pp=run.number("pp"),
            switched=run.row["switched"] == "1",
            fuses_all_reduce=run.row["compiled"] == "1",
        )
    if name == "beside the budget":
        boards = run.number("multiprocessors")
        if not boards:
            return None
        return outside_budget_bytes(
            run.constants("outside_budget"),
            multiprocessors=boards,
            tp=run.number("tp"),
            pp=run.number("pp"),
        )
    return _graphs(run, name)


def layers(run: Run) -> int:
    """Layers of the run's first stage, 0 where they are not known."""
    return ceil_div(int(run.row["layers"] or run.model.get("layers", "0")), run.number("pp"))


def _activation(run: Run) -> Interval | None:
    if run.row["encoder"] == "1":
        return None
    # in pipelines the sources print the first stage
    last = np.array(run.number("pp") == 1)
    return activation_bytes(
        activation_shape(run),
        profile_run(run),
        first=np.array([True]),
        last=last,
        trial=_trial(run),
    )


def _trial(run: Run) -> Interval | None:
    """Of the embedding, whose kernel quantizes where a scale is known for each token."""
    if run.row["compiled"] != "1":
        return None
    hidden, tp, dtype_bytes = (
        int(run.model["hidden"]),
        run.number("tp"),
        run.number("dtype_bytes"),
    )
    return embedding_trial_bytes(
        run.constants("activation"),
        table_bytes=np.array(ceil_div(int(run.model["vocabulary"]), tp) * hidden * dtype_bytes),
        tokens=run.number("tokens"),
        outputs_bytes=hidden * dtype_bytes * (1 if tp > 1 else 2),
    )


def _graphs(run: Run, name: str) -> Interval | None:
    captured, depth = plan(run), layers(run)
    if not depth or not captured.sizes:
        return None
    constants = run.constants("cuda_graphs")
    if name == "captured graphs":
        return captured_graph_bytes(captured, constants, depth)
    return cuda_graph_bytes(captured, constants, depth)


def plan(run: Run) -> CapturePlan:
    """The graphs a run captured."""
    piecewise, full = run.number("piecewise_graphs"), run.number("full_graphs")
    return CapturePlan(
        piecewise=np.array(piecewise), full=np.array(full), largest=np.array(max(piecewise, full))
    )
