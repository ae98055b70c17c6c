"""From what a user types to a cluster: the grammar, a cluster file, or this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, UsageError
from planner.hardware.catalog import Catalog
from planner.hardware.grammar import EXAMPLES, parse_group
from planner.hardware.group import Cluster, NodeGroup, NodeLink
from planner.units import gib_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Cluster", "NodeGroup", "NodeLink", "format_cluster", "parse_cluster", "with_taken"]


def parse_cluster(gpus: str | Iterable[str], catalog: Catalog | None = None) -> Cluster:
    """The cluster that one or several ``--gpus`` texts name.

    Args:
        gpus: grammar texts, ``auto``, or paths of cluster files; several make a mixed cluster.
        catalog: the hardware data; None: this installation's, with the user's own boards.

    Raises:
        UsageError: no such sentence, absurd numbers.
        UnknownNameError: a name nobody knows, with the nearest ones.
        InvalidInputError: a cluster file that cannot be read.
        UnavailableError: ``auto`` without an NVIDIA GPU or driver.

    >>> parse_cluster("2x8xH100").gpus
    16
    """
    texts = [gpus] if isinstance(gpus, str) else list(gpus)
    if not texts:
        raise UsageError("--gpus names no GPUs", fix=f"write, say, {EXAMPLES}")
    catalog = catalog or Catalog.default()
    parts = [_one(text, catalog) for text in texts]
    notes = dict.fromkeys(note for part in parts for note in part.assumptions)
    groups = tuple(group for part in parts for group in part.groups)
    return Cluster(groups=groups, assumptions=tuple(notes))


def with_taken(cluster: Cluster, taken_bytes: int) -> Cluster:
    """The cluster with so much of every GPU taken by others, whatever was read before."""
    groups = tuple(replace(group, taken_bytes=taken_bytes) for group in cluster.groups)
    note = f"{gib_text(taken_bytes, 2)} of each GPU is taken by other processes"
    return replace(cluster, groups=groups, assumptions=(*cluster.assumptions, note))


def format_cluster(cluster: Cluster) -> str:
    """The cluster as ``--gpus`` takes it, groups joined by a blank; parsing it again is stable."""
    return " ".join(cluster.texts)


def _one(text: str, catalog: Catalog) -> Cluster:
    if text.strip().lower() == "auto":
        # the driver's library is needed for this word alone
        from planner.hardware.detect import detect_cluster

        return detect_cluster(catalog)
    if _is_path(text):
        from planner.hardware.cluster_file import read_cluster_file

        return read_cluster_file(Path(text.strip()), catalog)
    parsed = parse_group(text, catalog)
    assumptions = (*parsed.assumptions, *parsed.memory_assumptions)
    return Cluster(groups=(parsed.group,), assumptions=assumptions)


def _is_path(text: str) -> bool:
    """True for what can only be a file: its suffix says so, or it has a folder."""
    if "\0" in text:
        raise InvalidInputError("--gpus holds a zero byte", fix=f"write, say, {EXAMPLES}")
    return text.strip().lower().endswith(".toml") or "/" in text
