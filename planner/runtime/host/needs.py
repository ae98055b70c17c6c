"""What a plan asks of each of its hosts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.hardware.host import HostNeeds
from planner.launch.base import PORT
from planner.model.local_caches import hub_cache
from planner.units import GIB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.plan import HardwareGroup, Layout

#: load formats that read no checkpoint, or from where it lies
_NOT_CACHED = {"dummy", "runai_streamer", "runai_streamer_sharded", "tensorizer"}
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt")


def needs_of(
    layout: Layout,
    group: HardwareGroup,
    *,
    vllm_version: str,
    node: int = 0,
    container: bool = False,
    download_bytes: int | None = None,
) -> HostNeeds:
    """What a layout of a plan asks of each host of a group.

    Args:
        layout: as it is planned.
        group: the hosts it runs on.
        vllm_version: the release that was planned with, ``0.33``.
        node: which of the hosts.
        container: vLLM comes in an image.
        download_bytes: of the checkpoint, where it is not on the host; None: it is, or unknown.
    """
    options = layout.vllm_args
    hosts = max((command.node for command in layout.commands), default=0) + 1
    gpus = -(-layout.gpus_used // hosts)
    backends = (
        options.get(f"--{name}-backend") for name in ("distributed-executor", "data-parallel")
    )
    replicas = max(layout.data_parallel_size // hosts, 1)
    # the first is of each GPU, the second of all that serve one replica together
    offloaded = float(options.get("--cpu-offload-gb") or 0) * gpus
    offloaded += float(options.get("--kv-offloading-size") or 0) * replicas
    return HostNeeds(
        vllm_version=vllm_version,
        container=container,
        ray="ray" in backends,
        hosts=hosts,
        fabric=(group.fabric or "") if hosts > 1 else "",
        environment=dict(_environment(layout, node)),
        gpus=gpus,
        accelerator=group.accelerator,
        gpu_memory_utilization=layout.memory.gpu_memory_utilization if layout.memory else None,
        scale_up_domain=group.scale_up_domain,
        host_memory_bytes=round(offloaded * GIB),
        port=int(options.get("--port") or PORT),
        download_bytes=download_bytes,
    )


def _environment(layout: Layout, node: int) -> Iterator[tuple[str, str]]:
    yield from layout.environment.items()
    for command in layout.commands:
        if command.node == node:
            yield from command.environment.items()


def to_download(model: str, layout: Layout, environ: Mapping[str, str]) -> int | None:
    """About the bytes that the hub's cache lacks of a checkpoint; None: none, or nothing tells.

    Told by the parameters of all ranks: a checkpoint that is quantized as it is loaded is larger.
    """
    options = layout.vllm_args
    elsewhere = options.get("--load-format") in _NOT_CACHED or "--download-dir" in options
    modelscope = environ.get("VLLM_USE_MODELSCOPE", "").lower() in {"1", "true"}
    if Path(model).exists() or layout.memory is None or elsewhere or modelscope:
        return None
    snapshots = hub_cache(environ) / f"models--{model.replace('/', '--')}" / "snapshots"
    if any(True for pattern in _WEIGHTS for _ in snapshots.glob(f"*/{pattern}")):
        return None
    ranks = layout.tensor_parallel_size
    return sum(stage.parameter_bytes for stage in layout.memory.stages) * ranks
