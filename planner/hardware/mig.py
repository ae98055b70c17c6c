"""Slices of one GPU: MIG profiles and what a slice amounts to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from planner.frozen import frozen
from planner.hardware.accelerator import Accelerator, Confidence, Source  # noqa: TC001, the file reader resolves annotations at run time

_FLOAT_TYPES = ("fp32", "tf32", "fp16", "bf16", "fp8", "fp4")


@frozen
class MigProfile:
    """One way to cut a slice."""

    name: str
    """The driver's name, such as ``1g.10gb``."""
    nominal_gb: float
    """Size in the name; rounds up."""
    memory_slices: int
    """Memory slices taken."""
    compute_slices: int
    """Compute slices taken."""
    max_instances: int
    """Slices of this kind that one GPU holds."""
    memory_bytes: int | None = None
    """Total that was read inside such a slice."""


@frozen
class MigSet:
    """The profiles that some accelerators share."""

    id: str
    """Stable key, equal to the file's name."""
    accelerators: tuple[str, ...]
    """Accelerators that have these profiles."""
    memory_slices: int | None = None
    """Memory slices of the whole GPU."""
    compute_slices: int | None = None
    """Compute slices of the whole GPU."""
    slice_memory_share: float | None = None
    """Share of its memory slices that a profile shows at least, where none was read."""
    confidence: Confidence
    """How well the figures are founded."""
    profiles: tuple[MigProfile, ...] = ()
    """The profiles; empty where they were not collected."""
    sources: tuple[Source, ...]
    """Where the figures come from."""
    notes: str = ""
    """What a reader must know."""


def slice_of(whole: Accelerator, mig: MigSet, profile: MigProfile) -> Accelerator:
    """The accelerator that vLLM sees inside a MIG slice.

    Memory: what was read in such a slice, else its share of the GPU's low end. Bandwidth follows
    the memory slices, compute the compute slices. No links and no P2P between slices.

    Source: docs.nvidia.com/datacenter/tesla/mig-user-guide (read 2026-11-22).
    """
    memory_share = profile.memory_slices / (mig.memory_slices or 1)
    compute_share = profile.compute_slices / (mig.compute_slices or 1)
    margin = 1.0 if memory_share == 1 else mig.slice_memory_share or 1.0
    read = profile.memory_bytes
    rates = (*(f"{t}_dense_flops" for t in _FLOAT_TYPES), "int8_dense_ops", "int4_dense_ops")
    scaled: dict[str, Any] = {name: _times(getattr(whole, name), compute_share) for name in rates}
    measured: dict[str, Any] = {"bf16_measured_flops": None, "fp8_measured_flops": None}
    return replace(
        whole,
        id=f"{whole.id}-mig-{profile.name}",
        name=f"{whole.name} MIG {profile.name}",
        nvml_names=tuple(f"{n} MIG {profile.name}" for n in whole.nvml_names),
        nominal_gb=profile.nominal_gb,
        memory_bytes_low=read or int(whole.memory_bytes_low * memory_share * margin),
        memory_bytes_high=read or int((whole.memory_bytes_high or 0) * memory_share) or None,
        memory_evidence="runtime" if read else "ratio",
        memory_derivation="" if read else f"{margin:g} of {memory_share:g} of the whole GPU",
        hbm_bytes_per_s=_times(whole.hbm_bytes_per_s, memory_share),
        compute_units=int(whole.compute_units * compute_share) if whole.compute_units else None,
        link=None,
        pcie_p2p=False,
        mig_profile=profile.name,
        reference_gpus_per_node=whole.reference_gpus_per_node * profile.max_instances,
        confidence=mig.confidence if read else "low",
        **scaled,
        **measured,
    )


def _times(figure: float | None, share: float) -> float | None:
    return None if figure is None else figure * share
