"""A vLLM process as a Kubernetes pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.launch.base import Setting
from planner.launch.parts.board import platform
from planner.launch.parts.device import placed, resource
from planner.launch.parts.image import image_of
from planner.launch.parts.kubernetes_names import OBJECT, QUALIFIED
from planner.launch.parts.paths import read_paths
from planner.launch.parts.waiting import start_limit_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.launch.base import Served
    from planner.plan import Command

CACHE = Setting(
    name="cache",
    help="Keeps downloads and compiled code: a claim's name, or /a/path of the nodes (the pod's).",
    form=rf"{OBJECT}|/[^\0\n]*",
    example="model-cache",
)
SECRET = Setting(
    name="secret",
    help="The Secret with the keys of --secret (the deployment's).",
    form=OBJECT,
    example="vllm-keys",
)
RDMA = Setting(
    name="rdma",
    help="Network resource for each pod of several: rdma/ib=8.",
    form=rf"{QUALIFIED}=\d+",
    example="rdma/ib=8",
)
SETTINGS = (CACHE, SECRET, RDMA)

#: below it lie Hugging Face's and ModelScope's caches, and vLLM's own
_CACHE_FOLDER = "/root/.cache"
#: for each GPU. Source: docs/deployment/k8s.md (0.33), sizeLimit of the volume shm
_SHM_GIB = 2
_PERIOD_S = 10
_END_S = 60
#: of the hosts' own network: inside a pod there are other interfaces and addresses
_OF_HOSTS = ("VLLM_HOST_IP", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")


def literal(text: str) -> str:
    """A text that Kubernetes hands on as it is: ``$(NAME)`` would be filled in.

    Source: k8s.io/kubernetes/third_party/forked/golang/expansion
    """
    return text.replace("$", "$$")


def labels(served: Served) -> dict[str, str]:
    """The recommended ones."""
    return {
        **chosen(served),
        "app.kubernetes.io/component": "server",
        "app.kubernetes.io/version": served.vllm_version,
        "app.kubernetes.io/managed-by": "vllm-planner",
    }


def chosen(served: Served) -> dict[str, str]:
    """Those that tell this deployment's pods from all others."""
    return {"app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": served.name}


def remarks(served: Served) -> dict[str, str]:
    """What is served, and where the probes' patience comes from."""
    predicted = served.start_up_s
    said = "not predicted" if predicted is None else f"predicted {predicted:.0f} s"
    return {
        "vllm-planner/model": served.model,
        "vllm-planner/start-up": f"{said}; probes wait {start_limit_s(served)} s",
    }


def template(
    served: Served,
    command: Command,
    words: Sequence[str],
    *,
    probes: dict[str, Any],
    image: str | None = None,
    more: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A pod template.

    Args:
        served: the deployment.
        command: its variables and the paths it reads.
        words: what the container runs, ready for Kubernetes: ``literal`` where it must be.
        probes: of the container.
        image: where it is not vLLM's own.
        more: entries of ``env`` that go before the others.

    Raises:
        UsageError: a board without a resource or an image, or a path that no pod can mount.
    """
    volumes, mounts = _volumes(served, command)
    variables = [*more, *_environment(served, command)]
    rocm = platform(served) == "rocm"
    container = {
        "name": "vllm",
        "image": image or image_of(served),
        "command": list(words[:2]),
        "args": list(words[2:]),
        **({"env": variables} if variables else {}),
        "resources": {"limits": _limits(served)},
        "volumeMounts": mounts,
        "securityContext": _security(served, rocm=rocm),
        **probes,
    }
    spec = {
        # a Service called vllm would set VLLM_PORT
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": _END_S,
        "securityContext": {"seccompProfile": {"type": "Unconfined" if rocm else "RuntimeDefault"}},
        **placed(served),
        "containers": [container],
        "volumes": volumes,
    }
    return {
        "metadata": {"labels": labels(served), "annotations": remarks(served)},
        "spec": spec,
    }


def http_probes(served: Served) -> dict[str, Any]:
    """The port, and probes that leave the start its time."""
    ask = {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": _PERIOD_S}
    patience = -(-start_limit_s(served) // _PERIOD_S)
    return {
        "ports": [{"name": "http", "containerPort": served.port}],
        "startupProbe": {**ask, "failureThreshold": patience},
        "readinessProbe": {**ask, "timeoutSeconds": 5},
        "livenessProbe": {**ask, "timeoutSeconds": 10, "failureThreshold": 6},
    }


def _environment(served: Served, command: Command) -> list[dict[str, Any]]:
    secret = served.settings.get(SECRET.name) or served.name
    of_plan = served.layout.commands[0].environment if served.layout.commands else {}
    secrets = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}}
        for name in served.secrets
    ]
    plain = [
        {"name": name, "value": literal(value)}
        for name, value in command.environment.items()
        if not (name in _OF_HOSTS and name in of_plan)
    ]
    return [*secrets, *plain]


def _limits(served: Served) -> dict[str, str]:
    limits = {resource(served): str(served.gpus_per_node)}
    if served.nodes > 1 and (typed := served.settings.get(RDMA.name)):
        name, equals, count = typed.rpartition("=")
        if not equals or not count.isdecimal():
            raise UsageError(f"--set rdma={typed} is not NAME=COUNT", fix="--set rdma=rdma/ib=8")
        limits[name] = count
    return limits


def _security(served: Served, *, rocm: bool) -> dict[str, Any]:
    """No more rights than it has; RDMA pins memory, and ROCm's debugger looks at processes.

    Source: docs/deployment/k8s.md (0.33)
    """
    pins = served.nodes > 1 and served.settings.get(RDMA.name)
    added = [*(["IPC_LOCK"] if pins else []), *(["SYS_PTRACE"] if rocm else [])]
    return {
        "allowPrivilegeEscalation": False,
        **({"capabilities": {"add": added}} if added else {}),
        **({"runAsGroup": 44} if rocm else {}),
    }


def _volumes(served: Served, command: Command) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shared memory, the cache, and what the command reads of the node, with their mounts."""
    cache = served.settings.get(CACHE.name, "")
    keeps: dict[str, Any] = {"emptyDir": {}}
    if cache.startswith("/"):
        keeps = {"hostPath": {"path": cache, "type": "DirectoryOrCreate"}}
    elif cache:
        keeps = {"persistentVolumeClaim": {"claimName": cache}}
    limit = f"{_SHM_GIB * served.gpus_per_node}Gi"
    volumes: list[dict[str, Any]] = [
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": limit}},
        {"name": "cache", **keeps},
    ]
    mounts: list[dict[str, Any]] = [
        {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - of the container
        {"name": "cache", "mountPath": _CACHE_FOLDER},
    ]
    paths = read_paths(command.argv, served.vllm_version) if "ray" not in command.argv[:1] else ()
    for number, path in enumerate(paths):
        if ":" in path or ".." in path.split("/"):
            raise UsageError(
                f"{path[:60]!r} cannot be mounted in a pod",
                cause="Kubernetes takes no colon and no .. in a path",
                fix="move it, or take the model from a hub",
            )
        volumes.append({"name": f"path-{number}", "hostPath": {"path": path}})
        mounts.append({"name": f"path-{number}", "mountPath": path, "readOnly": True})
    return volumes, mounts
