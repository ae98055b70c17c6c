"""The only reader of the hardware data: one file a row, read when it is asked for.

A checkout holds the data in ``hardware_db/``; the wheel carries it beside the code. A user's
boards in ``$XDG_CONFIG_HOME/planner/accelerators/*.toml`` win over ours.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from planner.errors import InvalidInputError, UnavailableError
from planner.frozen import frozen
from planner.hardware.accelerator import Accelerator
from planner.hardware.fabric import Fabric
from planner.hardware.index import Index, build_index
from planner.hardware.node import NodeType
from planner.hardware.record import read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    # imported where they are read: making their dataclasses would slow every start
    from planner.hardware.kernels import Kernels
    from planner.hardware.link import CpuLink, Link
    from planner.hardware.measured import Collectives, LinkLatencies, NcclLatency, PriceList
    from planner.hardware.mig import MigSet

T = TypeVar("T")
_SAFE_ID = re.compile(r"^[a-z0-9][a-z0-9.+-]*$")
#: larger than any data file by far
_LARGEST_FILE = 1_000_000


@frozen(kw_only=False, slots=False)
class Catalog:
    """The data files under ``root``, and a user's own boards under ``user``."""

    root: Path
    user: Path | None = None

    @classmethod
    def default(cls) -> Catalog:
        """This installation's data and this user's boards."""
        # unlike Path.home(), expanduser does not fail where there is no home
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
        return cls(data_root(), Path(config) / "planner" / "accelerators")

    @cached_property
    def index(self) -> Index:
        """Names to ids, as generated."""
        path = self.root / "index.json"
        if not path.is_file():
            return self.fresh_index
        stored = json.loads(path.read_text("utf-8"))
        return Index(**{k: v for k, v in stored.items() if k != "_"})

    @cached_property
    def fresh_index(self) -> Index:
        """Names to ids, from the files themselves: reads all of them."""
        return build_index(Catalog(self.root))

    @cached_property
    def is_index_stale(self) -> bool:
        """True when files were added that the stored index does not know."""
        known = {*self.index.accelerators.values(), *self.index.nodes.values()}
        rows = {f"{p}/{row}" for p in self._entries("nodes") for row in self.ids(f"nodes/{p}")}
        return bool(rows.union(self.ids("accelerators")) - known)

    @cached_property
    def user_accelerators(self) -> dict[str, Accelerator]:
        """The user's boards by id; usually none."""
        if self.user is None or not self.user.is_dir():
            return {}
        boards = [_read(Accelerator, p) for p in sorted(self.user.glob("*.toml"))]
        return {b.id: replace(b, origin=str(self.user / f"{b.id}.toml")) for b in boards}

    def accelerator(self, accelerator_id: str) -> Accelerator:
        """One board by its exact id, the user's first."""
        own = self.user_accelerators.get(accelerator_id)
        return own or _read(Accelerator, self._file("accelerators", accelerator_id))

    def accelerators(self) -> Iterator[Accelerator]:
        """Every board, the user's in place of ours."""
        for accelerator_id in sorted({*self.ids("accelerators"), *self.user_accelerators}):
            yield self.accelerator(accelerator_id)

    def node(self, provider_and_id: str) -> NodeType:
        """One node type, named ``provider/id``."""
        provider, _, node_id = provider_and_id.partition("/")
        return _read(NodeType, self._file(f"nodes/{provider}", node_id))

    def nodes(self) -> Iterator[NodeType]:
        """Every node type."""
        for provider in sorted(self._entries("nodes")):
            for node_id in self.ids(f"nodes/{provider}"):
                yield self.node(f"{provider}/{node_id}")

    def fabric(self, fabric_id: str) -> Fabric:
        """One network by its exact id."""
        return _read(Fabric, self._file("fabrics", fabric_id))

    def link(self, link_id: str) -> Link | None:
        """One kind of link inside a node; None where no figures were collected."""
        from planner.hardware.link import Link

        known = link_id in self.ids("fabrics/links")
        return _read(Link, self._file("fabrics/links", link_id)) if known else None

    def cpu_link(self, link_id: str) -> CpuLink:
        """One kind of link between CPU sockets."""
        from planner.hardware.link import CpuLink

        return _read(CpuLink, self._file("fabrics/cpu_links", link_id))

    def mig_sets(self) -> list[MigSet]:
        """All sets of MIG profiles."""
        from planner.hardware.mig import MigSet

        return [_read(MigSet, self._file("mig", i)) for i in self.ids("mig")]

    def collectives(self, accelerator_id: str) -> Collectives:
        """What was measured on a board; empty where nothing was."""
        from planner.hardware.measured import Collectives

        if not (self.root / "collectives" / f"{accelerator_id}.toml").is_file():
            return Collectives(id=accelerator_id)
        return _read(Collectives, self._file("collectives", accelerator_id))

    def nccl_latency(self) -> NcclLatency:
        """NCCL's own latency constants."""
        from planner.hardware.measured import NcclLatency

        return _read(NcclLatency, self._file("collectives", "nccl-latency"))

    def link_latencies(self) -> LinkLatencies:
        """What links reach in general, where a board's own were not measured."""
        from planner.hardware.measured import LinkLatencies

        return _read(LinkLatencies, self._file("collectives", "links"))

    def kernels(self, architecture: str) -> Kernels:
        """How near kernels come to what boards of a chip generation can do."""
        from planner.hardware.kernels import Kernels

        known = (self.root / "kernels" / f"{architecture}.toml").is_file()
        return _read(Kernels, self._file("kernels", architecture if known else "other"))

    def price_lists(self) -> list[PriceList]:
        """Every dated price list, oldest first."""
        return list(_price_lists(self.root))

    def ids(self, folder: str) -> list[str]:
        """Ids in one folder of the data, sorted; reads file names only."""
        names = self._entries(folder)
        return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))

    def _entries(self, folder: str) -> list[str]:
        """Names in one folder; none where it does not exist."""
        path = self.root / folder
        # hundreds of files are named here, and a path object for each would take milliseconds
        return os.listdir(path) if path.is_dir() else []  # noqa: PTH208

    def _file(self, folder: str, row_id: str) -> Path:
        if not _SAFE_ID.match(row_id):
            raise InvalidInputError(f"{row_id!r} is no id of {folder}", fix="planner hardware list")
        return self.root / folder / f"{row_id}.toml"


