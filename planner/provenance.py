"""What each figure of an answer rests on: counted, measured with source and date, or given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner import plan
from planner.case.rates import kernels_of
from planner.case.term_constants import constants, constants_key
from planner.constants import term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.constants import Constant
    from planner.request import Storage

#: terms that rest on measured constants, by the key of the figure
_MEASURED = {
    "allocator_bytes": "allocator",
    "activation_bytes": "activation",
    "cuda_graph_bytes": "cuda_graphs",
    "non_torch_bytes": "non_torch",
    "outside_budget_bytes": "outside_budget",
    "start_up": "start_up",
}
_COUNTED = {
    "parameter_bytes": "vllm.model_executor.model_loader.utils.initialize_model",
    "buffer_bytes": "vllm.model_executor.model_loader.utils.initialize_model",
    "post_load_bytes": "vllm.model_executor.model_loader.utils.process_weights_after_loading",
    "kv_cache_bytes": "vllm.v1.worker.gpu_worker.Worker.determine_available_memory",
    "num_blocks": "vllm.v1.core.kv_cache_planning.get_kv_cache_configs",
}


#: constants of a start that hold for one kind of storage
_READ = "read_"


def provenance(case: Case, storage: Storage = "unknown") -> tuple[plan.Provenance, ...]:
    """The sources of a case's figures; constants that are 0 here and add nothing are left out."""
    return (*_given(case), *_counted(), *_measured(case, storage), *_kernels(case), *_speed(case))


def _given(case: Case) -> Iterator[plan.Provenance]:
    board = case.group.accelerator
    read = board.sources[0] if board.sources else None
    yield plan.Provenance.model_construct(
        figure="memory_bytes",
        basis="measured" if board.memory_evidence == "runtime" else "given",
        constant=board.id,
        mid=float(board.memory_bytes),
        unit="bytes",
        source=read.ref if read else "",
        date=read.accessed.isoformat() if read else None,
    )


def _counted() -> Iterator[plan.Provenance]:
    for figure, source in _COUNTED.items():
        yield plan.Provenance.model_construct(figure=figure, basis="counted", source=source)


def _measured(case: Case, storage: Storage) -> Iterator[plan.Provenance]:
    for figure, of in _MEASURED.items():
        for name, found in constants(case, of).items():
            elsewhere = name.startswith(_READ) and not name.startswith(_READ + storage)
            if elsewhere or not found.high:
                continue
            yield _constant(figure, name, found)


def _constant(figure: str, name: str, found: Constant) -> plan.Provenance:
    return plan.Provenance.model_construct(
        figure=figure,
        basis="measured" if found.points else "read",
        constant=name,
        low=float(found.low),
        mid=float(found.mid),
        high=float(found.high),
        unit=found.unit,
        source=found.source,
        date=found.date,
        points=found.points or None,
    )


def _has_speed(case: Case) -> bool:
    return not case.architecture.pooling


def _kernels(case: Case) -> Iterator[plan.Provenance]:
    """The rates of the board, and what kernels reach of them when nothing else runs."""
    if not _has_speed(case):
        return
    board = case.group.accelerator
    read = board.sources[0] if board.sources else None
    for constant, rate, unit in (
        ("hbm_bytes_per_s", board.hbm_bytes_per_s, "bytes/s"),
        ("dense_flops", board.dense_flops.get("bf16"), "bf16 operations/s"),
    ):
        if rate:
            yield plan.Provenance.model_construct(
                figure="performance",
                basis="given",
                constant=constant,
                mid=float(rate),
                unit=unit,
                source=read.ref if read else "",
                date=read.accessed.isoformat() if read else None,
            )
    found = kernels_of(board.architecture)
    points = sum(each.points for each in (*found.gemm, *found.experts, *found.attention))
    yield plan.Provenance.model_construct(
        figure="performance",
        basis="measured",
        constant=f"kernels of {found.id}",
        source=f"{found.source}, {points:,} points",
        date=found.accessed.isoformat(),
    )


def _speed(case: Case) -> Iterator[plan.Provenance]:
    """What kernels and the host take in a running engine: fitted to measured serving."""
    if _has_speed(case):
        for name, found in term("speed", *constants_key(case)).items():
            yield _constant("performance", name, found)
