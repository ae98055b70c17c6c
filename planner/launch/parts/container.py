"""A vLLM process in a container, before it is written for an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UnknownNameError, UsageError
from planner.frozen import frozen
from planner.hardware.catalog import Catalog
from planner.hardware.lookup import find_fabric
from planner.launch.base import Setting
from planner.launch.parts.board import GPUS, VISIBLE, of_replicas, platform
from planner.launch.parts.image import DRIVER, image_of
from planner.launch.parts.paths import read_paths, written_paths
from planner.launch.parts.waiting import EVERYWHERE
from planner.vllm.rewrite import follows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.launch.base import Served

SHM = Setting(
    name="shm",
    help="Shared memory of its own, 16g, in place of the host's (--ipc host).",
    form=r"\d+[kmgtKMGT]?[bB]?",
    example="16g",
)
SETTINGS: tuple[Setting, ...] = (GPUS, DRIVER, SHM)

#: the volume that keeps what vLLM compiles. Source: docs/deployment/docker.md
COMPILED = ("vllm-cache", "/root/.cache/vllm")
#: what ROCm needs of the host. Source: docs/deployment/docker.rocm.inc.md
ROCM_DEVICES = ("/dev/kfd", "/dev/dri")
INFINIBAND = "/dev/infiniband"
_RDMA = {"infiniband", "roce"}
_TRUE = {"1", "true"}


@frozen
class Hub:
    """Where downloaded models are kept."""

    variable: str
    """Moves it on the host."""
    below_home: str
    inside: str
    """In the container."""


@frozen
class Container:
    """One process of a deployment."""

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    hub: Hub
    read: tuple[str, ...]
    """Paths of the host, under the same name inside, that it only reads."""
    written: tuple[str, ...]
    gpus: tuple[str, ...]
    """Names; none means all."""
    rocm: bool
    shm: str
    """Size; empty: the host's."""
    over_hosts: bool
    """It talks to other hosts, so it takes the host's network."""
    devices: tuple[str, ...]
    """Of the host, beside NVIDIA's GPUs."""


def container(served: Served, node: int = 0, replica: int = 0) -> Container:
    """The container of one host, or of one of several like servers.

    Raises:
        UsageError: Ray joins the hosts, the board has no image, or too few GPUs.
    """
    commands = served.on_node(node)
    if len(commands) != 1 or commands[0].argv[:1] == ("ray",):
        raise UsageError(
            "Ray joins these hosts, and vLLM's image has no Ray since 0.18",
            fix="plan with --executor mp: vLLM joins them itself; or --to ray",
        )
    (command,) = commands
    host = follows(command.argv, "--host") or ""
    if host not in EVERYWHERE and served.nodes == 1:
        raise UsageError(
            f"--host {host} keeps everybody outside the container from its server",
            fix="plan without --host: what the host publishes is chosen by its engine",
        )
    kind, gpus = platform(served), of_replicas(served)[replica]
    if kind not in VISIBLE:
        raise UsageError(
            f"how a container is given GPUs of {kind} is not known here",
            cause=f"the boards are {served.group.accelerator}",
            fix="--to local",
        )
    rocm = kind == "rocm"
    # NVIDIA's runtime shows a container only its own; AMD's devices come all together
    shown = {VISIBLE["rocm"]: ",".join(gpus)} if rocm and gpus else {}
    devices = ROCM_DEVICES if rocm else ()
    return Container(
        image=image_of(served),
        command=command.argv,
        environment={**command.environment, **shown},
        secrets=served.secrets,
        hub=_hub(command.environment),
        read=read_paths(command.argv, served.vllm_version),
        written=written_paths(command.argv, served.vllm_version),
        gpus=gpus,
        rocm=rocm,
        shm=served.settings.get(SHM.name, ""),
        over_hosts=served.nodes > 1,
        devices=(*devices, INFINIBAND) if served.nodes > 1 and _rdma(served) else devices,
    )


def _hub(environment: Mapping[str, str]) -> Hub:
    """Hugging Face's cache, or ModelScope's where vLLM is told to download there."""
    if environment.get("VLLM_USE_MODELSCOPE", "").lower() in _TRUE:
        variable, below = "MODELSCOPE_CACHE", ".cache/modelscope"
    else:
        variable, below = "HF_HOME", ".cache/huggingface"
    inside = environment.get(variable, f"/root/{below}")
    return Hub(variable=variable, below_home=below, inside=inside)


def _rdma(served: Served) -> bool:
    """Whether the hosts' network is reached through InfiniBand's devices."""
    try:
        return find_fabric(Catalog.default(), served.group.fabric or "").family in _RDMA
    except UnknownNameError:
        return False
