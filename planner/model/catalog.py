"""The embedded catalogue: what is known of published models without asking anyone.

``catalog_data/index.tsv`` has a line a model; ``catalog_data/<organisation>.jsonl`` has a model a
line, so that reading one parses one line.
``scripts/catalog/build.py`` writes both.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from planner.errors import UnknownNameError, nearest
from planner.frozen import frozen
from planner.model.compact_lists import unpack

DATA = Path(__file__).parent / "catalog_data"

#: how far a catalogued configuration can be trusted, the best first
TRUST = {
    "exact": "parameters counted from it equal the hub's total",
    "published": "copy of the published file; total not compared with the hub's",
    "sibling": "same parameters as a checked model of the same architecture",
    "size": "rebuilt from published figures; its total agrees with the published size",
}


@frozen
class CatalogRow:
    """One line of the index."""

    id: str
    architecture: str
    quantization: str | None
    """The checkpoint's number format as its configuration names it; None for 16 or 32 bits."""
    parameters: int | None
    """Parameters of the model; None when no total was stated."""
    checkpoint_bytes: int | None
    """Bytes of the stored tensors; None when not known."""
    trust: str
    """A key of ``TRUST``."""
    original: bool
    """Whether its organisation makes models, rather than publishing others' again."""


@frozen
class CatalogEntry:
    """One model: its configuration and where it comes from."""

    row: CatalogRow
    source: str
    """Where the configuration was found or what it was rebuilt from."""
    note: str | None
    """What may differ from the published file; None when nothing is known to."""
    license: str | None
    """Licence tag of the hub; None when not stated."""
    gated: bool
    """Whether its files need an accepted licence and a token."""
    config: dict[str, Any]
    """What bears on memory, speed and validity, keyed as in config.json."""


@cache
def rows() -> tuple[CatalogRow, ...]:
    """Every model of the catalogue, by id."""
    return tuple(map(_row, _lines()))


@cache
def _lines() -> tuple[str, ...]:
    _, *lines = (DATA / "index.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(lines)


def _row(line: str) -> CatalogRow:
    fields = line.split("\t")
    name, architecture, quantization, parameters, checkpoint_bytes, trust, original = fields
    return CatalogRow(
        id=name,
        architecture=architecture,
        quantization=quantization or None,
        parameters=int(parameters) if parameters else None,
        checkpoint_bytes=int(checkpoint_bytes) if checkpoint_bytes else None,
        trust=trust,
        original=original == "yes",
    )


def find(name: str) -> CatalogRow | None:
    """The model of an id or a short name, in any case; None when the catalogue has none.

    A short name that several organisations use means the one that made the model, if a single
    one did.

    Raises:
        UnknownNameError: the short name is ambiguous.
    """
    wanted = name.lower()
    if "/" in wanted:
        # of the hundreds of lines one is taken apart
        start = f"{wanted}\t"
        return next((_row(line) for line in _lines() if line.lower().startswith(start)), None)
    found = [row for row in rows() if _short(row) == wanted]
    originals = [row for row in found if row.original]
    for only in (found, originals):
        if len(only) == 1:
            return only[0]
    if not found:
        return None
    raise UnknownNameError(
        f"{name} is the name of {len(found)} models",
        cause=f"{', '.join(row.id for row in found)} are known",
        fix=f"give the organisation as well: --model {found[0].id}",
    )


def load(row: CatalogRow) -> CatalogEntry:
    """The configuration of one model of the index."""
    start = f'{{"id": {json.dumps(row.id)},'
    path = DATA / f"{row.id.split('/')[0]}.jsonl"
    with path.open(encoding="utf-8") as file:
        # every row of the index has its line: the script writes both
        record = json.loads(next(line for line in file if line.startswith(start)))
    return CatalogEntry(
        row=row,
        source=record["source"],
        note=record.get("note"),
        license=record.get("license"),
        gated=record.get("gated", False),
        config=unpack(record["config"]),
    )


def list_models(pattern: str = "") -> list[CatalogRow]:
    """The models whose id holds ``pattern``, in any case; ``*`` and ``?`` as in a shell."""
    wanted = pattern.lower()
    if not set(wanted) & set("*?["):
        wanted = f"*{wanted}*"
    return [row for row in rows() if fnmatchcase(row.id.lower(), wanted)]


def suggestions(name: str) -> list[str]:
    """The ids nearest to a name that is not known, best first."""
    if "/" in name:
        return nearest(name, (row.id for row in rows()))
    by_short = {_short(row): row.id for row in reversed(rows())}
    return [by_short[short] for short in nearest(name, by_short)]


def _short(row: CatalogRow) -> str:
    return row.id.split("/")[-1].lower()
