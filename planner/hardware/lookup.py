"""What a typed name means: a board, a node type or a network; never a silent guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UnknownNameError, nearest
from planner.frozen import frozen
from planner.hardware.names import full_key, name_key, split_mig, split_size

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator, AliasNote
    from planner.hardware.catalog import Catalog
    from planner.hardware.fabric import Fabric
    from planner.hardware.index import Index
    from planner.hardware.node import NodeType


#: shorter names are like anything
_SHORTEST_GUESS = 3


@frozen
class Found:
    """A board or a node type, and what had to be assumed to choose it."""

    accelerator: Accelerator
    node: NodeType | None = None
    assumptions: tuple[str, ...] = ()
    memory_assumptions: tuple[str, ...] = ()
    """Apart, as a measured total makes them moot."""


def is_known(catalog: Catalog, name: str) -> bool:
    """True when the name means something, or several things."""
    base, _ = split_mig(name)
    key = name_key(base)
    index = catalog.index
    tables = (index.accelerators, index.nodes, index.unclear)
    return bool(key) and (any(key in t for t in tables) or _accelerator_id(catalog, base) != "")


def find(catalog: Catalog, name: str) -> Found:
    """A board or a node type by any of its names; node types win.

    Raises:
        UnknownNameError: nothing is called so, or several boards are.
    """
    node = find_node(catalog, name)
    if node is not None:
        board = catalog.accelerator(node.accelerator)
        notes = _note_of(node.alias_notes, name, node.id)
        return Found(
            accelerator=board, node=node, assumptions=notes, memory_assumptions=_about_memory(board)
        )
    base, profile = split_mig(name)
    accelerator_id = _accelerator_id(catalog, base)
    if not accelerator_id:
        raise _unknown(catalog, name)
    board = catalog.accelerator(accelerator_id)
    notes = _about_name(catalog, base, board)
    if profile is not None:
        board = _slice(catalog, board, profile)
    return Found(accelerator=board, assumptions=notes, memory_assumptions=_about_memory(board))


def platform_of(catalog: Catalog, name: str) -> str:
    """``cuda``, ``rocm``, … of a board; one that only a user's own file knows is CUDA's."""
    try:
        return find(catalog, name).accelerator.platform
    except UnknownNameError:
        return "cuda"


def find_node(catalog: Catalog, name: str) -> NodeType | None:
    """A node type by its id or another of its names."""
    key = name_key(name)
    row = catalog.index.nodes.get(key)
    if row is None and key and key not in catalog.index.accelerators and catalog.is_index_stale:
        row = catalog.fresh_index.nodes.get(key)
    return catalog.node(row) if row else None


def find_fabric(catalog: Catalog, name: str) -> Fabric:
    """A network by its id or another of its names.

    Raises:
        UnknownNameError: no network is called so.
    """
    key = name_key(name)
    if not key:
        raise UnknownNameError(f"no network is called {name!r}", fix="write, say, @ib-hdr")
    fabrics = catalog.index.fabrics
    row = fabrics.get(key) or (key if key in catalog.ids("fabrics") else None)
    if row is None:
        near = _ids_like(key, fabrics) or sorted(set(fabrics.values()))
        fix = f"write one of: {', '.join(near)}"
        raise UnknownNameError(f"no network is called {name!r}", fix=fix)
    return catalog.fabric(row)


def _accelerator_id(catalog: Catalog, name: str) -> str:
    """The id a name means, the user's boards first; empty when none."""
    key = name_key(name)
    if not key:
        return ""
    for board in catalog.user_accelerators.values():
        if key in {name_key(n) for n in (board.id, *board.aliases, *board.nvml_names)}:
            return board.id
    index = catalog.index
    stated = index.accelerators
    found = stated.get(full_key(name)) or stated.get(key) or _with_size(index, name)
    if not found and key not in index.nodes and catalog.is_index_stale:
        found = catalog.fresh_index.accelerators.get(key, "")
    return found


def _with_size(index: Index, name: str) -> str:
    """``3090-24gb``: a nickname with its memory size, when exactly one version has it."""
    base, size = split_size(name)
    chosen = index.accelerators.get(base)
    if not size or chosen is None:
        return ""
    fitting = [v for v in (chosen, *index.open.get(base, ())) if v.endswith(f"-{size}")]
    return fitting[0] if len(fitting) == 1 else ""


