"""GPUs as Kubernetes counts and labels them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.launch.base import Setting
from planner.launch.parts.board import board_of, platform
from planner.launch.parts.kubernetes_names import NAME, QUALIFIED

if TYPE_CHECKING:
    from planner.launch.base import Served

GPU = Setting(
    name="gpu",
    help="Resource that a pod asks for (nvidia.com/gpu, or the slice's own).",
    form=QUALIFIED,
    example="nvidia.com/gpu",
)
_LABEL = rf"{QUALIFIED}=({NAME})?"
NODES = Setting(
    name="nodes",
    help="Labels of the nodes to take, KEY=VALUE,…: in place of the GPU's product.",
    form=rf"{_LABEL}(,{_LABEL})*",
    example="pool=gpu,zone=a",
)
#: what each vendor's device plugin calls a GPU
_RESOURCES = {"cuda": "nvidia.com/gpu", "rocm": "amd.com/gpu"}
#: set by NVIDIA's GPU feature discovery: the driver's name of the board, dashes for blanks
_PRODUCT = "nvidia.com/gpu.product"


def resource(served: Served) -> str:
    """What a pod asks for, one for each GPU.

    A slice is a resource of its own where the device plugin runs with the strategy ``mixed``.
    Source: github.com/NVIDIA/k8s-device-plugin, github.com/ROCm/k8s-device-plugin

    Raises:
        UsageError: no resource is known for the board.
    """
    if typed := served.settings.get(GPU.name):
        return typed
    kind, board = platform(served), board_of(served)
    if board is not None and board.mig_profile:
        return f"nvidia.com/mig-{board.mig_profile.replace('+', '.')}"
    if kind not in _RESOURCES:
        raise UsageError(
            f"what Kubernetes calls a GPU of {kind} is not known here",
            cause=f"the boards are {served.group.accelerator}",
            fix="--set gpu=RESOURCE, as kubectl describe node lists it",
        )
    return _RESOURCES[kind]


def placed(served: Served) -> dict[str, Any]:
    """The part of a pod that chooses its node: the GPU's product, or the labels that were typed.

    Raises:
        UsageError: what was typed is no label.
    """
    name = resource(served)
    tolerated = {"tolerations": [{"key": name, "operator": "Exists", "effect": "NoSchedule"}]}
    if name.startswith("nvidia.com/mig-"):
        tolerated["tolerations"][0]["key"] = _RESOURCES["cuda"]
    if typed := served.settings.get(NODES.name):
        pairs = [word.partition("=") for word in typed.split(",")]
        if not all(key and equals for key, equals, _ in pairs):
            raise UsageError(f"--set nodes={typed} is not KEY=VALUE,…")
        return {"nodeSelector": {key: value for key, _, value in pairs}, **tolerated}
    products = _products(served)
    if not products:
        return tolerated
    term = {"matchExpressions": [{"key": _PRODUCT, "operator": "In", "values": products}]}
    needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": needed}, **tolerated}


def _products(served: Served) -> list[str]:
    board = board_of(served)
    if board is None or board.platform != "cuda":
        return []
    whole = [name.partition(" MIG ")[0] for name in board.nvml_names]
    return [name.replace(" ", "-") for name in whole]
