"""Docker Compose: one host, one server or several behind nginx.

Source: the Compose Specification; docs.docker.com/compose/gpu-support
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.dumped import dump
from planner.errors import UsageError
from planner.launch.base import LaunchFile, Setting
from planner.launch.parts import container as containers
from planner.launch.parts.container import COMPILED, Container, container
from planner.launch.parts.image import IMAGE
from planner.launch.parts.nginx import balancer
from planner.launch.parts.waiting import health_check, scheme, start_limit_s

if TYPE_CHECKING:
    from planner.launch.base import Served

_BALANCER = Setting(
    name="balancer",
    help="What spreads requests over replicas: nginx, or router, which is vLLM's.",
    default="nginx",
)
#: Source: the chart vllm-stack 0.1.12 of the production stack, whose release built this image; its
#: options are those of docs.vllm.ai/projects/production-stack, user_manual/router/cmd (2026-09)
_ROUTER_IMAGE = Setting(
    name="router-image",
    help="The image of vLLM's router; the usual one is for x86-64 alone.",
    default="lmcache/lmstack-router:v0.1.12",
    form=IMAGE,
    example="lmcache/lmstack-router:v0.1.12",
)
SETTINGS: tuple[Setting, ...] = (*containers.SETTINGS, _BALANCER, _ROUTER_IMAGE)

_NGINX = "nginx:stable"
_CONFIGURATION = "nginx.conf"
_WORDS = 2
"""``vllm serve``: what the image would start too."""


def files(served: Served) -> tuple[LaunchFile, ...]:
    """``compose.yaml``, with ``nginx.conf`` for several servers.

    Raises:
        UsageError: it needs several hosts, or cannot run in a container.
    """
    if served.nodes > 1:
        raise UsageError(
            f"the layout takes {served.nodes} hosts, and Compose starts containers on one",
            fix="--to docker writes a script for each, --to kubernetes and --to slurm start all",
        )
    what = [container(served, replica=each) for each in range(served.replicas)]
    if served.replicas == 1:
        services = {served.name: _service(served, what[0], published=True)}
        return (_file(served, services),)
    names = [f"{served.name}-{each}" for each in range(served.replicas)]
    services = {name: _service(served, each) for name, each in zip(names, what, strict=True)}
    spread = served.settings.get(_BALANCER.name) or _BALANCER.default
    if spread not in {"nginx", "router"}:
        raise UsageError(f"--set balancer={spread}: nginx or router")
    servers = [f"{name}:{served.port}" for name in names]
    if spread == "router":
        return (_file(served, {**services, "router": _router(served, servers)}),)
    text = balancer(servers, served.port, scheme=scheme(served))
    return (
        _file(served, {**services, "nginx": _nginx(served, names)}),
        LaunchFile(path=_CONFIGURATION, text=text),
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Start it in the background, and wait until it answers."""
    del served
    return (("docker", "compose", "up", "--detach", "--wait"),)


def _file(served: Served, services: dict[str, Any]) -> LaunchFile:
    document = {"name": served.name, "services": services, "volumes": {COMPILED[0]: {}}}
    return LaunchFile(path="compose.yaml", text=dump(document))


def _service(served: Served, what: Container, *, published: bool = False) -> dict[str, Any]:
    """One server; without its API key it does not start, rather than answer everybody."""
    hub = what.hub
    here = f"${{{hub.variable}:-${{HOME}}/{hub.below_home}}}"
    secrets = [f"{name}=${{{name}:?is not set}}" for name in what.secrets]
    plain = [_text(f"{name}={value}") for name, value in what.environment.items()]
    return {
        "image": _text(what.image),
        "entrypoint": [_text(word) for word in what.command[:_WORDS]],
        "command": [_text(word) for word in what.command[_WORDS:]],
        **({"environment": [*secrets, *plain]} if secrets or plain else {}),
        **({"ports": [f"{served.port}:{served.port}"]} if published else {}),
        "volumes": [
            {"type": "bind", "source": here, "target": _text(hub.inside)},
            {"type": "volume", "source": COMPILED[0], "target": COMPILED[1]},
            *(_bind(path, read_only=True) for path in what.read),
            *(_bind(path, read_only=False) for path in what.written),
        ],
        **({"shm_size": what.shm} if what.shm else {"ipc": "host"}),
        **_gpus(what),
        "healthcheck": {
            "test": ["CMD", *health_check(served)],
            "start_period": f"{start_limit_s(served)}s",
            "interval": "10s",
        },
        "restart": "unless-stopped",
    }


def _gpus(what: Container) -> dict[str, Any]:
    if what.rocm:
        return {
            "devices": list(what.devices),
            "group_add": ["video"],
            "cap_add": ["SYS_PTRACE"],
            "security_opt": ["seccomp=unconfined"],
        }
    which = {"device_ids": list(what.gpus)} if what.gpus else {"count": "all"}
    device = {"driver": "nvidia", **which, "capabilities": ["gpu"]}
    return {"deploy": {"resources": {"reservations": {"devices": [device]}}}}


def _bind(path: str, *, read_only: bool) -> dict[str, Any]:
    """A mount under the same path; a missing one is an error, not an empty folder."""
    return {
        "type": "bind",
        "source": _text(path),
        "target": _text(path),
        **({"read_only": True} if read_only else {}),
        "bind": {"create_host_path": False},
    }


def _nginx(served: Served, names: list[str]) -> dict[str, Any]:
    return {
        "image": _NGINX,
        "ports": [f"{served.port}:{served.port}"],
        "volumes": [f"./{_CONFIGURATION}:/etc/nginx/nginx.conf:ro"],
        "depends_on": names,
        "restart": "unless-stopped",
    }


def _router(served: Served, servers: list[str]) -> dict[str, Any]:
    if "," in served.served_name:
        raise UsageError(
            f"vLLM's router takes {served.served_name} for several models",
            fix="--served-model-name one without a comma, or --set balancer=nginx",
        )
    flags = {
        "--host": "0.0.0.0",  # noqa: S104 - of the container
        "--port": str(served.port),
        "--service-discovery": "static",
        "--static-backends": ",".join(f"{scheme(served)}://{server}" for server in servers),
        "--static-models": ",".join([served.served_name] * len(servers)),
        "--routing-logic": "roundrobin",
    }
    return {
        "image": _text(served.settings.get(_ROUTER_IMAGE.name) or _ROUTER_IMAGE.default),
        "command": [_text(word) for pair in flags.items() for word in pair],
        "ports": [f"{served.port}:{served.port}"],
        "depends_on": [server.partition(":")[0] for server in servers],
        "restart": "unless-stopped",
    }


def _text(text: str) -> str:
    """A text that Compose is to take as it is, not to fill in."""
    return text.replace("$", "$$")