def _slice(catalog: Catalog, board: Accelerator, profile: str) -> Accelerator:
    """The part of a board that a MIG profile names."""
    from planner.hardware.mig import slice_of  # few ask for slices

    for mig in catalog.mig_sets():
        if board.id in mig.accelerators:
            for candidate in mig.profiles:
                if candidate.name == profile:
                    return slice_of(board, mig, candidate)
            names = ", ".join(p.name for p in mig.profiles)
            message = f"{board.id} has no MIG profile {profile!r}"
            raise UnknownNameError(message, fix=f"write one of: {names}")
    raise UnknownNameError(f"no MIG profiles are known for {board.id}", fix="name the whole GPU")


def larger_parts(catalog: Catalog, board: Accelerator) -> tuple[str, ...]:
    """Names of what a slice's board offers beyond the slice: larger ones, then all of it."""
    if not board.mig_profile:
        return ()
    whole = board.id.removesuffix(f"-mig-{board.mig_profile}")
    of_board = (mig for mig in catalog.mig_sets() if whole in mig.accelerators)
    sizes = {p.nominal_gb: p.name for mig in of_board for p in reversed(mig.profiles)}
    larger = sorted(size for size in sizes if size > (board.nominal_gb or 0))
    return (*(f"{whole}-mig-{sizes[size]}" for size in larger), whole)


def _about_name(catalog: Catalog, name: str, board: Accelerator) -> tuple[str, ...]:
    """What the typed name left open; the driver's own name leaves nothing open."""
    if board.id in catalog.user_accelerators:
        return (f"{name} read as {board.id} of {board.origin}",)
    if name.lower() in {n.lower() for n in board.nvml_names}:
        return ()
    others = catalog.index.open.get(name_key(name), [])
    if others and board.id not in others:
        return (f"{name} read as {board.id}; it could also be {', '.join(others)}",)
    return _note_of(board.alias_notes, name, board.id)


def _note_of(notes: tuple[AliasNote, ...], name: str, chosen: str) -> tuple[str, ...]:
    """What the data says about this very name."""
    key = name_key(name)
    return tuple(f"{name} read as {chosen}: {n.note}" for n in notes if name_key(n.alias) == key)


def _about_memory(board: Accelerator) -> tuple[str, ...]:
    """What is uncertain in the board's memory total."""
    if board.memory_evidence in ("ratio", "driver"):
        why = board.memory_derivation
        return (f"memory of {board.id} was not read from its runtime: {why}",)
    other = board.memory_bytes_other_ecc
    if other is not None and other < board.memory_bytes_low:
        from planner.units import gib_text  # brings numpy: only where it is needed

        off, on = gib_text(board.memory_bytes_low, 2), gib_text(other, 2)
        return (f"{board.id} counted with ECC off: {off}, with ECC on {on}",)
    return ()


def _unknown(catalog: Catalog, name: str) -> UnknownNameError:
    shown = name if len(name) <= 60 else name[:60] + "…"  # noqa: PLR2004, one line of a terminal
    key = name_key(name)
    several = catalog.index.unclear.get(key)
    if several:
        message = f"{shown!r} is the name of several boards"
        return UnknownNameError(message, fix=f"write one of: {', '.join(several)}")
    names = {**catalog.index.nodes, **catalog.index.accelerators}
    near = _ids_like(key, names) if len(key) >= _SHORTEST_GUESS else []
    fix = f"did you mean {' or '.join(near)}? " if near else ""
    return UnknownNameError(
        f"no accelerator or node type is called {shown!r}",
        fix=f"{fix}planner hardware list shows all",
    )


#: digits and the letters typed in their place
_LOOK_ALIKES = str.maketrans("oil", "011")


def _ids_like(key: str, table: dict[str, str], limit: int = 3) -> list[str]:
    """Ids whose names are nearest to ``key``, best first, each once."""
    looks = key.translate(_LOOK_ALIKES)
    same = [k for k in table if k.translate(_LOOK_ALIKES) == looks]
    if same:
        return same[:limit]
    ids = [table[k].rpartition("/")[2] for k in nearest(key, table, limit=3 * limit)]
    return list(dict.fromkeys(ids))[:limit]
