"""KubeRay's RayService: Ray Serve's own application runs vLLM with the engine options of a plan.

Source: ray-operator/apis/ray/v1/rayservice_types.go of ray-project/kuberay;
ray.serve.llm.build_openai_app and VLLMEngineConfig.from_llm_config, whose engine_kwargs are the
arguments of vLLM's engine and of its server alike (ray 2.60)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.dumped import dump
from planner.errors import UsageError
from planner.launch.base import PORT
from planner.launch.parts import pod
from planner.launch.parts.engine_keywords import engine_keywords, server_keywords
from planner.vllm.command import program
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from planner.launch.base import Served

#: what the application says in other words, and what Ray does of itself: it places the ranks
_TOLD = {"host", "port", "served_model_name", "distributed_executor_backend"}
_TOLD |= {"nnodes", "node_rank", "master_addr", "master_port"}
#: of the head, which starts no replica: Ray's own processes
_HEAD = {"cpu": "4", "memory": "16Gi"}


def ray_service(served: Served) -> dict[str, Any]:
    """The application, and the cluster it runs on: a head without GPUs and a pod for each host.

    Raises:
        UsageError: no image with both was named, or an option or key that the application lacks.
    """
    if not served.image:
        raise UsageError(
            "no image of vLLM's has Ray Serve",
            fix=f"--image one with vLLM {served.vllm_version} and ray[serve,llm]",
        )
    if served.layout.data_parallel_size > 1:
        raise UsageError(
            "Ray Serve has replicas of its own, and the plan has data-parallel ranks",
            fix="plan with --data-parallel-size 1, and --replicas for servers side by side",
        )
    words = served.server.argv
    typed = tokens(words[program(words)[0] :], known(served.vllm_version))
    version = served.vllm_version
    options = engine_keywords(typed, version) | server_keywords(typed, version)
    _passed_on(served, options)
    count = served.nodes * served.replicas
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {},
        "spec": {
            "serveConfigV2": dump(_application(served, options)),
            "rayClusterConfig": {
                "headGroupSpec": {
                    # no replica is placed here
                    "rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"},  # noqa: S104
                    "template": _head(served),
                },
                "workerGroupSpecs": [
                    {
                        "groupName": "workers",
                        **dict.fromkeys(("replicas", "minReplicas", "maxReplicas"), count),
                        "rayStartParams": {},
                        "template": _worker(served),
                    }
                ],
            },
        },
    }


def _passed_on(served: Served, options: dict[str, Any]) -> None:
    """See that nothing of the plan is lost without a word."""
    if "lora_modules" in options:
        raise UsageError(
            "Ray Serve's application loads adapters from a folder of its own (lora_config)",
            fix="leave out --lora-modules, or --set operator=kuberay",
        )
    if "VLLM_API_KEY" in served.secrets:
        raise UsageError(
            "Ray Serve's application asks for no API key",
            fix="leave out --secret VLLM_API_KEY, or --set operator=kuberay",
        )


def _application(served: Served, options: dict[str, Any]) -> dict[str, Any]:
    engine = {name: value for name, value in options.items() if name not in _TOLD}
    model = {"model_id": served.served_name, "model_source": served.model}
    port = {} if served.port == PORT else {"http_options": {"port": served.port}}
    return {
        **port,
        "applications": [
            {
                "name": served.name,
                "route_prefix": "/",
                "import_path": "ray.serve.llm:build_openai_app",
                "args": {
                    "llm_configs": [
                        {
                            "model_loading_config": model,
                            "engine_kwargs": engine,
                            "deployment_config": {"num_replicas": served.replicas},
                        }
                    ]
                },
            }
        ],
    }


def _worker(served: Served) -> dict[str, Any]:
    """A pod with the GPUs of one host; the operator brings its command and its probes."""
    template = pod.template(served, served.server, (), probes={}, image=served.image)
    (container,) = template["spec"]["containers"]
    kept = {key: value for key, value in container.items() if key not in {"command", "args"}}
    kept["ports"] = [_port(served)]
    return {**template, "spec": {**template["spec"], "containers": [kept]}}


def _head(served: Served) -> dict[str, Any]:
    container = {
        "name": "ray-head",
        "image": served.image,
        "ports": [
            {"name": "gcs-server", "containerPort": 6379},
            {"name": "dashboard", "containerPort": 8265},
            {"name": "client", "containerPort": 10001},
            _port(served),
        ],
        "resources": {"limits": _HEAD, "requests": _HEAD},
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    return {
        "metadata": {"labels": pod.labels(served)},
        "spec": {
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }


def _port(served: Served) -> dict[str, Any]:
    """By this name the operator's Service finds it."""
    return {"name": "serve", "containerPort": served.port}
