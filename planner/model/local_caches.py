"""Where the hubs' libraries keep what they have downloaded, read as plain folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from planner.model.config_file import CONFIG
from planner.model.regular_file import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_REF_BYTES = 4096


def hub_cache(environ: Mapping[str, str]) -> Path:
    """The folder of Hugging Face's cache. Source: huggingface_hub.constants (2.4.0)."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environ.get(variable):
            return expanded(environ[variable], environ)
    if environ.get("HF_HOME"):
        return expanded(environ["HF_HOME"], environ) / "hub"
    return cache_home(environ) / "huggingface" / "hub"


def in_hub_cache(name: str, revision: str | None, environ: Mapping[str, str]) -> Path | None:
    """The cached snapshot of a model that has a config.json; None when there is none.

    ``revision`` is a branch, a tag or a commit; None means the branch main.
    """
    repository = hub_cache(environ) / f"models--{name.replace('/', '--')}"
    reference = repository / "refs" / (revision or "main")
    commit = revision
    if _holds(repository, reference):
        commit = read_regular(reference, _MAX_REF_BYTES).decode("ascii", "replace").strip()
    snapshot = repository / "snapshots" / (commit or "main")
    return snapshot if _holds(repository, snapshot / CONFIG) else None


def in_modelscope_cache(name: str, revision: str | None, environ: Mapping[str, str]) -> Path | None:
    """The cached files of a ModelScope model; None when there are none.

    The layout changed often: newer libraries keep snapshots a revision, older ones a folder a
    model, in which a point of the name is written as three underscores.
    Source: modelscope.hub.utils.utils.find_reusable_legacy_repo_dir (1.40.2)
    """
    owner, _, short = name.partition("/")
    if not short:
        return None
    safe = short.replace(".", "___")
    for root in _modelscope_roots(environ):
        kept = root / "models" / f"{owner}--{short}" / "snapshots" / (revision or "master")
        flat = [root / part / owner / last for part in ("models", ".") for last in (safe, short)]
        # a flat folder does not say which revision it holds
        for folder in [kept, *(flat if revision is None else [])]:
            if _holds(root, folder / CONFIG):
                return folder
    return None


def _modelscope_roots(environ: Mapping[str, str]) -> Iterator[Path]:
    given = environ.get("MODELSCOPE_CACHE")
    root = expanded(given, environ) if given else cache_home(environ) / "modelscope"
    yield from (root, root / "hub")


def cache_home(environ: Mapping[str, str]) -> Path:
    """Where programs keep what they can make anew."""
    given = environ.get("XDG_CACHE_HOME")
    return expanded(given, environ) if given else _home(environ) / ".cache"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def expanded(path: str, environ: Mapping[str, str]) -> Path:
    """A path whose ``~`` is the home of an environment."""
    return _home(environ) / path[2:] if path.startswith("~/") else Path(path)


def _holds(root: Path, path: Path) -> bool:
    """Whether a file made from a name exists and stays in its folder: no ``..`` leads out.

    A cache that cannot be read holds nothing.
    """
    return ".." not in path.relative_to(root).parts and os.path.exists(path)  # noqa: PTH110
