"""The public start-ups of ``tests/data/logs_public``, and the planner's full answer to each.

Shared by ``accuracy.py`` and the tests.
"""

from __future__ import annotations

import csv
import json
import shlex
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Severity
from planner.model.source import find_model
from planner.request import request
from planner.resolve import resolve, table
from planner.rules.base import row_findings
from planner.runtime.calibrate.figures import quantities
from planner.search import fixed_layout
from planner.units import GIB
from planner.vllm.command import read_command
from planner.vllm.version import version_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.case import Case
    from planner.finding import Finding
    from planner.memory.interval import Interval
    from planner.request import Request
    from planner.resolve import Subject

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "logs_public"
#: older releases are answered as this one: nothing older is known
_OLDEST = "0.6.0"
#: from here on a printed capacity is judged
_CAPACITY_SINCE = (0, 17)
_SUPPORTED_SINCE = (0, 11)
_PRINTED_DIGITS = 2


@dataclass(frozen=True, kw_only=True)
class PublicRun:
    """One start of vLLM that somebody published."""

    row: dict[str, str]

    @property
    def source(self) -> str:
        """Who published it."""
        return self.row["source"]

    @property
    def name(self) -> str:
        """For a table."""
        row = self.row
        options = f": {row['options']}" if row["options"] else ""
        return f"{row['model']} on {row['gpus']}, {row['vllm']}{options}"

    @property
    def starts(self) -> bool | None:
        """Whether vLLM came up, None where the row does not say."""
        outcome = self.row["outcome"]
        return outcome == "starts" if outcome and "f" in self.row["judged"] else None

    @property
    def assumed(self) -> bool:
        """Whether the model, its quantization or the GPU is not stated but inferred."""
        return bool(self.row["assumed"])

    @property
    def minor(self) -> str:
        """The release without a patch."""
        return ".".join(self.row["vllm"].split(".")[:2])

    @property
    def is_supported(self) -> bool:
        """Whether the release is one the planner is made for."""
        return version_number(self.row["vllm"]) >= _SUPPORTED_SINCE

    @property
    def weights_bytes(self) -> float | None:
        """``Model loading took``, where it is judged."""
        text = self.row["weights_gib"]
        return float(text) * GIB if text and "w" in self.row["judged"] else None

    @property
    def rounding_bytes(self) -> float:
        """Half of the last digit of the printed weights."""
        digits = len(self.row["weights_gib"].partition(".")[2])
        return float(0.5 * 10 ** -max(digits, _PRINTED_DIGITS) * GIB)

    @property
    def judges_capacity(self) -> bool:
        """The row states a release whose capacity line the planner is held to."""
        row = self.row
        known = version_number(row["vllm"]) >= _CAPACITY_SINCE and row["stated"] == "1"
        return known and "k" in row["judged"]

    def number(self, column: str) -> float | None:
        """A figure of the row; None where it is not stated."""
        text = self.row[column]
        return float(text) if text else None


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the planner answers; ``case`` is None where it refuses the model."""

    model_class: str
    number_format: str
    """Of the weights: the quantization's method, else the dtype."""
    case: Case | None
    errors: tuple[tuple[str, Origin], ...]

    @cached_property
    def weights_bytes(self) -> int | None:
        """Of the first stage's fullest rank: the one that prints first."""
        case = self.case
        if case is None or not case.plannable[0]:
            return None
        return int(case.budget.weights_bytes[0, 0])

    def term(self, name: str) -> Interval | None:
        """An uncertain term, or the room for the KV cache: an Interval[rows, stages]."""
        case = self.case
        if case is None or not case.plannable[0]:
            return None
        return {**quantities(case), "kv_cache": case.budget.kv_cache}[name]

    def capacity(self, length: int | None) -> tuple[int, float] | None:
        """Tokens and concurrency as vLLM prints them for requests of a length."""
        case = self.case
        if case is None or not case.kv.exists[0]:
            return None
        asked = np.array([length or int(case.max_model_len[0])], dtype=np.int64)
        return int(case.kv.tokens(asked)[0]), float(case.kv.concurrency(asked)[0])

    @property
    def codes(self) -> str:
        """The rules that forbid it."""
        return " ".join(code for code, _ in self.errors)

    @property
    def probability(self) -> float:
        """The chance that vLLM starts: nothing refuses it, and it fits."""
        refused = any(origin is not Origin.POLICY for _, origin in self.errors)
        capacity = any(origin is Origin.CAPACITY for _, origin in self.errors)
        if self.case is None or (refused and not capacity):
            return 0.0
        return float(self.case.fit_probability[0]) if self.case.plannable[0] else 0.0


def read_public_runs() -> list[PublicRun]:
    """All rows."""
    with (DATA / "runs.csv").open(encoding="utf-8", newline="") as file:
        return [PublicRun(row=row) for row in csv.DictReader(file)]


def read_excluded() -> list[dict[str, str]]:
    """The rows that are left out, each with its reason."""
    with (DATA / "excluded.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def predict(run: PublicRun) -> Prediction:
    """The planner's answer to a row."""
    if not run.row["config"]:
        return _answer(run, run.row["model"])
    found = find_model(run.row["model"], offline=True, environ={})
    config = {**found.config, **json.loads(run.row["config"])}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        return _answer(run, str(path))


def _answer(run: PublicRun, model: str) -> Prediction:
    subject = resolve(_request(run, model), {})
    errors = _errors(subject.findings)
    case = None if subject.refused else _case(subject, run)
    found = () if case is None else _errors(row_findings(case, [0])[0])
    method = subject.quantization.method
    architecture = subject.architecture
    return Prediction(
        model_class=architecture.name if architecture else "(refused)",
        number_format=case.settings.dtype if case and method == "none" else method,
        case=case,
        errors=(*errors, *found),
    )


def _request(run: PublicRun, model: str) -> Request:
    row = run.row
    version = row["vllm"]
    if version_number(version) < version_number(_OLDEST):
        version = _OLDEST
    command = read_command(["vllm", "serve", model, *shlex.split(row["options"])])
    asked = request(model=model, gpus=(row["gpus"],), vllm_version=version, offline=True)
    return replace(
        asked,
        pinned=command.arguments,
        default_gpu_memory_utilization=None,
        calibration=False,
    )


def _case(subject: Subject, run: PublicRun) -> Case:
    group = subject.groups[0]
    total = run.number("memory_gib")
    if total is not None:
        size = int(total * GIB)
        board = replace(group.accelerator, memory_bytes_low=size, memory_bytes_high=size)
        group = replace(group, accelerator=board)
    return table(subject, group, fixed_layout(subject.request.pinned))


def _errors(findings: Iterable[Finding]) -> tuple[tuple[str, Origin], ...]:
    errors = (found for found in findings if found.severity is Severity.ERROR)
    return tuple((found.code, found.origin) for found in errors)
