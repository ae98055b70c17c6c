"""One accelerator: a device as the operating system and vLLM see it."""

# annotations are types here, not texts: the file reader asks for them at every start
# ruff: noqa: I002

from dataclasses import field
from datetime import date
from typing import Literal

from planner.frozen import frozen

#: where the memory figure comes from, best first
MemoryEvidence = Literal["runtime", "sibling", "recalled", "driver", "ratio"]
Confidence = Literal["high", "medium", "low"]


@frozen
class Source:
    """Where figures were read."""

    kind: Literal["vendor", "table", "log", "press", "derived"]
    """Vendor's own page, a public table, a log or issue, press, or arithmetic."""
    ref: str
    """Document, address or repository."""
    accessed: date
    """Day on which it was read, or written down when recalled."""
    recalled: bool = False
    """True when the document was known but not opened."""
    fields: tuple[str, ...] = ()
    """Keys it covers; empty: every figure that no other source names."""


@frozen
class MemoryReading:
    """One memory total that somebody's software printed."""

    total_bytes: int
    """The total, at the precision that was printed."""
    by: Literal["runtime", "driver"]
    """``runtime``: torch or cudaMemGetInfo; ``driver``: nvidia-smi or a cloud's API."""
    ref: str
    """Where it was printed."""
    note: str = ""
    """What makes this reading special."""


@frozen
class Contested:
    """A figure that another source gives differently."""

    field: str
    """The key in question."""
    value: float
    """What the other source says, in the key's unit."""
    source: str
    """Who says so."""


@frozen
class AliasNote:
    """A name that is only a default: it may mean another board too."""

    alias: str
    """The name as typed."""
    note: str
    """What else it may mean."""


@frozen
class Pcie:
    """The slot."""

    generation: int
    """PCIe generation."""
    lanes: int
    """Lanes."""
    bytes_per_s_one_way: float
    """Line rate of one direction."""


@frozen
class BoardLink:
    """What joins this accelerator to its neighbours beside PCIe."""

    kind: str
    """An id of ``fabrics/`` such as ``nvlink4``, or the family's name."""
    topology: Literal["switch", "rack", "mesh", "hybrid-mesh", "bridge", "torus", "ring"]
    """How the links are laid; ``bridge``: only cards with a bridge on them are joined."""
    bytes_per_s_one_way: float | None = None
    """All links of one accelerator, one direction."""
    links: int | None = None
    """Links of one accelerator."""
    max_peers: int | None = None
    """Most accelerators it can reach over these links."""


