"""Pods in a manifest of any kind: their containers, their room, the boards they ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.targets.container import Container, Probe, Variable
from planner.targets.document import Document, Path, Word
from planner.targets.node_labels import cluster_of, labels_of
from planner.units import parse_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.finding import Location

#: resources that are whole GPUs; slices of one end in the profile: nvidia.com/mig-3g.40gb
_GPU_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
#: keys of a container that findings point at
_NAMED = ("image", "env", "resources", "args", "command", *_PROBES)
#: the API's own, in seconds and counts
_PROBE_DEFAULTS = {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}
_REFERENCE = re.compile(r"\$(?:\$|\(([A-Za-z_][A-Za-z0-9_.-]*)\))")
#: of one group whose commands are read
_MOST_PODS = 256
_SHM = "/dev/shm"  # noqa: S108 - a mount that is read in a manifest


@frozen
class Pod:
    """Where a pod's spec and its containers stand, and how many such pods one deployment has."""

    spec: Path
    containers: tuple[Path, ...]
    pods: int = 1
    indexes: tuple[int, ...] = (0,)
    """Its places in the group, as ``LWS_WORKER_INDEX`` has them."""


def pods(document: Document) -> Iterator[Pod]:
    """Every pod that a manifest holds, however deep: what has containers is one.

    Init containers and sidecars that are not containers of the pod are left out.
    """
    yield from _pods(document, document.data, ())


def _pods(document: Document, node: Any, path: Path) -> Iterator[Pod]:  # noqa: ANN401
    if not isinstance(node, dict | list):
        return
    if isinstance(node, dict) and isinstance(node.get("containers"), list):
        count = range(len(node["containers"]))
        yield Pod(
            spec=path,
            containers=tuple((*path, "containers", index) for index in count),
            pods=(size := _size_of_group(document, path)),
            indexes=_indexes(document, path, size),
        )
        return
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        yield from _pods(document, value, (*path, key))


def _size_of_group(document: Document, path: Path) -> int:
    """Pods of one group: of a LeaderWorkerSet all, of KubeRay's the head and its workers."""
    if "leaderWorkerTemplate" in path:
        size = document.at(*path[: path.index("leaderWorkerTemplate") + 1], "size")
        return size if isinstance(size, int) else 1
    if "headGroupSpec" in path:
        workers = document.at(*path[: path.index("headGroupSpec")], "workerGroupSpecs")
        replicas = [group.get("replicas", 1) for group in workers or () if isinstance(group, dict)]
        return 1 + sum(count for count in replicas if isinstance(count, int))
    return 1


def _indexes(document: Document, path: Path, size: int) -> tuple[int, ...]:
    """The leader is 0; without a template of its own it is a worker like the others.

    Source: leaderworkerset.x-k8s.io/v1, LWS_WORKER_INDEX
    """
    if "workerTemplate" not in path:
        return (0,)
    above = path[: path.index("workerTemplate")]
    first = 1 if document.at(*above, "leaderTemplate") else 0
    return tuple(range(first, min(size, _MOST_PODS)))


def container_of(document: Document, path: Path, spec: Path | None = None) -> Container:
    """What a container of a pod says of itself.

    Args:
        document: that holds it.
        path: of the container.
        spec: where the pod's own settings stand, if not two steps above.

    Raises:
        InvalidInputError: a size that is none.
    """
    part = document.at(*path)
    spec = path[:-2] if spec is None else spec
    return Container(
        image=_text(part.get("image")),
        gpus=_gpus(part),
        shm_bytes=_shm(document, spec, part),
        host_ipc=bool(document.at(*spec, "hostIPC")),
        variables=variables_of(document, path),
        probes=tuple(probe_of(document, path, kind) for kind in _PROBES if part.get(kind)),
        places=_places(document, path),
    )


def _places(document: Document, path: Path) -> dict[str, Location]:
    part, found = document.at(*path), {"": document.place(*path)}
    found |= {key: document.place(*path, key) for key in _NAMED if key in part}
    mounts = enumerate(part.get("volumeMounts") or ())
    for index, mount in mounts:
        if isinstance(mount, dict) and mount.get("mountPath") == _SHM:
            found["shm"] = document.place(*path, "volumeMounts", index)
    return found


def expanded(word: Word, container: Container, index: int = 0) -> Word:
    """A word with the variables that Kubernetes puts in: ``$(NAME)`` where its value is known.

    Two dollar signs are one.
    """

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if found[1] == "LWS_WORKER_INDEX":
            return str(index)
        variable = container.variables.get(found[1])
        return variable.value if variable and variable.value is not None else found[0]

    return Word(text=_REFERENCE.sub(value, word.text), line=word.line, column=word.column)


def gpus_of(document: Document, pod: Pod, container: Container) -> tuple[str, ...]:
    """The cluster that a pod asks for, as ``--gpus`` takes it; nothing where no board is named."""
    return cluster_of(labels_of(document.at(*pod.spec)), container.gpus, pod.pods)


def _gpus(part: Mapping[str, Any]) -> int | None:
    resources = part.get("resources") or {}
    for kind in ("limits", "requests"):
        for name, count in (resources.get(kind) or {}).items():
            if name in _GPU_RESOURCES or str(name).startswith("nvidia.com/mig-"):
                return int(count) if str(count).isdecimal() else None
    return 0 if resources else None


def _shm(document: Document, spec: Path, part: Mapping[str, Any]) -> int | None:
    """The limit of the memory mounted at /dev/shm; None where there is none, or no limit."""
    mounts = part.get("volumeMounts") or ()
    names = {m.get("name") for m in mounts if isinstance(m, dict) and m.get("mountPath") == _SHM}
    for volume in document.at(*spec, "volumes") or ():
        memory = volume.get("emptyDir") if isinstance(volume, dict) else None
        if memory and volume.get("name") in names and memory.get("medium") == "Memory":
            limit = memory.get("sizeLimit")
            return None if limit is None else _quantity(document, limit)
    return 0 if not names else None


def _quantity(document: Document, typed: Any) -> int:  # noqa: ANN401 - a scalar of a file
    """A quantity of Kubernetes: ``16Gi``, ``500M``, bytes."""
    text = str(typed)
    try:
        return int(text) if text.isdecimal() else parse_bytes(f"{text}B")
    except ValueError:
        raise InvalidInputError(f"{document.name}: {text} is no size") from None


def variables_of(document: Document, path: Path) -> dict[str, Variable]:
    """The environment of a container."""
    found = {}
    for index, item in enumerate(document.at(*path, "env") or ()):
        if isinstance(item, dict) and "name" in item:
            value = item.get("value")
            found[str(item["name"])] = Variable(
                value=None if value is None else str(value),
                place=document.place(*path, "env", index, "value"),
            )
    return found


def probe_of(document: Document, path: Path, kind: str) -> Probe:
    """A check of a container's health, with the API's own defaults."""
    part = document.at(*path, kind)
    typed = {key: part.get(key, usual) for key, usual in _PROBE_DEFAULTS.items()}
    numbers = {key: n if isinstance(n, int) else _PROBE_DEFAULTS[key] for key, n in typed.items()}
    return Probe(
        kind=kind.removesuffix("Probe"),
        patience_s=numbers["initialDelaySeconds"]
        + numbers["periodSeconds"] * numbers["failureThreshold"],
        place=document.place(*path, kind),
    )


def _text(value: Any) -> str | None:  # noqa: ANN401 - a scalar of a file
    return None if value is None else str(value)
