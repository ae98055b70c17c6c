"""Validate: the same table with one row; the findings are the answer."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from planner import plan
from planner.case.document import DocumentCase
from planner.case.start_up import start_up
from planner.curves import curves
from planner.describe import (
    describe_goal,
    describe_hardware,
    describe_layout,
    describe_model,
    describe_settings,
    describe_workload,
    price_in,
    together,
    with_cost,
)
from planner.fixes.repair import with_edits
from planner.lookups import Lookups
from planner.request import judged, require
from planner.resolve import resolve, table
from planner.rules.base import document_findings, row_findings
from planner.rules.ver003_option_unknown import option_findings
from planner.search import fixed_layout
from planner.speed import start_up as times
from planner.targets.target import COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.case import Case
    from planner.finding import Finding
    from planner.hardware.catalog import Catalog
    from planner.request import Request
    from planner.resolve import Subject
    from planner.targets.target import Target


def validate(
    request: Request,
    targets: Sequence[Target] = (),
    environ: Mapping[str, str] | None = None,
) -> plan.Answer:
    """What is wrong with one or several deployments before they are started.

    Without targets the request itself describes the deployment.

    Raises:
        PlannerError: what a deployment names is unknown, unreadable or out of reach.
    """
    process = os.environ if environ is None else environ
    if not targets:
        return judge(request, None, process)
    lookups = Lookups()
    return together(
        [judge(asked_of(request, target), target, process, lookups) for target in targets]
    )


def asked_of(request: Request, target: Target) -> Request:
    """The request that a target stands for; what was typed beside it wins."""
    return judged(
        request,
        model=target.model,
        revision=target.revision,
        gpus=target.gpus,
        memory_taken=target.memory_taken,
        vllm_version=target.vllm_version,
        arguments=target.arguments,
        environment=target.environment,
        load=target.workload,
        wanted=target.goal,
    )


def judge(
    request: Request,
    target: Target | None,
    environ: Mapping[str, str],
    lookups: Lookups | None = None,
) -> plan.Answer:
    """What is wrong with one deployment; ``request`` is what its target stands for.

    Raises:
        PlannerError: what it names is unknown, unreadable or out of reach.
    """
    require(request, "validate", target=target.typed if target else "")
    lookups = lookups or Lookups()
    subject = resolve(request, environ, lookups)
    layouts: tuple[plan.Layout, ...] = ()
    findings = [
        *(_placed(each, target) for each in subject.findings),
        *_unknown_options(target, subject.version.name),
    ]
    release = subject.version.name
    document = None if target is None else DocumentCase(target=target, release=release)
    if not subject.refused:
        one_host = target is not None and _for_one_host(target)
        layout = fixed_layout(request.pinned)
        case = table(subject, subject.groups[0], layout, one_host_command=one_host)
        found = (_placed(each, target) for each in row_findings(case, [0])[0])
        document = None if target is None else _document(case, target, request)
        placed = tuple(located(each, target, subject.version.name) for each in found)
        layouts = (_described(subject, case, placed, lookups.catalog),)
    findings += document_findings(document, request.allow) if document else ()
    return plan.Answer.model_construct(
        command="validate",
        vllm_version=subject.version.name,
        calibration=subject.calibrated_by,
        model=describe_model(subject),
        hardware=describe_hardware(subject),
        workload=describe_workload(request.workload),
        goal=describe_goal(request.goal),
        layouts=layouts,
        findings=tuple(located(each, target, subject.version.name) for each in findings),
        notes=(*subject.source.notes, *(target.notes if target else ())),
        targets=() if target is None else (_summary(subject, target, layouts),),
    )


def _described(
    subject: Subject, case: Case, found: tuple[Finding, ...], catalog: Catalog
) -> plan.Layout:
    request = subject.request
    layout = describe_layout(
        case,
        0,
        model=subject.source.served,
        revision=request.revision,
        executor=request.executor,
        storage=request.storage,
        curves=curves(case, 0, wanted=request.show_curves),
        findings=found,
    ).model_copy(update={"settings": describe_settings(case)})
    return with_cost(layout, price_in(subject, case.group, catalog))


def _summary(
    subject: Subject, target: Target, layouts: tuple[plan.Layout, ...]
) -> plan.JudgedTarget:
    return plan.JudgedTarget.model_construct(
        file=target.name,
        part=target.part,
        model=subject.source.id,
        gpus=tuple(subject.cluster.texts),
        vllm_version=subject.version.name,
        layout=0 if layouts else None,
    )


def located(found: Finding, target: Target | None, version: str | None) -> Finding:
    """The finding with the file and the part of it that it is about, if nothing closer.

    Its repair gets the edits of that file.
    """
    if target is None:
        return found
    elsewhere = found.location and found.location.file != target.name
    mendable = found if elsewhere else with_edits(found, target, version)
    if target.name == COMMAND_LINE and found.location is None and mendable is found:
        return found
    place = found.location or target.place
    return replace(mendable, location=replace(place, part=target.part or None))


def _document(case: Case, target: Target, request: Request) -> DocumentCase:
    """What surrounds the server, with what the layout needs there."""
    hosts = max(int(case.placement.hosts[0]), target.arguments.nnodes or 1)
    start = times.together(start_up(case, 0, request.storage)) if case.plannable[0] else None
    return DocumentCase(
        target=target,
        ranks=int(case.layouts.gpus[0]) // hosts or 1,
        hosts=hosts,
        start=start,
        release=case.version.name,
    )


def _for_one_host(target: Target) -> bool:
    """A command that starts every rank where it is typed."""
    arguments = target.arguments
    replicas, local = arguments.data_parallel_size, arguments.data_parallel_size_local
    several = (arguments.nnodes or 1) > 1 or len(target.commands) > 1
    several |= local is not None and local < (replicas or 1)
    ray = "ray" in {arguments.distributed_executor_backend, arguments.data_parallel_backend}
    return not (several or ray)


#: the option that a rule is about, or the rules of a subject, for pointing at it
_OPTIONS_OF = {
    "PAR": ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"),
    "MOE": ("enable_expert_parallel",),
    "LEN": ("max_model_len",),
    "KVC": ("max_model_len",),
    "MEM": ("gpu_memory_utilization",),
    "BAT": ("max_num_batched_tokens", "max_num_seqs"),
    "QNT": ("quantization", "tensor_parallel_size"),
    "HWD": ("dtype",),
    "HWD012": ("attention_backend",),
    "KVC004": ("kv_transfer_config",),
    "KVC005": ("mamba_block_size",),
    "KVC006": ("kv_transfer_config",),
    "PAR015": ("nnodes", "node_rank"),
    "PAR016": ("nnodes",),
    "PAR017": ("data_parallel_size_local", "data_parallel_rank", "data_parallel_size"),
    "MOE003": ("enable_eplb",),
    "MOE004": ("all2all_backend",),
    "MOE005": ("enable_dbo",),
    "LRA": ("max_lora_rank", "enable_lora"),
    "LRA002": ("max_cpu_loras",),
    "SPC": ("speculative_config", "spec_tokens"),
    "VER": ("model",),
}


def _options_of(code: str) -> tuple[str, ...]:
    return _OPTIONS_OF.get(code) or _OPTIONS_OF.get(code[:3], ())


def _placed(found: Finding, target: Target | None) -> Finding:
    """The finding with the place in the file that fixed the option it is about."""
    if target is None:
        return found
    places = (target.location(option) for option in _options_of(found.code))
    place = next((each for each in places if each is not None), None)
    return replace(found, location=place) if place else found


def _unknown_options(target: Target | None, version: str) -> list[Finding]:
    """Options that this release of vLLM does not take, each at its word."""
    if target is None:
        return []
    found = option_findings(target.unknown, version)
    return [
        replace(each, location=target.location(option.flag))
        for each, option in zip(found, target.unknown, strict=True)
    ]
