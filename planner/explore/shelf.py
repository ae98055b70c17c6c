"""What can be chosen from: the models of the catalogue, the boards and node types of the data."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.hardware import views
from planner.model.catalog import TRUST, list_models, rows
from planner.units import gib_text, params_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.model.catalog import CatalogRow

_TB, _GB = 1e12, 1e9


@frozen
class Item:
    """One thing to choose."""

    name: str
    """What is taken when it is chosen."""
    cells: tuple[str, ...]
    found_by: str
    """In small letters, what a filter looks at."""


@frozen
class Shelf:
    """Things to choose from, as a table."""

    title: str
    columns: tuple[str, ...]
    placeholder: str
    nothing: str
    rows: Callable[[str], Iterable[Item]]
    """Those that a pattern leaves."""
    about: Mapping[str, str] = field(default_factory=dict)
    """More about each, by its name."""

    def more(self, name: str) -> str:
        """A sentence about one."""
        return self.about.get(name, "")


def models() -> Shelf:
    """The catalogue; any id of the hub, a directory or a config.json may be typed too."""
    return Shelf(
        title="models",
        columns=("model", "parameters", "checkpoint", "format"),
        placeholder="part of a name, or an id, a directory, a config.json",
        nothing="the catalogue has none of that name: enter takes it as an id or a path",
        rows=lambda pattern: [
            Item(
                name=row.id,
                cells=(
                    row.id,
                    params_text(row.parameters) if row.parameters else "",
                    gib_text(row.checkpoint_bytes, 0) if row.checkpoint_bytes else "",
                    row.quantization or "16-bit",
                ),
                found_by=row.id.lower(),
            )
            for row in sorted(list_models(pattern), key=lambda row: _far(row, pattern))
        ],
        about={row.id: f"{row.architecture}; {TRUST[row.trust]}" for row in rows()},
    )


def _far(row: CatalogRow, pattern: str) -> tuple[bool, bool, bool, str]:
    """How far a model's name is from a pattern; those of who made them first."""
    wanted, short = pattern.lower(), row.id.lower().rpartition("/")[2]
    return (
        bool(wanted) and short != wanted,
        bool(wanted) and not short.startswith(wanted),
        bool(wanted) and not row.original,
        row.id.lower(),
    )


def hardware() -> Shelf:
    """Node types and boards, as ``--gpus`` takes them."""
    items = [*map(_board, views.list_accelerators()), *map(_node, views.list_nodes())]
    about = {item.name: item.found_by for item in items}
    return Shelf(
        title="GPUs",
        columns=("cluster", "what", "memory", "bandwidth", "vLLM"),
        placeholder="part of a name, or a cluster: 2x8xA100, 4xp5.48xlarge, auto, cluster.toml",
        nothing="no board or node type of that name: enter takes it as a cluster",
        rows=lambda pattern: _matching(items, pattern),
        about=about,
    )


def _matching(items: list[Item], pattern: str) -> list[Item]:
    """Those that hold every word; of a cluster that is typed, its board counts."""
    words = pattern.lower().split()
    return [item for item in items if all(word in item.found_by for word in words)]


def _board(row: Mapping[str, Any]) -> Item:
    bandwidth = row["hbm_bytes_per_s"]
    return Item(
        name=f"8x{row['id']}",
        cells=(
            f"8x{row['id']}",
            "board",
            gib_text(row["memory_bytes"], 0),
            f"{bandwidth / _TB:.2f} TB/s" if bandwidth else "",
            row["vllm_support"] or "",
        ),
        found_by=f"8x{row['id']} {row['name']} {row['vendor']} board".lower(),
    )


def _node(row: Mapping[str, Any]) -> Item:
    return Item(
        name=row["id"],
        cells=(row["id"], f"{row['provider']} node", "", "", ""),
        found_by=f"{row['id']} {row['name']} {row['provider']} "
        f"{row['gpus_per_node']}x{row['accelerator']} node".lower(),
    )
