"""From a row of a case to the document that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from planner import plan
from planner.case.start_up import start_up
from planner.speed.start_up import together
from planner.vllm.command import as_options
from planner.vllm.flags import takes
from planner.vllm.hosts import Executor, Network, host_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.finding import Finding
    from planner.hardware.group import NodeGroup
    from planner.memory.interval import Interval
    from planner.request import Storage
    from planner.units import Ints


def describe_layout(
    case: Case,
    row: int,
    *,
    model: str,
    revision: str | None = None,
    executor: Executor,
    storage: Storage = "unknown",
    group: int = 0,
    curves: plan.Curves | None = None,
    speed: plan.Performance | None = None,
    why: str = "",
    notes: tuple[str, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> plan.Layout:
    """One row in full; ``group`` is the place of its hosts among those of the cluster."""
    arguments = vllm_arguments(case, row) | ({"--revision": revision} if revision else {})
    environment = _environment(case, row)
    hosts = int(case.placement.hosts[row])
    placed = hosts <= case.placement.nodes
    spoken = executor if takes(case.version.name, "--nnodes") else "ray"
    return plan.Layout.model_construct(
        **sizes(case, row),
        gpus_used=int(case.layouts.gpus[row]),
        group=group,
        why=why,
        fit=_fit(case, row),
        memory=_memory(case, row) if case.plannable[row] else None,
        kv_cache=_kv_cache(case, row),
        curves=curves,
        performance=speed,
        start_up=_start_up(case, row, storage) if case.plannable[row] and placed else None,
        environment=environment,
        vllm_args=arguments,
        commands=_commands(case, (model, arguments, environment), hosts, spoken) if placed else (),
        findings=findings,
        notes=notes,
    )


def _commands(
    case: Case,
    served: tuple[str, Mapping[str, Any], Mapping[str, str]],
    hosts: int,
    executor: Executor,
) -> tuple[plan.Command, ...]:
    """What one types on each host for a model with its options and variables."""
    return commands_of(*served, hosts=hosts, executor=executor, network=_network(case.group))


def _environment(case: Case, row: int) -> dict[str, str]:
    environment = dict(case.environment)
    if partition := case.partition(row):
        environment["VLLM_PP_LAYER_PARTITION"] = ",".join(map(str, partition))
    return environment


def commands_of(
    model: str,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    hosts: int,
    executor: Executor = "mp",
    network: Network | None = None,
) -> tuple[plan.Command, ...]:
    """What one types on each host, as documents."""
    return tuple(
        plan.Command.model_construct(
            node=host.node,
            role=host.role,
            environment=dict(host.environment),
            argv=host.argv,
            shell=host.shell,
        )
        for host in host_commands(
            model, options, environment, nodes=hosts, executor=executor, network=network
        )
    )


def _network(group: NodeGroup) -> Network:
    return Network(
        hosts=group.hosts,
        addresses=group.addresses,
        interface=group.network_interface,
        ib_hca=group.ib_hca,
    )


def sizes(case: Case, row: int) -> dict[str, Any]:
    """The five sizes of a row, by the document's keys."""
    layouts = case.layouts
    return {
        "tensor_parallel_size": int(layouts.tp[row]),
        "pipeline_parallel_size": int(layouts.pp[row]),
        "data_parallel_size": int(layouts.dp[row]),
        "expert_parallel": bool(layouts.ep[row]),
        "decode_context_parallel_size": int(layouts.dcp[row]),
    }


def vllm_arguments(case: Case, row: int) -> dict[str, Any]:
    """VLLM's options of a row by flag: the layout, the share, and what somebody fixed."""
    layouts = case.layouts
    chosen: dict[str, Any] = {
        "--tensor-parallel-size": int(layouts.tp[row]),
        "--pipeline-parallel-size": int(layouts.pp[row]),
        "--data-parallel-size": int(layouts.dp[row]),
        "--decode-context-parallel-size": int(layouts.dcp[row]),
    }
    arguments = {flag: size for flag, size in chosen.items() if size > 1}
    if layouts.ep[row]:
        arguments["--enable-expert-parallel"] = True
    arguments["--gpu-memory-utilization"] = case.settings.gpu_memory_utilization
    if not case.serves_full_length[row]:
        arguments["--max-model-len"] = int(case.max_model_len[row])
    for flag, value in as_options(case.arguments).items():
        arguments.setdefault(flag, value)
    return arguments


