"""What each measured run alone would make of the constants of the memory terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.memory.activation import forward_bytes, sampler_bytes, workspace_bytes
from scripts.memory.runs import activation_shape, layers, plan, profile_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.constants import Constant
    from scripts.memory.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied:
    """What one run says a constant is, and what it is now."""

    file: str
    name: str
    scope: str
    value: float
    now: Constant


def implied_constants(run: Run) -> Iterator[Implied]:
    """The constants a run alone would give, all other constants held."""
    yield from _implied_activation(run)
    yield from _implied_graphs(run)
    yield from _implied_non_torch(run)


def _implied(run: Run, file: str, name: str, value: float) -> Implied:
    now = run.constants(file)[name]
    scope = f"{run.row['family']} {run.row['runner']}, {now.versions}"
    return Implied(file=file, name=name, scope=scope, value=value, now=now)


def _implied_activation(run: Run) -> Iterator[Implied]:
    measured = run.measured("activation")
    if measured is None or run.row["encoder"] == "1" or run.row["pp"] != "1":
        return
    shape, batch = activation_shape(run), profile_run(run)
    forward, sampler = forward_bytes(shape, batch), sampler_bytes(shape, batch)
    by_experts = int(forward.mid) > int(sampler.mid) and bool(shape.expert_workspace)
    if by_experts:
        kept = float(batch.constants["library_bytes"].mid)
        width = batch.tokens * shape.dtype_bytes
        shared = (shape.shared_projection + shape.shared_activation) * width
        rest = measured - kept - float(workspace_bytes(shape, batch)) - float(shared)
        value = rest / float(width * shape.hidden)
        yield _implied(run, "activation", "expert_hidden_copies", value)
    else:
        value = measured - max(int(forward.mid), int(sampler.mid))
        yield _implied(run, "activation", "library_bytes", value)


def _implied_graphs(run: Run) -> Iterator[Implied]:
    captures, depth = plan(run), layers(run)
    captured, reserved = run.measured("captured graphs"), run.measured("reserved for graphs")
    pieces = int(captures.sizes) * depth
    if captured and pieces:
        yield _implied(run, "cuda_graphs", "captured_bytes", captured / pieces)
    if reserved and pieces and run.row["runner"] == "v1":
        yield _implied(run, "cuda_graphs", "reserved_bytes", reserved / pieces)
    if reserved and captured and run.row["runner"] == "v2":
        value = (reserved - captured) / (int(captures.full) - 1)
        yield _implied(run, "cuda_graphs", "reserved_full_graph_bytes", value)


def _implied_non_torch(run: Run) -> Iterator[Implied]:
    several = run.number("tp") * run.number("pp") > 1
    measured, beside = run.measured("non_torch"), run.measured("beside the budget")
    if measured is not None:
        fused = run.constants("non_torch")["fused_all_reduce_bytes"].high > 0
        compiled = run.row["compiled"] == "1" and run.row["switched"] == "1"
        group = "inside_bytes_of_a_group" if several else "inside_bytes"
        in_tensor_group = run.number("tp") > 1
        name = "fused_all_reduce_bytes" if fused and compiled and in_tensor_group else group
        yield _implied(run, "non_torch", name, measured)
    boards = run.number("multiprocessors")
    if beside is None or not boards:
        return
    constants = run.constants("outside_budget")
    fixed, each = constants["context_bytes"], constants["context_bytes_per_multiprocessor"]
    if several:
        value = beside - fixed.mid - each.mid * boards
        yield _implied(run, "outside_budget", "communicator_bytes", value)
    else:
        value = (beside - fixed.mid) / boards
        yield _implied(run, "outside_budget", "context_bytes_per_multiprocessor", value)
