"""The start that a log tells of, as a case: the same model, board, release and options."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from planner.case.term_constants import constants
from planner.errors import PlannerError, UnknownNameError, UsageError
from planner.frozen import frozen
from planner.hardware.catalog import Catalog
from planner.hardware.cluster import parse_cluster
from planner.quant.unquantized import UNQUANTIZED
from planner.request import judged
from planner.resolve import Subject, resolve, table
from planner.search import fixed_layout
from planner.units import gib_text
from planner.vllm.arguments import OPTIONS
from planner.vllm.version import find_version, newest, oldest, version_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.hardware.cluster import NodeGroup
    from planner.request import Request
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log import LogFacts

#: a board's total as drivers report it varies by less
_SAME_BOARD = 0.02
#: a release, and no build from between two
_RELEASED = re.compile(r"v?\d+\.\d+(?:\.\d+)?(?:\.post\d+)?(?:\+\w+)?")
#: options whose memory is not predicted term by term, so a difference cannot be laid to a constant
_UNMODELLED = (
    "speculative_config",
    "spec_model",
    "enable_lora",
    "offload_group_size",
    "enable_dbo",
    "kv_cache_memory_bytes",
)


@frozen
class LoggedRun:
    """A log, and what the planner makes of the same start.

    Attributes:
        case: a table of one row; None where vLLM refuses the model, or the layout divides nothing.
        weights_only: the release is older or newer than what is known, so only the weights, which
            do not depend on it, are predicted.
        notes: what was assumed.
        obstacles: why nothing may be learnt from it.
    """

    facts: LogFacts
    subject: Subject
    case: Case | None
    weights_only: bool = False
    notes: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()


@dataclass(slots=True)
class _Remarks:
    notes: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)


def logged_run(facts: LogFacts, asked: Request, environ: Mapping[str, str]) -> LoggedRun:
    """Find the model and the board of a log, and put its options together.

    What ``asked`` names wins: the model where the log has a path of another machine, the GPUs
    where it does not print them, and options.

    Raises:
        UsageError: neither the log nor ``asked`` names the model or the GPUs.
        PlannerError: what they name is unknown or out of reach.
    """
    remarks = _Remarks()
    version, weights_only = _version(facts, asked, remarks)
    arguments = replace(facts.arguments, **asked.pinned.given(), other=asked.pinned.other)
    request = judged(
        replace(asked, calibration=False),
        model=facts.model,
        revision=None,
        gpus=_gpus(facts, asked, arguments),
        vllm_version=None,
        arguments=arguments,
        environment=facts.environment,
    )
    request = replace(request, vllm_version=version)
    if not request.model:
        raise UsageError(f"{facts.name} does not name its model", fix="--model ID")
    subject = _resolved(facts, request, environ)
    group = _group(facts, subject, arguments, remarks)
    case = None if subject.refused else table(subject, group, fixed_layout(subject.request.pinned))
    _obstacles(facts, arguments, case, remarks)
    return LoggedRun(
        facts=facts,
        subject=subject,
        case=case if case is not None and bool(case.plannable[0]) else None,
        weights_only=weights_only,
        notes=tuple(remarks.notes),
        obstacles=tuple(remarks.obstacles),
    )


def _version(facts: LogFacts, asked: Request, remarks: _Remarks) -> tuple[str, bool]:
    """Whose behaviour to predict, and whether that is known for weights alone."""
    if asked.vllm_version:
        return find_version(asked.vllm_version).name, False
    release = facts.release
    if release is None:
        remarks.notes.append(f"the log names no release of vLLM: judged as {newest()}")
        remarks.obstacles.append("its vLLM release is not known; --vllm-version says it")
        return newest(), False
    known = min(max(version_number(release), oldest()), version_number(newest()))
    if known == version_number(release):
        if not _RELEASED.fullmatch(facts.version or ""):
            remarks.notes.append(f"vLLM {facts.version} is judged as {release}")
        return release, False
    remarks.notes.append(
        f"how vLLM {release} shares a GPU's memory is not recorded: only the weights are predicted"
    )
    remarks.obstacles.append(f"vLLM {release} is not among the releases that are known")
    return f"{known[0]}.{known[1]}", True


def _gpus(facts: LogFacts, asked: Request, arguments: VllmArguments) -> tuple[str, ...]:
    """The GPUs as ``--gpus`` takes them, from the board that the log names."""
    if asked.gpus:
        return asked.gpus
    ranks = _world(arguments)
    if facts.board:
        text = f"{ranks}x{facts.board.replace('_', ' ')}"
        try:
            parse_cluster(text)
        except PlannerError:
            pass
        else:
            return (text,)
    named = f" but as {facts.board}, which nobody knows" if facts.board else ""
    like = _boards_like(facts)
    raise UsageError(
        f"{facts.name} does not say on which GPUs it ran{named}",
        cause="vLLM prints a board's memory, seldom its name",
        fix=f"--gpus {ranks}x{like[0] if like else 'H100'}"
        + (f", or {', '.join(like[1:])}: boards of this size" if like[1:] else ""),
    )


def _boards_like(facts: LogFacts) -> list[str]:
    """Boards whose total is the one printed, the nearest first."""
    total = next((rank.total.size_bytes for rank in facts.ranks if rank.total), None)
    if total is None:
        return []
    near = {
        board.id: abs(board.memory_bytes - total)
        for board in Catalog.default().accelerators()
        if abs(board.memory_bytes - total) <= total * _SAME_BOARD
    }
    return sorted(near, key=near.__getitem__)[:4]


def _world(arguments: VllmArguments) -> int:
    sizes = (
        arguments.tensor_parallel_size,
        arguments.pipeline_parallel_size,
        arguments.data_parallel_size,
    )
    world = 1
    for size in sizes:
        world *= size or 1
    return world


def _resolved(facts: LogFacts, request: Request, environ: Mapping[str, str]) -> Subject:
    """The model and all else; quantized where the log says so and the checkpoint is not."""
    try:
        subject = resolve(request, environ)
    except UnknownNameError as error:
        if request.model != facts.model:
            raise
        raise UsageError(
            f"the model of the log is not known here: {facts.model}",
            cause=error.message,
            fix="--model ID of the model that was served",
        ) from None
    method = facts.config.quantization
    if method and not facts.arguments_known and subject.quantization is UNQUANTIZED:
        pinned = replace(request.pinned, quantization=method)
        subject = resolve(replace(request, pinned=pinned), environ)
    return subject


def _group(
    facts: LogFacts, subject: Subject, arguments: VllmArguments, remarks: _Remarks
) -> NodeGroup:
    """The hosts, their boards with the memory that the log prints."""
    group = subject.groups[0]
    if _world(arguments) > group.nodes * group.gpus_per_node:
        raise UsageError(
            f"{facts.name} is of {_world(arguments)} GPUs, --gpus names "
            f"{group.nodes * group.gpus_per_node}",
            fix=f"--gpus {_world(arguments)}x{group.accelerator.id}",
        )
    total = max((rank.total.size_bytes for rank in facts.ranks if rank.total), default=None)
    board = group.accelerator
    if total is None:
        return group
    if abs(total - board.memory_bytes) > total * _SAME_BOARD:
        remarks.notes.append(
            f"the log prints a GPU of {gib_text(total, 2)}, {board.id} has "
            f"{gib_text(board.memory_bytes, 2)}: the log's counts"
        )
        remarks.obstacles.append("the GPUs are not those of the log")
    board = replace(
        board, memory_bytes_low=total, memory_bytes_high=total, memory_evidence="runtime"
    )
    return replace(group, accelerator=board)


def _obstacles(
    facts: LogFacts, arguments: VllmArguments, case: Case | None, remarks: _Remarks
) -> None:
    """What keeps a difference from being laid to a constant."""
    given = arguments.given()
    used = [OPTIONS[name].flag for name in _UNMODELLED if given.get(name)]
    if case is not None and given.get("enable_sleep_mode") and _hides_memory(case):
        used.append(OPTIONS["enable_sleep_mode"].flag)
    if facts.config.speculative and not used:
        used.append("speculative decoding")
    if used:
        remarks.obstacles.append(f"memory of {', '.join(used)} is not told apart")
    if facts.config.device not in {None, "cuda"}:
        remarks.obstacles.append(f"it ran on {facts.config.device}, not on CUDA")
    if case is not None and facts.runner == "v2" and not case.runner_v2:
        remarks.obstacles.append("it ran on the second model runner, which was not expected")


def _hides_memory(case: Case) -> bool:
    """Whether what sleep mode's allocator holds is unseen, by a size of which little is known."""
    return constants(case, "non_torch")["unseen_in_sleep_mode"].high > 0