def _fit(case: Case, row: int) -> plan.Fit:
    if not case.plannable[row]:
        return plan.Fit.model_construct(verdict="does_not_fit")
    verdict: plan.Verdict = "fits" if case.fits[row] else "uncertain"
    if not case.may_fit[row]:
        verdict = "does_not_fit"
    return plan.Fit.model_construct(
        verdict=verdict,
        probability=round(float(case.fit_probability[row]), 3),
        margin_bytes=int(case.margin.mid[row]),
        beside_margin_bytes=int(case.budget.spare.mid[row].min()),
        limited_by="beside" if case.beside_decides[row] else "budget",
    )


def _memory(case: Case, row: int) -> plan.Memory:
    stages = range(int(case.layouts.pp[row]))
    return plan.Memory.model_construct(
        gpu_memory_utilization=case.settings.gpu_memory_utilization,
        budget_bytes=case.budget.budget_bytes,
        stages=tuple(_stage(case, row, stage) for stage in stages),
    )


def _stage(case: Case, row: int, stage: int) -> plan.Stage:
    budget = case.budget

    def at(column: Ints) -> int:
        if column.shape != case.stages.shape:
            column = np.broadcast_to(column, case.stages.shape)
        return int(column[row, stage])

    uncertain: dict[str, Interval] = {
        "activation_bytes": budget.activation,
        "cuda_graph_bytes": budget.graphs,
        "non_torch_bytes": budget.non_torch,
        "kv_cache_bytes": budget.kv_cache,
        "outside_budget_bytes": budget.outside,
    }
    return plan.Stage.model_construct(
        layers=(at(case.stages.starts), at(case.stages.ends) - 1),
        rank_classes=case.rank_classes(row),
        parameter_bytes=at(case.weights.parameter_bytes),
        buffer_bytes=at(case.weights.buffer_bytes),
        post_load_bytes=at(budget.post_load_bytes),
        allocator_bytes=at(budget.allocator_bytes),
        weights_bytes=at(budget.weights_bytes),
        activation_bytes=at(budget.activation.mid),
        cuda_graph_bytes=at(budget.graphs.mid),
        non_torch_bytes=at(budget.non_torch.mid),
        kv_cache_bytes=at(budget.kv_cache.mid),
        outside_budget_bytes=at(budget.outside.mid),
        free_bytes=at(budget.free_bytes),
        interval={name: (at(term.low), at(term.high)) for name, term in uncertain.items()},
    )


def _start_up(case: Case, row: int, storage: Storage) -> plan.StartUp:
    parts = start_up(case, row, storage)
    whole = together(parts)
    return plan.StartUp.model_construct(
        seconds=round(whole.mid, 1),
        interval=(round(whole.low, 1), round(whole.high, 1)),
        parts={name: round(part.mid, 1) for name, part in parts.items()},
    )


def _kv_cache(case: Case, row: int) -> plan.KvCache | None:
    kv = case.kv
    planned = kv.plan(row)
    if planned is None or not planned.groups:
        return None
    length = int(case.max_model_len[row])
    groups = tuple(int(np.asarray(b)) for b in planned.blocks_per_group(length))
    return plan.KvCache.model_construct(
        dtype=kv.dtype,
        block_size=planned.block_size,
        bytes_per_block=max(planned.bytes_per_block),
        num_blocks=int(kv.num_blocks[row]),
        blocks_per_request=sum(groups),
        blocks_per_group=groups,
        tokens=int(kv.tokens(case.max_model_len)[row]),
        max_concurrency=round(float(kv.concurrency(case.max_model_len)[row]), 2),
        max_model_len=length,
        max_model_len_reduced=not bool(case.serves_full_length[row]),
        bytes_per_token=float(planned.bytes_per_token),
    )
