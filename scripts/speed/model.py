"""The model of speed over measured rows, for any set of its constants; and their fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.speed.serving import closed_loop
from scripts.speed.least_squares import fit
from scripts.speed.rows import cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.speed.serving import Served as Outcome
    from planner.units import Bools, Floats
    from scripts.speed.rows import Row, Served

#: where the fit starts and what it is held to, with the deviation of its logarithm: kernels as
#: they were measured alone, and guesses of what was not
PRIORS: dict[str, tuple[float, float]] = {
    "launch": (0.8, 0.3),
    "gemm_stream": (1.0, 0.1),
    "gemm_compute": (1.0, 0.15),
    "kv_stream": (1.0, 0.15),
    "attention_compute": (1.0, 0.2),
    "attention_launch": (0.8, 0.3),
    "quantize_s": (1.5e-6, 0.7),
    "glue_s": (2.4e-6, 0.4),
    "glue_passes": (14.0, 0.3),
    "experts_launch": (0.8, 0.3),
    "experts_stream": (1.0, 0.15),
    "experts_compute": (1.0, 0.3),
    "experts_variety": (0.8, 0.3),
    "all_reduce": (1.0, 0.25),
    "step_s": (1.2e-3, 0.7),
    "request_s": (12e-6, 0.7),
    "ahead_step_s": (0.2e-3, 0.7),
    "ahead_request_s": (4e-6, 0.7),
    "eager_layer_s": (0.45e-3, 0.5),
    "request_start_s": (20e-3, 0.7),
    "streaming_s": (0.5e-3, 0.7),
    "apart_s": (0.05, 0.7),
}
#: the time to the first token varies more, by what no kernel explains
TTFT_WEIGHT = 0.5
#: one row against one deviation of a constant
DATA_WEIGHT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Predictions of all rows, for each set of constants: Float64[sets, rows].

    ``ttft_alone_s`` is without waiting for room.
    """

    ttft_s: Floats
    tpot_s: Floats
    running: Floats
    ttft_alone_s: Floats
    saturated: Bools


class Model:
    """Rows, their cases, and what was measured: Float64[rows]."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.cases = cases(rows)
        self.ttft_s = np.array([row.ttft_s for row in rows])
        self.tpot_s = np.array([row.tpot_s for row in rows])

    def times(self, figures: Mapping[str, Floats], sets: int, chosen: Bools | None = None) -> Times:
        """Predictions with each figure's values, Float64[sets]; the rest as the product has it."""
        found = {
            name: np.full((sets, len(self.rows)), np.nan)
            for name in ("ttft", "tpot", "run", "alone")
        }
        full = np.zeros((sets, len(self.rows)), dtype=np.bool_)
        for each in self.cases:
            if chosen is not None and not chosen[each.index].any():
                continue
            served = _served(each, figures)
            found["ttft"][:, each.index] = served.ttft_s[..., 0]
            found["tpot"][:, each.index] = served.tpot_s[..., 0]
            found["alone"][:, each.index] = (served.ttft_s - served.wait_s)[..., 0]
            found["run"][:, each.index] = served.pace.running[..., 0]
            full[:, each.index] = served.saturated[..., 0]
        return Times(
            ttft_s=found["ttft"],
            tpot_s=found["tpot"],
            running=found["run"],
            ttft_alone_s=found["alone"],
            saturated=full,
        )

    def fit(self, chosen: Bools, names: Sequence[str] = tuple(PRIORS)) -> dict[str, float]:
        """The constants that fit the chosen rows best, near their priors."""
        start = np.log([PRIORS[name][0] for name in names])
        spread = np.array([PRIORS[name][1] for name in names])

        def residuals(logs: Floats) -> Floats:
            figures = {name: np.exp(logs[:, i]) for i, name in enumerate(names)}
            times = self.times(figures, len(logs), chosen)
            tpot = np.log(times.tpot_s[:, chosen] / self.tpot_s[chosen])
            # a queue before a full cache tells of its size, not of kernels
            apart = chosen & ~times.saturated[0]
            ttft = np.log(times.ttft_s[:, apart] / self.ttft_s[apart])
            return np.concatenate([tpot, TTFT_WEIGHT * ttft], axis=1)

        at = fit(residuals, start, spread, data_weight=DATA_WEIGHT)
        return dict(zip(names, np.exp(at).tolist(), strict=True))

    def at(self, figures: Mapping[str, float]) -> Times:
        """Predictions with one set of constants."""
        return self.times({name: np.array([value]) for name, value in figures.items()}, 1)


def _served(each: Served, figures: Mapping[str, Floats]) -> Outcome:
    server = each.case.server
    tuning: dict[str, Any] = dict(server.engine.tuning)
    tuning |= {name: values[:, None, None] for name, values in figures.items()}
    engine = replace(server.engine, tuning=tuning)
    users = np.maximum(each.users / engine.dp, np.minimum(each.users, 1.0))
    return closed_loop(replace(server, engine=engine), users)
