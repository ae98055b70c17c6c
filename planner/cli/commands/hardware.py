"""The boards, node types and networks that are known, and the GPUs of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from planner.cli.command import PlannerCommand
from planner.cli.group import Group
from planner.cli.waiting import waiting
from planner.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

_BOARDS = ("id", "memory_bytes", "hbm_bytes_per_s", "bf16_dense_flops", "vllm_support")
_NODES = ("id", "accelerator", "gpus_per_node", "nodes_per_rack", "scale_up_domain", "fabric")
_FABRICS = ("id", "family", "bytes_per_s_one_way", "latency_s_one_way", "rdma")

_format = click.option(
    "--format", "form", metavar="FORMAT", default="table", help="table, json, yaml (table)."
)


@click.group("hardware", cls=Group)
def hardware() -> None:
    """The boards, node types and networks that are known, and the GPUs of this machine."""


class _Kind(click.Choice[str]):
    """What is listed; a word that is no kind is a pattern for boards."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word as it was typed."""
        del param, ctx
        return value


@hardware.command("list", cls=PlannerCommand)
@click.argument("kind", default="boards", type=_Kind(["boards", "nodes", "fabrics"]))
@click.argument("pattern", default="")
@_format
def list_(kind: str, pattern: str, form: str) -> None:
    """Boards, nodes or fabrics; with PATTERN those whose id or name holds it."""
    # numpy and a hundred data files, not for --help
    from planner.cli.rows import show_rows
    from planner.hardware import views

    kinds: dict[str, tuple[Callable[[], list[dict[str, Any]]], tuple[str, ...]]] = {
        "boards": (views.list_accelerators, _BOARDS),
        "nodes": (views.list_nodes, _NODES),
        "fabrics": (views.list_fabrics, _FABRICS),
    }
    if kind not in kinds:
        kind, pattern = "boards", f"{kind} {pattern}".rstrip()
    rows, columns = kinds[kind]
    wanted = pattern.lower()
    with waiting("reading the hardware data"):
        some = [row for row in rows() if wanted in f"{row['id']} {row['name']}".lower()]
    if not some:
        raise UnknownNameError(
            f"no {kind.rstrip('s')} has {pattern} in its id or name",
            cause=f"{', '.join(kinds)} can be listed",
            fix=f"planner hardware list {kind}",
        )
    show_rows(some, columns, form)


@hardware.command("show", cls=PlannerCommand)
@click.argument("name", metavar="HARDWARE")
@_format
def show(name: str, form: str) -> None:
    """Everything that is known of a board, node type or network, by any of its names."""
    from planner.cli.rows import show_one
    from planner.hardware import views

    show_one(views.show(name), form)


@hardware.command("detect", cls=PlannerCommand)
@_format
def detect(form: str) -> None:
    """The GPUs of this machine, as --gpus auto sees them."""
    from planner.cli.rows import show_one
    from planner.hardware.detect import detect_cluster
    from planner.hardware.views import document

    with waiting("asking the driver"):
        found = document(detect_cluster())
    show_one(found, form)


COMMAND = hardware
