"""Pods over several nodes that are one server: a LeaderWorkerSet, or a Ray cluster of KubeRay."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.launch.parts import nodes, pod, shell
from planner.launch.parts.image import image_of
from planner.vllm.release import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.launch.base import Served
    from planner.plan import Command

#: variables that the operator sets in each pod.
#: Source: api/leaderworkerset/v1/leaderworkerset_types.go of kubernetes-sigs/lws
_LEADER, _INDEX = "$(LWS_LEADER_ADDRESS)", "$(LWS_WORKER_INDEX)"
#: the first whose image has no Ray
_WITHOUT_RAY = (0, 18)
#: Ray opens many files. Source: docs.ray.io, KubeRay, pod-command
_FILES = "ulimit -n 65536"


def lws(served: Served) -> tuple[dict[str, Any], dict[str, str]]:
    """VLLM's own way over several nodes, and the labels of the pods that answer.

    Raises:
        UsageError: the plan runs on Ray.
    """
    if any(command.argv[:1] == ("ray",) for command in served.commands):
        raise UsageError(
            "the plan joins its hosts by Ray, and a LeaderWorkerSet needs none",
            fix="--set operator=kuberay, or plan with --executor mp",
        )
    leader, worker = served.on_node(0)[-1], served.on_node(1)[-1]
    own = [{"name": "VLLM_HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    spec = {
        "replicas": served.replicas,
        "leaderWorkerTemplate": {
            "size": served.nodes,
            # a rank that comes back alone finds no group to join
            "restartPolicy": "RecreateGroupOnPodRestart",
            "leaderTemplate": pod.template(
                served, leader, list(_words(leader)), probes=pod.http_probes(served), more=own
            ),
            "workerTemplate": pod.template(
                served, worker, list(_words(worker)), probes={}, more=own
            ),
        },
    }
    serving = {**pod.chosen(served), "leaderworkerset.sigs.k8s.io/worker-index": "0"}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {},
        "spec": spec,
    }, serving


def _words(command: Command) -> Iterator[str]:
    """The words of a command, with what differs from pod to pod left to Kubernetes."""
    filled = {"--master-addr": _LEADER}
    if command.node:
        filled["--node-rank"] = _INDEX
    for before, word in pairwise(("", *command.argv)):
        yield filled.get(before, pod.literal(word))


def kuberay(served: Served) -> tuple[dict[str, Any], dict[str, str]]:
    """A Ray cluster whose head runs the server, and the labels of the pod that answers.

    Raises:
        UsageError: several servers, or an image without Ray.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas}: a Ray cluster runs one server",
            fix="--set operator=lws, or --name for a second cluster",
        )
    if not served.image and version_key(served.vllm_version) >= _WITHOUT_RAY:
        raise UsageError(
            "vLLM's image has no Ray since 0.18",
            cause=f"the plan is of vLLM {served.vllm_version}",
            fix="--image one with pip install 'ray[cgraph]' on top, or --set operator=lws",
        )
    over = nodes.over_ray(served)
    spec = {"headGroupSpec": _head(over), "workerGroupSpecs": [_workers(over)]}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"annotations": {"ray.io/overwrite-container-cmd": "true"}},
        "spec": spec,
    }, {"ray.io/cluster": served.name, "ray.io/node-type": "head"}


def _head(over: Served) -> dict[str, Any]:
    """The pod that Ray and the server start in, once the others have joined."""
    start, server = over.on_node(0)
    host = ("--dashboard-host", "0.0.0.0")  # noqa: S104 - of the pod
    lines = (
        shell.line(*_without_address(start), *host),
        nodes.checked(over),
        shell.line("exec", *server.argv),
    )
    return {
        "rayStartParams": {},
        "template": _scripted(over, server, lines, pod.http_probes(over)),
    }


def _workers(over: Served) -> dict[str, Any]:
    """Pods that join, by the command that the operator would run there."""
    alive = ("/bin/sh", "-c", 'ray health-check --address "$FQ_RAY_IP:6379"')
    probe = {"exec": {"command": list(alive)}, "periodSeconds": 30, "timeoutSeconds": 10}
    probes = {"readinessProbe": probe, "livenessProbe": {**probe, "failureThreshold": 10}}
    join = ('eval "$KUBERAY_GEN_RAY_START_CMD"',)
    count = over.nodes - 1
    return {
        "groupName": "workers",
        "replicas": count,
        "minReplicas": count,
        "maxReplicas": count,
        "rayStartParams": {},
        "template": _scripted(over, over.on_node(1)[-1], join, probes),
    }


def _scripted(
    served: Served, command: Command, lines: tuple[str, ...], probes: dict[str, Any]
) -> dict[str, Any]:
    script = "\n".join(("set -eu", _FILES, *lines))
    words = ("/bin/bash", "-c", pod.literal(script))
    return pod.template(served, command, words, probes=probes, image=image_of(served))


def _without_address(start: Command) -> Iterator[str]:
    """Pods have addresses of their own."""
    for before, word in pairwise(("", *start.argv)):
        if "--node-ip-address" not in (before, word):
            yield word
