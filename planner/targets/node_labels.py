"""The cluster that labels of nodes mean: a board, or a type of machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: labels by which nodes tell their board, as NVML or a cloud names it
_BOARD_LABELS = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "gpu.nvidia.com/model",
)
#: labels that tell the type of a machine
_MACHINE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def cluster_of(labels: Mapping[str, str], gpus: int | None, hosts: int = 1) -> tuple[str, ...]:
    """The cluster that labels mean, as ``--gpus`` takes it; nothing where no board is named.

    Args:
        labels: that a node must have.
        gpus: of the board, on each host.
        hosts: as many of them.
    """
    machine = next((labels[name] for name in _MACHINE_LABELS if name in labels), None)
    if machine:
        return (f"{hosts}x{machine}",)
    board = next((labels[name] for name in _BOARD_LABELS if name in labels), None)
    if board and gpus:
        return (f"{hosts}x{gpus}x{board.removesuffix('-SHARED')}",)
    return ()


def labels_of(spec: Any) -> dict[str, str]:  # noqa: ANN401 - a part of a file
    """What a pod's node must be labelled: of a selector, or of a required affinity."""
    if not isinstance(spec, dict):
        return {}
    selector = spec.get("nodeSelector")
    found = {str(k): str(v) for k, v in selector.items()} if isinstance(selector, dict) else {}
    affinity = spec.get("affinity")
    node = affinity.get("nodeAffinity") if isinstance(affinity, dict) else None
    return found | {k: v for k, v in _required(node).items() if k not in found}


def _required(node: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    rule = _item(node, "requiredDuringSchedulingIgnoredDuringExecution")
    return labels_of_terms(_item(rule, "nodeSelectorTerms"))


def labels_of_terms(terms: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    """What terms of a selector require; several values are several names of one board."""
    found: dict[str, str] = {}
    for term in terms if isinstance(terms, list) else ():
        for each in _item(term, "matchExpressions") or ():
            values = _item(each, "values")
            if _item(each, "operator") == "In" and isinstance(values, list) and values:
                found.setdefault(str(_item(each, "key")), str(values[0]))
    return found


def _item(node: Any, key: str) -> Any:  # noqa: ANN401 - as above
    return node.get(key) if isinstance(node, dict) else None
