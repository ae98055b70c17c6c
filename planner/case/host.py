"""What rules on a machine judge: its facts, what is asked of it, and what follows from both."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.hardware.catalog import Catalog
from planner.hardware.host import HostFacts, HostNeeds
from planner.hardware.lookup import platform_of
from planner.hardware.machine import cluster_of
from planner.vllm.release import (
    Cuda,
    Release,
    cuda_of,
    find_release,
    find_toolkit,
    newest_release,
    version_key,
)

if TYPE_CHECKING:
    from planner.hardware.group import NodeGroup
    from planner.hardware.nvml import NvmlGpu


@frozen(slots=False)
class HostCase:
    """One machine and what it is to run; ``HostNeeds()`` asks nothing of it."""

    facts: HostFacts
    needs: HostNeeds = field(default_factory=HostNeeds)

    @property
    def vllm(self) -> str:
        """The version of vLLM that will run; empty where there is none."""
        if self.needs.container:
            return self.needs.vllm_version
        return self.facts.software.packages.get("vllm", "")

    @cached_property
    def release(self) -> Release | None:
        """The release that version is; None where it is not known."""
        return find_release(self.vllm)

    @cached_property
    def toolkit(self) -> Cuda | None:
        """The CUDA that vLLM is built for; None where nothing tells."""
        if self.needs.container:
            return find_toolkit(self.release.image_cuda) if self.release else None
        return find_toolkit(cuda_of(self.facts.software.packages))

    @property
    def for_nvidia(self) -> bool:
        """Whether what is asked for is NVIDIA's, as far as the hardware data knows the board."""
        return platform_of(Catalog.default(), self.needs.accelerator) == "cuda"

    @property
    def driver(self) -> str:
        """The NVIDIA driver; empty where there is none."""
        return self.facts.nvml.driver if self.facts.nvml else self.facts.kernel_driver

    @property
    def too_old_for(self) -> Cuda | None:
        """The CUDA that vLLM is built for, where the driver is older than the least for it.

        What NVML says of CUDA is the library's that programs load: with CUDA's compatibility
        package that is newer than the driver, and counts.
        """
        toolkit, nvml = self.toolkit, self.facts.nvml
        if toolkit is None or not self.driver:
            return None
        compatible = (
            nvml is not None and (nvml.cuda or 0) // 1000 >= version_key(toolkit.version)[0]
        )
        short = version_key(self.driver) < version_key(toolkit.least_driver)
        return toolkit if short and not compatible else None

    @property
    def newest_release(self) -> Release | None:
        """The newest release whose wheel runs on this driver and all visible GPUs.

        None where none does, or the driver does not answer.
        """
        if self.facts.nvml is None:
            return None
        boards = [gpu.compute_capability for gpu in self.facts.nvml.gpus]
        return newest_release(driver=self.driver, boards=boards)

    @property
    def gpus(self) -> tuple[NvmlGpu, ...]:
        """The GPUs that vLLM will take: the first ones, or all where nothing is asked."""
        visible = self.facts.nvml.gpus if self.facts.nvml else ()
        return visible[: self.needs.gpus or None]

    @cached_property
    def groups(self) -> tuple[NodeGroup, ...]:
        """The visible GPUs as the planner reads them, a group for each kind."""
        if self.facts.nvml is None or not self.facts.nvml.gpus:
            return ()
        return cluster_of(self.facts.nvml, Catalog.default()).groups
