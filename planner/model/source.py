"""Find a model by whatever the user typed: a path, an id, a short name.

Local path, local caches of the hubs, the embedded catalogue, then the hub itself; ``--refresh``
and ``--revision`` ask the hub first. No code of a model is ever run.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from planner.errors import UnavailableError, UnknownNameError
from planner.frozen import frozen
from planner.model import catalog
from planner.model.config_file import CONFIG
from planner.model.dimensions import check_dimensions
from planner.model.local_caches import in_hub_cache, in_modelscope_cache
from planner.model.model_folder import FoundFiles, read_folder, read_path
from planner.model.safetensors_header import CheckpointFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["local", "cache", "catalog", "hub", "modelscope"]

#: what a hub accepts as a name. Source: huggingface_hub.utils.validate_repo_id (2.4.0)
_HUB_NAME = re.compile(r"(?!.*(?:--|\.\.))(?=.{1,96}$)\w[\w.-]*(?:/\w[\w.-]*)?", re.ASCII)
_REVISION = re.compile(r"(?!.*\.\.)(?=.{1,200}$)\w[\w./-]*", re.ASCII)
_TRUE = frozenset(("1", "on", "yes", "true"))


@frozen
class ModelSource:
    """A model's configuration, and where it was found."""

    id: str
    """The id on its hub; for a local model the path as typed."""
    kind: Kind
    config: dict[str, Any]
    """As config.json has it, with the quantization that ModelOpt keeps beside it."""
    trust: str
    """``file`` for what was read as published, else a key of ``catalog.TRUST``."""
    source: str
    """What was used, in words."""
    checkpoint: CheckpointFacts | None
    """What is known of the stored weights; None when nothing is."""
    notes: tuple[str, ...] = ()
    """What the user should know of how it was found."""

    @property
    def served(self) -> str:
        """What ``vllm serve`` is given: for a config.json its folder, as vLLM reads no file.

        Source: vllm.transformers_utils.repo_utils.file_or_path_exists (0.26.0)
        """
        path = PurePath(self.id)
        return str(path.parent) if self.kind == "local" and path.name == CONFIG else self.id


def find_model(
    name: str,
    *,
    revision: str | None = None,
    offline: bool = False,
    refresh: bool = False,
    environ: Mapping[str, str],
) -> ModelSource:
    """The model a user means, its sizes checked to be sizes.

    Args:
        name: a directory, a config.json, a hub's id, or a short name of the catalogue.
        revision: branch, tag or commit on the hub.
        offline: never ask a hub; ``HF_HUB_OFFLINE`` means the same.
        refresh: ask the hub first.
        environ: the process environment: caches, tokens, endpoints.

    Raises:
        UnknownNameError: nothing and nobody knows the name, or it means several models.
        InvalidInputError: found, but no configuration of a model.
        UnavailableError: it may exist, but cannot be had here.
    """
    if revision is not None and not _REVISION.fullmatch(revision):
        raise UnknownNameError(
            f"{revision!r:.80} names no revision", fix="name a branch, a tag or a commit"
        )
    online = not offline and not _hub_is_off(environ)
    hub_first = online and (refresh or revision is not None)
    found = _local(name) or _named(name, revision, environ, online=online, hub_first=hub_first)
    check_dimensions(found.config, found.source)
    if "auto_map" in found.config or found.config.get("has_remote_code"):
        note = "the checkpoint brings code of its own (auto_map); none of it was run"
        found = replace(found, notes=(*found.notes, note))
    return found


def _local(name: str) -> ModelSource | None:
    """The model at a path; None when the name is none."""
    if "\0" in name or not name.strip():
        raise UnknownNameError(
            f"{name!r} names no model", fix="give an id, such as openai/gpt-oss-20b"
        )
    if os.path.lexists(name):
        return _source(name, "local", read_path(Path(name)), f"local files at {name}")
    if name.startswith((".", "/", "~")) or name.endswith(".json") or name.count("/") > 1:
        raise UnknownNameError(
            f"there is no file or directory {name}",
            fix="give a model directory, a config.json, or an id such as openai/gpt-oss-20b",
        )
    return None


