"""A file that a pod is given by a ConfigMap: of the manifest, or made of a file beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.targets.config_file import config_words, host_path, words_beside
from planner.targets.document import Document
from planner.targets.within import text_within

if TYPE_CHECKING:
    from planner.targets.document import Path, Word


def mounted_config(
    document: Document, container: Path, typed: str, version: str | None
) -> list[Word] | None:
    """The options in a file of a container; None where no ConfigMap brings it.

    A ConfigMap that is not in the manifest is taken to be made of the file of that name beside it,
    as kustomize's generator does.

    Raises:
        InvalidInputError: it is no YAML.
    """
    for name, key in _sources(document, container, typed):
        found = _config_map(document, name)
        if found is None:
            return words_beside(document.name, key, version)
        if isinstance(found.at("data", key), str):
            within = text_within(found, "data", key)
            words = within.placed(config_words(within.document, version))
            return [replace(word, file=document.name) for word in words]
    return None


def _sources(document: Document, container: Path, typed: str) -> list[tuple[str, str]]:
    """The names of ConfigMaps that may hold a file, and its key in each."""
    spec = container[:-2]
    maps = {
        volume["name"]: volume["configMap"]
        for volume in document.at(*spec, "volumes") or ()
        if isinstance(volume, dict) and isinstance(volume.get("configMap"), dict)
    }
    found = []
    for mount in document.at(*container, "volumeMounts") or ():
        source: dict[str, Any] = maps.get(mount.get("name"), {})
        path = host_path({str(mount.get("mountPath")): str(mount.get("subPath") or "")}, typed)
        if path and "name" in source:
            path = path.removeprefix("/")
            keys = {str(item.get("path")): item.get("key") for item in source.get("items") or ()}
            found.append((str(source["name"]), str(keys.get(path, path))))
    return found


def _config_map(document: Document, name: str) -> Document | None:
    for data in document.beside:
        other = Document(name=document.name, text=document.text, data=data)
        if other.at("kind") == "ConfigMap" and other.at("metadata", "name") == name:
            return other
    return None