@frozen
class Accelerator:
    """A board, or one device of it: figures are per device, rates are dense.

    Missing figures are None, never 0.
    """

    id: str
    """Stable key, equal to the file's name: model, form, size."""
    name: str
    """Product name."""
    vendor: str
    """Maker, lower case."""
    architecture: str = "unknown"
    """Chip generation, lower case."""
    platform: Literal["cuda", "rocm", "xpu", "hpu", "npu", "tpu", "neuron"]
    """vLLM's platform, in tree or plug-in."""
    memory_bytes_low: int
    """Least total that the runtime reports: what a plan counts with."""
    compute_capability: tuple[int, int] | None = None
    """CUDA compute capability; None where there is none."""
    arch_target: str | None = None
    """Compiler target of other vendors, such as gfx942."""
    form_factor: str = "pcie"
    """pcie, sxm5, oam, superchip, soc …"""
    status: Literal["shipping", "sampling", "announced"] = "shipping"
    """Whether it can be bought."""
    confidence: Confidence = "medium"
    """How well the figures are founded."""
    aliases: tuple[str, ...] = ()
    """Other names people type."""
    nvml_names: tuple[str, ...] = ()
    """Product names as the driver reports them."""
    unclear_aliases: tuple[str, ...] = ()
    """Names that mean this or another board equally: refused, with the choice."""
    alias_notes: tuple[AliasNote, ...] = ()
    """Names that are only a default."""
    vllm_support: Literal["supported", "limited", "plugin", "unsupported", "unknown"] = "unknown"
    """Whether vLLM runs on it."""
    vllm_note: str = ""
    """What limits it."""
    devices_per_package: int = 1
    """Devices that the operating system sees per package sold."""
    nominal_gb: float | None = None
    """Size in the product's name, per device; never a budget."""
    memory_type: str = ""
    """HBM3, GDDR6 …"""
    unified_memory: bool = False
    """True when the host shares it."""
    memory_bytes_high: int | None = None
    """Most total that the runtime reports."""
    memory_evidence: MemoryEvidence = "runtime"
    """How the low end is known."""
    memory_derivation: str = ""
    """How it was derived when no runtime figure was read."""
    memory_ecc: Literal["on", "off"] | None = None
    """ECC state the low and high ends hold for, where it changes the total."""
    memory_bytes_other_ecc: int | None = None
    """Total in the other ECC state."""
    recalled_runtime_bytes: tuple[int, ...] = ()
    """Runtime totals remembered, not read."""
    recalled_driver_bytes: tuple[int, ...] = ()
    """Driver totals remembered, not read."""
    memory_readings: tuple[MemoryReading, ...] = ()
    """Totals that were read."""
    hbm_bytes_per_s: float | None = None
    """Memory bandwidth."""
    fp32_dense_flops: float | None = None
    """fp32 rate, per second."""
    tf32_dense_flops: float | None = None
    """tf32 tensor rate, per second."""
    fp16_dense_flops: float | None = None
    """fp16 tensor rate, fp32 accumulation, per second."""
    bf16_dense_flops: float | None = None
    """bf16 tensor rate, per second."""
    fp8_dense_flops: float | None = None
    """fp8 tensor rate, per second."""
    fp4_dense_flops: float | None = None
    """Best 4-bit float rate, per second."""
    int8_dense_ops: float | None = None
    """int8 tensor rate, per second."""
    int4_dense_ops: float | None = None
    """int4 tensor rate, per second."""
    bf16_measured_flops: float | None = None
    """Best bf16 matrix product published."""
    fp8_measured_flops: float | None = None
    """Best fp8 matrix product published."""
    native_dtypes: tuple[str, ...] = ()
    """Number formats the tensor units take."""
    compute_units: int | None = None
    """SMs, CUs or cores."""
    l2_cache_bytes: int | None = None
    """Last cache before memory."""
    tdp_watts: float | None = None
    """Board power."""
    reference_gpus_per_node: int = 8
    """GPUs of the usual server: a bare count above it is read as several nodes."""
    reference_node: str | None = None
    """The usual server among the node types."""
    pcie: Pcie | None = None
    """The slot."""
    pcie_p2p: bool | None = None
    """Whether the driver allows GPU to GPU copies over PCIe; None: depends on the host."""
    link: BoardLink | None = None
    """Links beside PCIe; None: there are none."""
    confirmed_by: tuple[str, ...] = ()
    """Tables that agree on the figures compared."""
    contested: tuple[Contested, ...] = ()
    """Figures that others give differently."""
    sources: tuple[Source, ...] = ()
    """Where the figures come from."""
    notes: str = ""
    """What a reader must know."""
    mig_profile: str = field(default="", metadata={"in_file": False})
    """Profile of the MIG slice that this is of a board; empty for a whole board."""
    origin: str = field(default="hardware_db", metadata={"in_file": False})
    """``hardware_db``, a user's file, or ``nvml``."""

    @property
    def memory_bytes(self) -> int:
        """What a plan counts with: the low end."""
        return self.memory_bytes_low

    @property
    def device_name(self) -> str:
        """The name the driver reports; vLLM reads its defaults from it."""
        return self.nvml_names[0] if self.nvml_names else self.name

    @property
    def dense_flops(self) -> dict[str, float]:
        """Dense peak by number format, operations per second; unknown ones left out."""
        rates = {
            "fp32": self.fp32_dense_flops,
            "tf32": self.tf32_dense_flops,
            "fp16": self.fp16_dense_flops,
            "bf16": self.bf16_dense_flops,
            "fp8": self.fp8_dense_flops,
            "fp4": self.fp4_dense_flops,
            "int8": self.int8_dense_ops,
            "int4": self.int4_dense_ops,
        }
        return {dtype: rate for dtype, rate in rates.items() if rate is not None}
