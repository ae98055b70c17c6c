"""Kubernetes: a Deployment, for several nodes a LeaderWorkerSet or a RayCluster; a RayService.

Source: kubernetes.io/docs/reference, lws.sigs.k8s.io/docs, docs.ray.io (KubeRay, pod-command);
docs/deployment/k8s.md and frameworks/lws.md (0.33)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.dumped import dump
from planner.errors import UsageError
from planner.launch.base import LaunchFile, Setting
from planner.launch.parts import groups, pod
from planner.launch.parts.device import GPU, NODES
from planner.launch.parts.image import DRIVER
from planner.launch.parts.ray_service import ray_service
from planner.launch.parts.waiting import start_limit_s

if TYPE_CHECKING:
    from planner.launch.base import Served

OPERATOR = Setting(
    name="operator",
    help="What joins several nodes: lws, or kuberay; rayservice runs Ray Serve on any.",
    default="lws",
)
_OPERATORS = ("lws", "kuberay", "rayservice")
SETTINGS: tuple[Setting, ...] = (OPERATOR, *pod.SETTINGS, GPU, NODES, DRIVER)

_FILE = "kubernetes.yaml"
#: how each kind says that it serves
_READY = {"LeaderWorkerSet": "Available", "RayCluster": "HeadPodReady", "RayService": "Ready"}


def files(served: Served) -> tuple[LaunchFile, ...]:
    """One manifest: what runs it, its Service, and its PodDisruptionBudget.

    Raises:
        UsageError: the plan does not suit the operator, or the board has no resource or image.
    """
    served = _named(served)
    what, serving = _runs(served)
    runs = {**what, "metadata": {**_metadata(served), **what.get("metadata", {})}}
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(served),
        "spec": {
            # the only server does not make way for an upgrade of its node by itself; operators'
            # pods may be counted in this way alone
            "minAvailable": served.nodes * max(1, served.replicas - 1) + _heads(runs),
            "selector": {"matchLabels": pod.chosen(served)},
        },
    }
    services = [_service(served, serving)] if serving else []
    return (LaunchFile(path=_FILE, text=dump(runs, *services, budget)),)


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Apply it, and wait until it answers."""
    served = _named(served)
    kind = _runs(served)[0]["kind"]
    limit = f"--timeout={start_limit_s(served)}s"
    waits = ("kubectl", "rollout", "status", f"deployment/{served.name}", limit)
    if kind in _READY:
        condition = f"--for=condition={_READY[kind]}"
        waits = ("kubectl", "wait", condition, f"{kind.lower()}/{served.name}", limit)
    return ("kubectl", "apply", "-f", _FILE), waits


def _named(served: Served) -> Served:
    """With a name that a Service takes: it begins with a letter."""
    letter = served.name[:1].isalpha()
    return served if letter else replace(served, name=f"vllm-{served.name}")


def _heads(runs: dict[str, Any]) -> int:
    """Pods that run no vLLM, and that all others need."""
    return int(runs["kind"] == "RayService")


def _service(served: Served, serving: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(served),
        "spec": {
            "selector": serving,
            "ports": [{"name": "http", "port": served.port, "targetPort": "http"}],
        },
    }


def _runs(served: Served) -> tuple[dict[str, Any], dict[str, str]]:
    """What runs the pods, and the labels of those that answer; none where Services are made."""
    operator = served.settings.get(OPERATOR.name) or OPERATOR.default
    if operator not in _OPERATORS:
        raise UsageError(f"--set operator={operator}: one of {', '.join(_OPERATORS)}")
    if operator == "rayservice":
        return ray_service(served), {}
    if served.nodes == 1:
        return _deployment(served), pod.chosen(served)
    return groups.kuberay(served) if operator == "kuberay" else groups.lws(served)


def _metadata(served: Served) -> dict[str, Any]:
    return {"name": served.name, "labels": pod.labels(served)}


def _deployment(served: Served) -> dict[str, Any]:
    (command,) = served.commands
    words = [pod.literal(word) for word in command.argv]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {},
        "spec": {
            "replicas": served.replicas,
            # there are no GPUs to spare for a new pod beside the old one
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            },
            "progressDeadlineSeconds": 2 * start_limit_s(served),
            "selector": {"matchLabels": pod.chosen(served)},
            "template": pod.template(served, command, words, probes=pod.http_probes(served)),
        },
    }
