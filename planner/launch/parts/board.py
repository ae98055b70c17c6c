"""What a deployment's GPUs are: their platform, and which of a host's it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.errors import UnknownNameError, UsageError
from planner.hardware.catalog import Catalog
from planner.hardware.lookup import find, platform_of
from planner.launch.base import Setting

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator
    from planner.launch.base import Served

GPUS = Setting(
    name="gpus", help="GPUs of the host to take, by number or UUID: 4,5,6,7 (the first ones)."
)
#: the variable that shows a process some GPUs; vLLM sets CUDA's from HIP's by itself
VISIBLE = {"cuda": "CUDA_VISIBLE_DEVICES", "rocm": "HIP_VISIBLE_DEVICES"}
_GPU = re.compile(r"[A-Za-z0-9/-]+")


def board_of(served: Served) -> Accelerator | None:
    """The board, or the slice of one; None where only the user's own cluster file knows it."""
    try:
        return find(Catalog.default(), served.group.accelerator).accelerator
    except UnknownNameError:
        return None


def platform(served: Served) -> str:
    """``cuda``, ``rocm``, … ; a board that only the user's own cluster file knows is CUDA's."""
    return platform_of(Catalog.default(), served.group.accelerator)


def of_replicas(served: Served) -> tuple[tuple[str, ...], ...]:
    """The GPUs of each replica on a host; no names where the only one takes all of them.

    Raises:
        UsageError: the host has fewer, other ones were named than are needed, or slices were not
            named: they have no numbers.
    """
    each, have = served.gpus_per_node, served.group.gpus_per_node
    need = each * served.replicas
    typed = served.settings.get(GPUS.name, "")
    names = typed.split(",") if typed else [str(number) for number in range(need)]
    if len(names) != need or not all(_GPU.fullmatch(name) for name in names):
        raise UsageError(
            f"--set gpus={typed} is not {need} GPUs",
            cause=f"{served.replicas} servers of {each} GPUs each"
            if served.replicas > 1
            else f"the layout takes {each} GPUs of a host",
            fix=f"--set gpus={','.join(map(str, range(need)))}",
        )
    if need > have:
        raise UsageError(
            f"{served.replicas} servers of {each} GPUs need {need}, a host has {have}",
            fix=f"--replicas {have // each}, or --to kubernetes spreads them over hosts",
        )
    found = board_of(served)
    if found and found.mig_profile and not typed:
        raise UsageError(
            f"which {found.mig_profile} slices to take is not known",
            cause="a slice has no number that CUDA counts it by",
            fix="--set gpus=MIG-UUID,…, as nvidia-smi -L lists them",
        )
    if need == have and served.replicas == 1 and not typed:
        return ((),)
    return tuple(tuple(names[first : first + each]) for first in range(0, need, each))