def _named(
    name: str, revision: str | None, environ: Mapping[str, str], *, online: bool, hub_first: bool
) -> ModelSource:
    row = catalog.find(name)
    wanted = row.id if row else name
    if not _HUB_NAME.fullmatch(wanted):
        raise _unknown(name)
    failure = None
    if hub_first:
        try:
            return _asked(wanted, revision, environ)
        except UnavailableError as error:
            failure = error
    found = _cached(wanted, revision, environ) or (_catalogued(row, revision) if row else None)
    if found is not None:
        notes = (f"{failure.message} ({failure.cause})",) if failure else ()
        return replace(found, notes=(*notes, *found.notes))
    if failure is not None:
        raise failure
    if not online:
        raise _not_here(name)
    try:
        return _asked(wanted, revision, environ)
    except (UnavailableError, UnknownNameError) as error:
        if "/" not in wanted and isinstance(error, UnavailableError):
            # without an organisation it is a short name of the catalogue, which it is not
            raise _unknown(name) from error
        error.fix = "; ".join(part for part in (error.fix, _nearest(name)) if part)
        raise


def _cached(name: str, revision: str | None, environ: Mapping[str, str]) -> ModelSource | None:
    """What a hub's library has downloaded before; the hub in use comes first."""
    caches = [("Hugging Face", in_hub_cache), ("ModelScope", in_modelscope_cache)]
    if _uses_modelscope(environ):
        caches.reverse()
    for hub, look in caches:
        folder = look(name, revision, environ)
        if folder is not None:
            return _source(name, "cache", read_folder(folder), f"{hub} cache at {folder}")
    return None


def _catalogued(row: catalog.CatalogRow, revision: str | None) -> ModelSource:
    entry = catalog.load(row)
    notes = [] if entry.note is None else [entry.note]
    if revision is not None:
        notes.append(f"revision {revision} was not read: the catalogue holds one revision a model")
    return ModelSource(
        id=row.id,
        kind="catalog",
        config=entry.config,
        trust=row.trust,
        source=f"embedded catalogue: {catalog.TRUST[row.trust]}; {entry.source}",
        checkpoint=CheckpointFacts(tensor_bytes=row.checkpoint_bytes, parameters=row.parameters),
        notes=tuple(notes),
    )


def _asked(name: str, revision: str | None, environ: Mapping[str, str]) -> ModelSource:
    """What the hub in use says."""
    at = "" if revision is None else f" at revision {revision}"
    if _uses_modelscope(environ):
        # urllib takes 20 ms to import, and only this way needs it
        from planner.model import modelscope

        files = modelscope.fetch(name, revision, environ)
        return _source(name, "modelscope", files, f"ModelScope{at}")
    from planner.model import hub

    return _source(name, "hub", hub.fetch(name, revision, environ), f"Hugging Face hub{at}")


def _source(name: str, kind: Kind, files: FoundFiles, source: str) -> ModelSource:
    return ModelSource(
        id=name,
        kind=kind,
        config=files.config,
        trust="file",
        source=source,
        checkpoint=files.checkpoint,
        notes=files.notes,
    )


def _uses_modelscope(environ: Mapping[str, str]) -> bool:
    """Source: vllm.envs (0.33.0)."""
    return environ.get("VLLM_USE_MODELSCOPE", "").lower() == "true"


def _hub_is_off(environ: Mapping[str, str]) -> bool:
    """Source: huggingface_hub.constants (2.4.0)."""
    value = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.lower() in _TRUE


def _unknown(name: str) -> UnknownNameError:
    return UnknownNameError(
        f"no model {name} is known",
        cause=f"it is no path, and none of the {len(catalog.rows())} models of the catalogue",
        fix=_nearest(name) or "give the id on its hub, a model directory or a config.json",
    )


def _not_here(name: str) -> UnavailableError | UnknownNameError:
    if "/" not in name:
        return _unknown(name)
    nearest = _nearest(name)
    return UnavailableError(
        f"{name} is not known here, and no hub may be asked",
        cause="neither a local cache nor the catalogue has it; --offline or HF_HUB_OFFLINE is set",
        fix=f"give a config.json, or ask the hub once{f'; {nearest}' if nearest else ''}",
    )


def _nearest(name: str) -> str:
    found = catalog.suggestions(name)
    return f"the nearest known: {', '.join(found)}" if found else ""
