"""The boards, node types and networks that are known, and the GPUs of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from planner.cli.command import PlannerCommand
from planner.cli.group import Group
from planner.cli.waiting import waiting

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


@hardware.command("list", cls=PlannerCommand)
@click.argument("kind", default="boards", type=click.Choice(["boards", "nodes", "fabrics"]))
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
    rows, columns = kinds[kind]
    wanted = pattern.lower()
    with waiting("reading the hardware data"):
        some = [row for row in rows() if wanted in f"{row['id']} {row['name']}".lower()]
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
