"""One machine as far as running vLLM on it goes, and what a deployment asks of it: plain data.

No serials, no user's secrets: what is here may be shown, kept and sent to others.
"""

# annotations are types here, not texts: the reader of recorded machines asks for them
# ruff: noqa: I002

from dataclasses import field

from planner.frozen import frozen
from planner.hardware.nvml import NvmlAnswer

#: the folder of the hub's downloads, by the variable that moves it
HUB_CACHE = "HF_HOME"


@frozen
class Software:
    """A Python, and what is installed in it."""

    path: str = ""
    version: str = ""
    packages: dict[str, str] = field(default_factory=dict)
    """Releases of installed distributions, by normalized name: ``flashinfer-python``."""
    requires: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What vLLM and torch say they need, as their metadata has it."""


@frozen
class Docker:
    """The container engine; empty texts where it is not there or does not answer."""

    client: str = ""
    server: str = ""
    gpus: bool | None = None
    """Whether containers can be given GPUs; None: it did not say."""
    problem: str = ""
    """Why the server did not answer."""


@frozen
class Folder:
    """A folder that vLLM, or what it is made of, writes to."""

    name: str
    """The variable that moves it: ``HF_HOME``."""
    path: str
    exists: bool = True
    writable: bool = True
    """It, or where it will be made."""
    used_bytes: int | None = None
    """None: not there, or not all of it could be counted."""
    free_bytes: int | None = None
    """Of its disk."""


@frozen
class Endpoint:
    """A server that was asked whether it answers."""

    name: str
    """The variable that moves it: ``HF_ENDPOINT``."""
    url: str
    seconds: float | None = None
    """Until it answered."""
    problem: str = ""
    """Why it did not answer."""


@frozen
class HostFacts:
    """What was found on one machine; None and empty where it was not told."""

    system: str = ""
    """Kernel and processor: ``Linux x86_64``."""
    glibc: str = ""
    memory_bytes: int | None = None
    memory_available_bytes: int | None = None
    memory_limit_bytes: int | None = None
    """Of this process's control group; None: no limit."""
    memory_limit_used_bytes: int | None = None
    shm_bytes: int | None = None
    """Size of /dev/shm."""
    shm_free_bytes: int | None = None
    listening_ports: tuple[int, ...] = ()
    """TCP ports on which some process listens."""
    pci_gpus: int = 0
    """NVIDIA display controllers on the bus, whether the driver knows them or not."""
    kernel_driver: str = ""
    """Version of the NVIDIA driver's module in the kernel; empty where it is not loaded."""
    nvml_installed: bool = True
    """Whether the library through which the planner asks the driver is installed."""
    nvml: NvmlAnswer | None = None
    """What the NVIDIA driver says of the visible GPUs; None: it does not answer."""
    nvml_problem: str = ""
    """Why it does not."""
    interfaces: tuple[str, ...] = ()
    """Names of network interfaces."""
    rdma_devices: tuple[str, ...] = ()
    """Network adapters that read and write remote memory: InfiniBand, RoCE, EFA."""
    software: Software = field(default_factory=Software)
    planner_scripts: tuple[str, ...] = ()
    """Distributions that install a program called ``planner`` beside this one."""
    docker: Docker | None = None
    """None: there is none."""
    folders: tuple[Folder, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that change what vLLM does; credentials are left out."""
    endpoints: tuple[Endpoint, ...] = ()
    """Those that were asked; none unless somebody wanted it."""


@frozen
class HostNeeds:
    """What a deployment asks of each of its hosts; None and 0 where it does not matter."""

    vllm_version: str = ""
    """Release whose behaviour was planned with; empty: any."""
    container: bool = False
    """vLLM comes in an image: what is installed here does not matter."""
    ray: bool = False
    """Its processes are started by Ray."""
    hosts: int = 1
    fabric: str = ""
    """The network between them, by its id in hardware_db."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that the plan sets on the host."""
    gpus: int = 0
    """On this host."""
    accelerator: str = ""
    """Id in hardware_db; empty: any."""
    gpu_memory_utilization: float | None = None
    scale_up_domain: int = 1
    """GPUs that were planned to reach each other over NVLink."""
    host_memory_bytes: int = 0
    """Memory of the host that is held for good: offloaded weights and KV cache."""
    port: int = 0
    """Of the HTTP server on this host; 0: it listens on none."""
    download_bytes: int | None = None
    """Of the checkpoint, where it is not here yet; None: it is here, or its size is not known."""
