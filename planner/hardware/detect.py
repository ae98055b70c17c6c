"""The GPUs of this machine, through NVML. The only importer of the driver's library."""
# ruff: noqa: ANN401, that library has no types

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from planner.errors import UnavailableError
from planner.hardware.catalog import Catalog
from planner.hardware.machine import cluster_of
from planner.hardware.nvml import NvmlAnswer, NvmlGpu, NvmlLinks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.hardware.group import Cluster

#: NVML_P2P_CAPS_INDEX_READ, which nvidia-ml-py 13.615 holds as a tuple by mistake
_P2P_READ = 0
_BY_HAND = "name the GPUs, say --gpus 8xH100"


def detect_cluster(catalog: Catalog | None = None) -> Cluster:
    """This machine as a cluster of one node.

    Raises:
        UnavailableError: no driver, no library for it, or no GPU.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return cluster_of(read_nvml(visible), catalog or Catalog.default())


def read_nvml(visible_devices: str | None = None) -> NvmlAnswer:
    """Ask the driver.

    Args:
        visible_devices: as CUDA_VISIBLE_DEVICES: indices or UUIDs; None: all. UUIDs are compared
            and forgotten.

    Raises:
        UnavailableError: no driver, no library for it, or no GPU left.
    """
    try:
        import pynvml
    except ImportError:
        fix = f"pip install 'vllm-planner[nvml]', or {_BY_HAND}"
        _unavailable(
            "the library that asks the NVIDIA driver is not installed", "nvidia-ml-py", fix
        )
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        _unavailable("the NVIDIA driver does not answer", str(error), _BY_HAND)
    try:
        return _read_all(pynvml, visible_devices)
    except pynvml.NVMLError as error:
        _unavailable("the NVIDIA driver broke off", str(error), "nvidia-smi, then " + _BY_HAND)
    finally:
        pynvml.nvmlShutdown()


def _read_all(nvml: Any, visible_devices: str | None) -> NvmlAnswer:
    count = nvml.nvmlDeviceGetCount()
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
    shown = visible_devices
    if shown is not None and not _names_slices(shown):
        uuids = [_text(nvml.nvmlDeviceGetUUID(h)) for h in handles]
        handles, shown = [handles[i] for i in visible_indices(shown, uuids)], None
    places = {nvml.nvmlDeviceGetPciInfo(h).busId: i for i, h in enumerate(handles)}
    gpus = [gpu for h in handles for gpu in _read_gpu(nvml, h, handles, places, shown)]
    if not gpus:
        hidden = count and visible_devices is not None
        cause = f"CUDA_VISIBLE_DEVICES={visible_devices!r} hides {count}" if hidden else ""
        _unavailable("no NVIDIA GPU on this machine", cause, _BY_HAND)
    return NvmlAnswer(
        driver=_text(nvml.nvmlSystemGetDriverVersion()),
        cuda=_optional(nvml, nvml.nvmlSystemGetCudaDriverVersion_v2),
        gpus=tuple(gpus),
    )


def visible_indices(visible_devices: str, uuids: Sequence[str]) -> list[int]:
    """GPUs that CUDA would show: it stops at the first entry it does not know.

    >>> visible_indices("1,0,7,2", ["GPU-a", "GPU-b", "GPU-c"])
    [1, 0]
    """
    chosen: list[int] = []
    for entry in visible_devices.split(","):
        text = entry.strip()
        if text.isascii() and text.isdigit() and len(text) <= 4:  # noqa: PLR2004, an index
            matches = [int(text)] if int(text) < len(uuids) else []
        else:
            matches = [i for i, uuid in enumerate(uuids) if text and uuid.startswith(text)]
        if len(matches) != 1 or matches[0] in chosen:
            break
        chosen += matches
    return chosen


def _names_slices(visible_devices: str) -> bool:
    """Whether CUDA_VISIBLE_DEVICES names MIG slices, by their UUIDs."""
    return visible_devices.strip().startswith("MIG-")


def _read_gpu(
    nvml: Any, handle: Any, others: list[Any], places: dict[Any, int], shown: str | None
) -> list[NvmlGpu]:
    """One GPU, or the slices it is cut into: those that ``shown`` names, where it names any."""
    name = _text(nvml.nvmlDeviceGetName(handle))
    common: dict[str, Any] = {
        "compute_capability": _pair(
            _optional(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle)
        ),
        "pcie_generation": _optional(nvml, nvml.nvmlDeviceGetMaxPcieLinkGeneration, handle),
        "pcie_lanes": _optional(nvml, nvml.nvmlDeviceGetMaxPcieLinkWidth, handle),
        "power_limit_watts": _watts(_optional(nvml, nvml.nvmlDeviceGetEnforcedPowerLimit, handle)),
    }
    slices = _slices(nvml, handle)
    if shown is not None:
        uuids = [_text(nvml.nvmlDeviceGetUUID(s)) for s in slices]
        named = [entry.strip() for entry in shown.split(",")]
        slices = [s for s, uuid in zip(slices, uuids, strict=True) if uuid in named]
    if slices or shown is not None:
        names = [_text(nvml.nvmlDeviceGetName(s)) for s in slices]
        return [
            NvmlGpu(name=n, **_memory(nvml, s), **common)
            for n, s in zip(names, slices, strict=True)
        ]
    links = _links(nvml, handle, places)
    p2p = _p2p(nvml, handle, others)
    return [NvmlGpu(name=name, **_memory(nvml, handle), **common, links=links, p2p=p2p)]


def _slices(nvml: Any, handle: Any) -> list[Any]:
    mode = _optional(nvml, nvml.nvmlDeviceGetMigMode, handle)
    if not mode or mode[0] != nvml.NVML_DEVICE_MIG_ENABLE:
        return []
    places = range(nvml.nvmlDeviceGetMaxMigDeviceCount(handle))
    found = (_optional(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, i) for i in places)
    return [s for s in found if s is not None]


def _memory(nvml: Any, handle: Any) -> dict[str, Any]:
    """Total, reserved and used; the second call form tells what the driver keeps."""
    whole = _optional(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    if whole is None:
        return {"total_bytes": None}
    apart = _optional(nvml, nvml.nvmlDeviceGetMemoryInfo, handle, nvml.nvmlMemory_v2)
    if apart is None:
        return {"total_bytes": whole.total, "used_bytes": whole.used}
    return {
        "total_bytes": apart.total,
        "reserved_bytes": apart.reserved,
        "used_bytes": apart.used,
    }


def _links(nvml: Any, handle: Any, places: dict[Any, int]) -> tuple[NvmlLinks, ...]:
    """Links that are up, counted by where they lead."""
    counts: dict[tuple[int, bool, int | None], int] = {}
    for link in range(nvml.NVML_NVLINK_MAX_LINKS):
        if _optional(nvml, nvml.nvmlDeviceGetNvLinkState, handle, link) != 1:
            continue
        version = _optional(nvml, nvml.nvmlDeviceGetNvLinkVersion, handle, link) or 0
        remote = _optional(nvml, nvml.nvmlDeviceGetNvLinkRemoteDeviceType, handle, link)
        switch = remote == nvml.NVML_NVLINK_DEVICE_TYPE_SWITCH
        peer = _optional(nvml, nvml.nvmlDeviceGetNvLinkRemotePciInfo, handle, link)
        to_gpu = None if switch or peer is None else places.get(peer.busId)
        counts[version, switch, to_gpu] = counts.get((version, switch, to_gpu), 0) + 1
    return tuple(
        NvmlLinks(count=count, version=version, to_switch=switch, to_gpu=to_gpu)
        for (version, switch, to_gpu), count in counts.items()
    )


def _p2p(nvml: Any, handle: Any, others: list[Any]) -> bool | None:
    """Whether it reads every other GPU's memory; None when alone or when the driver cannot say."""
    peers = [o for o in others if o is not handle]
    states = [_optional(nvml, nvml.nvmlDeviceGetP2PStatus, handle, o, _P2P_READ) for o in peers]
    if not states or None in states:
        return None
    return all(state == nvml.NVML_P2P_STATUS_OK for state in states)


def _optional(nvml: Any, call: Callable[..., Any], *args: Any) -> Any:
    """The call's answer, or None where this GPU or driver has none."""
    try:
        return call(*args)
    except nvml.NVMLError:
        return None


def _text(raw: str | bytes) -> str:
    """Old releases of the library answer in bytes."""
    return raw.decode() if isinstance(raw, bytes) else raw


def _pair(pair: Sequence[int] | None) -> tuple[int, int] | None:
    return (pair[0], pair[1]) if pair else None


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _unavailable(message: str, cause: str, fix: str) -> NoReturn:
    raise UnavailableError(message, cause=cause, fix=fix)
