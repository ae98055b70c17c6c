"""What this planner says about each golden row, figure by figure and rule by rule.

The model is resolved and its table of layouts built as ``planner validate`` does, with two
differences. One made-up host holds as many GPUs as the widest layout, so that neither capacity nor
placement is judged. And FlashInfer is taken as absent, as it was where vLLM answered: with it
vLLM takes FLASHINFER on compute capability 10.x and blocks of another size.

Weights of rows with ``--quantization`` are compared in 16 bits: vLLM builds those, without memory,
and quantizes each as it is read, and a golden row counts what was built.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import PlannerError
from planner.finding import Origin, Severity
from planner.layout import Layouts
from planner.memory.kv_cache.capacity import pool_blocks
from planner.memory.kv_cache.plan import NULL_BLOCKS, KvCachePlan
from planner.model.layer_kinds import layer_kinds
from planner.quant.unquantized import UNQUANTIZED
from planner.request import request
from planner.resolve import Subject, resolve, table
from planner.rules.base import judge, layout_rules
from planner.units import GIB
from scripts.golden.rows import BOARDS, DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from planner.case import Case
    from planner.memory.weights import Weights
    from planner.rules.base import LayoutRule
    from scripts.golden.rows import GoldenRow

#: GPUs of the made-up host
_GPUS = 1024
#: memory that vLLM was given for the KV cache of each rank
_KV_CACHE_BYTES = 400 * GIB
#: caches of hubs that no machine has: a golden row is of the catalogue
_NO_CACHES = {"HF_HUB_CACHE": "/nonexistent", "MODELSCOPE_CACHE": "/nonexistent"}

Figure = int | tuple[int, ...] | None
FIGURES = (
    "parameter_bytes",
    "buffer_bytes",
    "block_size",
    "bytes_per_block",
    "blocks_per_request",
    "max_model_len",
    "num_blocks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One golden row and what the planner says of it.

    Attributes:
        figures: by name, as the row spells them; empty where the planner refuses.
        codes: rules by which vLLM refuses the layout.
        refusal: the planner's error where it cannot read the model at all.
    """

    row: GoldenRow
    figures: Mapping[str, Figure]
    codes: tuple[str, ...]
    refusal: str = ""

    @property
    def wrong(self) -> tuple[str, ...]:
        """The figures that differ from vLLM's, by name; of an accepted row."""
        return tuple(n for n in FIGURES if self.figures.get(n) != getattr(self.row, n))


def answers(tables: Iterable[Sequence[GoldenRow]]) -> Iterator[Answer]:
    """The planner's answer to every row; rows of one list share model, board and options."""
    for rows in tables:
        yield from _answers(rows)


def _answers(rows: Sequence[GoldenRow]) -> Iterator[Answer]:
    try:
        subject = _subject(rows[0])
        if subject.refused:
            codes = tuple(found.code for found in subject.findings)
            yield from (Answer(row=row, figures={}, codes=codes) for row in rows)
            return
        case = _case(subject, rows)
        found = list(_judged(case, rows))
    except PlannerError as error:
        yield from (Answer(row=row, figures={}, codes=(), refusal=error.message) for row in rows)
        return
    yield from found


def _subject(row: GoldenRow) -> Subject:
    config = DATA / "configs" / f"{row.model.replace('/', '__')}.json"
    asked = request(
        model=str(config) if config.exists() else row.model,
        gpus=BOARDS[row.capability],
        offline=True,
        default_gpu_memory_utilization=None,
        **row.arguments,
    )
    return resolve(asked, _NO_CACHES)


def _case(subject: Subject, rows: Sequence[GoldenRow]) -> Case:
    sizes = {n: np.array([getattr(row, n) for row in rows]) for n in ("tp", "pp", "dp", "dcp")}
    layouts = Layouts(**sizes, ep=np.array([row.ep for row in rows]))
    host = replace(subject.groups[0], gpus_per_node=_GPUS, scale_up_domain=_GPUS)
    case = table(subject, host, layouts)
    return replace(case, settings=replace(case.settings, flashinfer=False))


def refusing_rules() -> list[LayoutRule]:
    """The rules that say what vLLM itself refuses."""
    return [
        rule
        for rule in layout_rules()
        if rule.ORIGIN is Origin.VLLM and rule.SEVERITY is Severity.ERROR
    ]


def _judged(case: Case, rows: Sequence[GoldenRow]) -> Iterator[Answer]:
    broken = judge(case, refusing_rules())
    planned, built = case.kv.planned, _as_built(case)
    room = np.full(case.stages.shape, _KV_CACHE_BYTES, dtype=np.int64)
    blocks = pool_blocks(planned, room)
    for index, row in enumerate(rows):
        plan = planned.plan(index)
        figures: dict[str, Figure] = {
            "parameter_bytes": tuple(built.parameter_bytes[index, : row.pp].tolist()),
            "buffer_bytes": tuple(built.buffer_bytes[index, : row.pp].tolist()),
            "max_model_len": int(case.max_model_len[index]),
        }
        if isinstance(plan, KvCachePlan):
            figures |= _kv_figures(plan, int(blocks[index]))
        codes = tuple(code for code, mask in broken.items() if mask[index])
        yield Answer(row=row, figures=figures, codes=codes)


def _as_built(case: Case) -> Weights:
    if case.arguments.quantization is None:
        return case.weights
    kinds = layer_kinds(case.architecture, UNQUANTIZED)
    return replace(case, quantization=UNQUANTIZED, kinds=kinds).weights


def _kv_figures(plan: KvCachePlan, num_blocks: int) -> dict[str, Figure]:
    """The row's figures; no number of blocks where nothing is kept or one request is too long."""
    per_group = tuple(int(blocks) for blocks in plan.blocks_per_group())
    fits = any(plan.bytes_per_block) and sum(per_group) + NULL_BLOCKS <= num_blocks
    return {
        "block_size": plan.block_size,
        "bytes_per_block": plan.bytes_per_block,
        "blocks_per_request": per_group,
        "num_blocks": num_blocks if fits else None,
    }
