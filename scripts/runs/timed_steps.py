"""Steps of own runs that were timed, against the model of a step.

Two kinds: steps of one batch (``runs.csv`` and ``speed.csv`` of a folder), and whole batches that
were given to an engine at once (``tests/data/speed/batches.csv``).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_basis import basis_of, errors_of
from planner.model.modules import Weight
from planner.speed.step import Batch, step_time
from scripts.page.compared import Compared
from scripts.speed.rows import FOLDER
from scripts.speed.served_cases import case_of, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.case import Case

RELEASE = "0.26.0"
DECODE, PROMPT = "step that decodes", "prompt"
#: folders of runs, and the GPUs that they ran on
OWN = (("h200_runs", "1xH200"), ("h100_runs", "1xH100"))
#: half of the tokens that were decoded while a batch was timed
_DECODED = 20
#: what such a bias is called
_BIASES = ("e_score_correction_bias", "expert_bias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Steps of one kind.

    Attributes:
        case: a deployment, whose weights are dummies.
        decode: requests that decode, with ``context`` tokens each; prompts: their tokens, all in
            all, of ``length`` each; sampled: tokens that come out.
    """

    name: str
    case: Case
    decode: float = 0.0
    context: float = 0.0
    prompts: float = 0.0
    length: float = 0.0
    sampled: float = 1.0
    measured_s: float

    @property
    def what(self) -> str:
        """Which figure it is."""
        return DECODE if self.decode else PROMPT

    def predicted_s(self, *, alike: bool = False) -> float:
        """The time of the steps; ``alike``: all tokens go to the same experts."""
        server = self.case.server
        engine, rounds = server.engine, max(self.prompts / server.chunk, 1.0)
        if alike:
            tokens = max(self.decode + self.prompts / rounds, 1.0)
            engine = replace(engine, tuning={**engine.tuning, "experts_variety": 1 / tokens})
        batch = Batch(
            decode=np.array([[self.decode]]),
            context=np.array([[self.context]]),
            prefill=np.array([[self.prompts / rounds]]),
            span=np.array([[self.length / 2]]),
            sampled=np.array([[self.sampled / rounds]]),
        )
        return rounds * step_time(server.work, engine, batch).total.item()

    @property
    def routed_alike(self) -> bool:
        """Whether dummy weights send all tokens to the same experts.

        Dummies are below a thousandth, so a router's scores of tokens differ by less than a
        hundred-thousandth, and a bias that is added to the scores decides alone.

        Source: vllm.model_executor.model_loader.weight_utils.initialize_dummy_weights,
        vllm.model_executor.layers.fused_moe.router.grouped_topk_router (0.26.0)
        """
        modules = (module for kind in self.case.kinds.kinds for module, _ in kind.modules)
        return any(isinstance(m, Weight) and m.name.endswith(_BIASES) for m in modules)

    def compared(self, *, alike: bool = False) -> Compared:
        """With the interval of a time for each further token, or to the first."""
        figure = "tpot" if self.decode else "ttft"
        low, high = errors_of(self.case, basis_of(self.case))[figure]
        return Compared(
            source=self.name,
            what=self.what,
            measured=self.measured_s,
            predicted=self.predicted_s(alike=alike),
            low=low,
            high=high,
        )


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def steps_of(folder: Path, gpus: str) -> Iterator[Step]:
    """The points of a folder of runs."""
    runs = {run["case"]: run for run in read(folder / "runs.csv")}
    for point in read(folder / "speed.csv"):
        run = runs[point["case"]]
        case = case_of(run["model"], gpus, options_of(run["options"]), RELEASE)
        seconds, batch = float(point["seconds"]), float(point["batch"])
        if point["kind"] == "decode":
            context = float(point["context_tokens"]) + _DECODED
            yield Step(name=point["case"], case=case, decode=batch, context=context,
                       sampled=batch, measured_s=seconds)  # fmt: skip
        else:
            tokens = float(point["tokens"])
            yield Step(name=point["case"], case=case, prompts=tokens, length=tokens,
                       measured_s=seconds)  # fmt: skip


def batches() -> Iterator[Step]:
    """Batches that came at once: their first tokens, and a later step of all."""
    for row in read(FOLDER / "batches.csv"):
        case = case_of(row["model"], row["gpus"], row["options"], RELEASE)
        batch, length, out = (float(row[name]) for name in ("batch", "input", "output"))
        first, total = float(row["first_s"]), float(row["total_s"])
        name = f"{row['model'].rpartition('/')[2]} on {row['gpus']}"
        yield Step(name=name, case=case, prompts=batch * length, length=length, sampled=batch,
                   measured_s=first)  # fmt: skip
        yield Step(name=name, case=case, decode=batch, context=length + out / 2, sampled=batch,
                   measured_s=(total - first) / (out - 1))  # fmt: skip


def own_steps() -> Iterator[Step]:
    """All of them."""
    for folder, gpus in OWN:
        yield from steps_of(FOLDER.parent / folder, gpus)
    yield from batches()