def data_root() -> Path:
    """Where the data lies: beside the code in a wheel, beside the package in a checkout.

    Raises:
        UnavailableError: in neither place.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "_hardware_db", package.parent / "hardware_db"):
        if (folder / "accelerators").is_dir():
            return folder
    raise UnavailableError(
        "the hardware data is missing",
        cause=f"neither {package / '_hardware_db'} nor {package.parent / 'hardware_db'} exists",
        fix="install vllm-planner again",
    )


@cache
def _price_lists(root: Path) -> tuple[PriceList, ...]:
    """Read once: a run over many files asks for the price of each of them."""
    from planner.hardware.measured import PriceList

    catalog = Catalog(root)
    lists = [_read(PriceList, catalog._file("prices", i)) for i in catalog.ids("prices")]  # noqa: SLF001 - its own
    return tuple(sorted(lists, key=lambda p: (p.priced_on, p.id)))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as it stands.

    Raises:
        InvalidInputError: no regular file, too large, not text, or not TOML.
    """
    try:
        if not path.is_file():
            raise InvalidInputError(f"there is no file {path}", fix="check the path")
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidInputError(f"{path} has more than {_LARGEST_FILE:,} bytes")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        why = str(error.strerror)
        raise InvalidInputError(f"{path} cannot be read", cause=why, fix="check the path") from None
    except (ValueError, RecursionError) as error:
        why = str(error) or "nested too deep"
        raise InvalidInputError(f"{path} is not TOML", cause=why, fix="mend the file") from None


def _read(kind: type[T], path: Path) -> T:
    record = read_record(kind, read_toml(path), str(path))
    row_id = getattr(record, "id", path.stem)
    if row_id != path.stem:
        fix = f"name the file {row_id}.toml, or set id = {path.stem!r}"
        raise InvalidInputError(f"{path}: id is {row_id!r}", cause="file name = id", fix=fix)
    return record
