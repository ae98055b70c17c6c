"""Manifests hold to the published schemas, and mean what was planned."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from ruamel.yaml import YAML

from planner.cli.app import run
from planner.errors import UsageError
from planner.launch import kubernetes
from planner.launch.parts.pod import literal
from tests.launch.served_cases import CASES, HOSTILE, WORDS, answer, cases, record

if TYPE_CHECKING:
    from planner.launch.base import Served

DATA = Path(__file__).parents[1] / "data" / "kubernetes"


@cache
def schemas() -> dict[str, jsonschema.Draft202012Validator]:
    core = json.loads(gzip.decompress((DATA / "kubernetes-1.34.json.gz").read_bytes()))
    operators = json.loads((DATA / "operators.json").read_text(encoding="utf-8"))
    shared = {"$defs": core["$defs"]}
    kinds = {**core["kinds"], **operators}
    for kind in kinds.values():
        kind.pop("$id", None)
    return {n: jsonschema.Draft202012Validator({**k, **shared}) for n, k in kinds.items()}


@cache
def every() -> dict[str, Served]:
    return cases("kubernetes")


def documents(served: Served) -> dict[str, Any]:
    """By kind; each one of Kubernetes."""
    (file,) = kubernetes.files(served)
    found = {each["kind"]: each for each in YAML(typ="safe").load_all(file.text)}
    for kind, each in found.items():
        schemas()[kind].validate(each)
    return found


def expanded(text: str, variables: dict[str, str]) -> str:
    """What Kubernetes makes of an argument: ``$$`` is a dollar sign, ``$(NAME)`` a variable."""

    def fill(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return variables.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", fill, text)


def argv(template: dict[str, Any], variables: dict[str, str]) -> list[str]:
    (container,) = template["spec"]["containers"]
    return [expanded(word, variables) for word in (*container["command"], *container["args"])]


@pytest.mark.parametrize("case", CASES)
def test_a_manifest_holds_to_the_schemas_of_what_it_is_made_of(case: str) -> None:
    try:
        found = documents(every()[case])
    except UsageError:
        return
    assert {"Service", "PodDisruptionBudget"} < set(found)
    (runs,) = set(found) - {"Service", "PodDisruptionBudget"}
    assert runs == ("LeaderWorkerSet" if every()[case].nodes > 1 else "Deployment")


@pytest.mark.parametrize(
    ("case", "gpus"),
    [
        ("deepseek-r1-2x8xa100", "2x8xA100"),
        ("qwen3-32b-4xl40s", "4xL40S"),
        ("qwen3-on-a-slice", "h100-mig-1g.10gb"),
    ],
)
@pytest.mark.parametrize("operator", ["lws", "kuberay"])
def test_what_is_written_is_read_back_without_an_error(
    case: str, gpus: str, operator: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served = replace(with_settings(case, operator=operator), image="mine/vllm:v0.33.0")
    (file,) = kubernetes.files(served)
    (tmp_path / file.path).write_text(file.text, encoding="utf-8")
    words = ["--gpus", gpus, "--offline", "--format", "json", str(tmp_path / file.path)]
    assert run(["validate", *words]) == 0
    (layout,) = json.loads(capsys.readouterr().out)["layouts"]
    assert layout["gpus_used"] == served.layout.gpus_used


@pytest.mark.parametrize("wrong", [{"replica": 1}, {"replicas": "one"}])
def test_the_schemas_refuse_what_is_wrong(wrong: dict[str, Any]) -> None:
    for name in ("one-gpu", "two-nodes"):
        made = documents(every()[name])
        (runs,) = (each for kind, each in made.items() if kind in {"Deployment", "LeaderWorkerSet"})
        with pytest.raises(jsonschema.ValidationError):
            schemas()[runs["kind"]].validate({**runs, "spec": {**runs["spec"], **wrong}})


def test_each_pod_of_a_group_runs_its_hosts_command() -> None:
    served = every()["two-nodes"]
    group = documents(served)["LeaderWorkerSet"]["spec"]["leaderWorkerTemplate"]
    assert group["size"] == 2
    head, worker = served.commands
    for index, (role, command) in enumerate({"leader": head, "worker": worker}.items()):
        operator = {"LWS_LEADER_ADDRESS": "HEAD_ADDRESS", "LWS_WORKER_INDEX": str(index)}
        assert argv(group[f"{role}Template"], operator) == list(command.argv)
    assert "startupProbe" not in group["workerTemplate"]["spec"]["containers"][0]


@given(words=WORDS)
def test_kubernetes_hands_over_the_very_words(words: str) -> None:
    assert expanded(literal(words), {"NAME": "filled"}) == words


def test_odd_words_and_variables_arrive_as_they_are() -> None:
    planned = answer(options={"--served-model-name": HOSTILE}, environment={"NOTE": "$(HOME) $$"})
    deployment = documents(record(planned, "kubernetes", secrets=("HF_TOKEN",)))["Deployment"]
    template = deployment["spec"]["template"]
    assert argv(template, {"touch pwned": "x"}) == list(planned.layouts[0].commands[0].argv)
    secret, note = template["spec"]["containers"][0]["env"]
    assert "value" not in secret
    assert secret["valueFrom"]["secretKeyRef"]["key"] == "HF_TOKEN"
    assert expanded(note["value"], {"HOME": "/root"}) == "$(HOME) $$"


def test_a_service_reaches_the_pods_that_answer() -> None:
    for name in ("one-gpu", "two-nodes", "three-servers"):
        found = documents(every()[name])
        selector = found["Service"]["spec"]["selector"]
        if deployment := found.get("Deployment"):
            assert selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
        else:
            assert selector["leaderworkerset.sigs.k8s.io/worker-index"] == "0"
    assert documents(every()["three-servers"])["PodDisruptionBudget"]["spec"]["minAvailable"] == 2


def test_the_probes_wait_for_what_is_predicted() -> None:
    for predicted, probes in ((None, 180), (1000.0, 300)):
        served = replace(every()["one-gpu"], start_up_s=predicted)
        template = documents(served)["Deployment"]["spec"]["template"]
        (container,) = template["spec"]["containers"]
        startup = container["startupProbe"]
        assert startup["failureThreshold"] == probes
        assert startup["periodSeconds"] == 10
        said = template["metadata"]["annotations"]["vllm-planner/start-up"]
        assert said.startswith("not predicted" if predicted is None else "predicted 1000 s")


def with_settings(case: str, **settings: str) -> Served:
    served = every()[case]
    return replace(served, settings={**served.settings, **settings})


def test_what_is_set_is_written() -> None:
    set_ = {
        "cache": "models",
        "secret": "keys",
        "nodes": "pool=gpu,zone=a",
        "gpu": "example.com/gpu",
    }
    spec = documents(with_settings("one-gpu", **set_))["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["volumes"][1]["persistentVolumeClaim"] == {"claimName": "models"}
    assert spec["nodeSelector"] == {"pool": "gpu", "zone": "a"}
    assert "affinity" not in spec
    assert container["resources"]["limits"] == {"example.com/gpu": "1"}
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "keys"
    spec = documents(with_settings("one-gpu", cache="/data/cache"))["Deployment"]["spec"]
    assert spec["template"]["spec"]["volumes"][1]["hostPath"]["path"] == "/data/cache"
    group = documents(with_settings("two-nodes", rdma="rdma/ib=8"))["LeaderWorkerSet"]["spec"]
    (container,) = group["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "8", "rdma/ib": "8"}
    assert container["securityContext"]["capabilities"] == {"add": ["IPC_LOCK"]}


def ray_service(case: str, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    """The RayService of a case, with its application taken out of its text."""
    served = replace(
        with_settings(case, operator="rayservice"), image="mine/ray-vllm:0.33", secrets=secrets
    )
    found = documents(served)
    assert set(found) == {"RayService", "PodDisruptionBudget"}, "the operator makes its Services"
    spec = found["RayService"]["spec"]
    (application,) = YAML(typ="safe").load(spec["serveConfigV2"])["applications"]
    (config,) = application["args"]["llm_configs"]
    return {**spec, **config, "budget": found["PodDisruptionBudget"]["spec"]["minAvailable"]}


def test_ray_serve_starts_the_engine_as_planned() -> None:
    made = ray_service("two-nodes")
    assert made["model_loading_config"]["model_source"] == "Qwen/Qwen3-8B"
    assert made["engine_kwargs"] == {
        "tensor_parallel_size": 8,
        "pipeline_parallel_size": 2,
        "gpu_memory_utilization": 0.95,
    }
    (group,) = made["rayClusterConfig"]["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "8"}
    assert "command" not in container, "the operator writes it"
    assert (group["replicas"], made["budget"]) == (2, 3), "the head stays as well"


def test_servers_side_by_side_are_replicas_of_ray_serve() -> None:
    assert ray_service("folder")["engine_kwargs"]["chat_template"] == "/data/t.jinja"
    made = ray_service("three-servers")
    assert made["deployment_config"] == {"num_replicas": 3}
    (group,) = made["rayClusterConfig"]["workerGroupSpecs"]
    assert group["replicas"] == 3


@pytest.mark.parametrize(
    ("case", "changes", "said"),
    [
        ("one-gpu", {"image": None}, "no image of vLLM's has Ray Serve"),
        ("one-gpu", {"image": "mine:1"}, "asks for no API key"),
        ("two-replicas-inside", {"image": "mine:1"}, "data-parallel ranks"),
    ],
)
def test_what_ray_serve_cannot_do_is_refused(case: str, changes: dict[str, Any], said: str) -> None:
    served = replace(with_settings(case, operator="rayservice"), **changes)
    with pytest.raises(UsageError, match=said):
        kubernetes.files(served)


def test_addresses_of_hosts_stay_out_of_pods() -> None:
    variables = {"VLLM_HOST_IP": "10.0.0.1", "NCCL_SOCKET_IFNAME": "eno1", "NCCL_IB_HCA": "mlx5"}
    served = record(answer(8, 2, nodes=2, environment=variables), "kubernetes")
    template = documents(served)["LeaderWorkerSet"]["spec"]["leaderWorkerTemplate"][
        "leaderTemplate"
    ]
    assert template["spec"]["containers"][0]["env"] == [
        {"name": "VLLM_HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "NCCL_IB_HCA", "value": "mlx5"},
    ]


def test_the_head_of_a_ray_cluster_runs_the_server_as_soon_as_the_others_have_joined() -> None:
    served = replace(with_settings("two-nodes", operator="kuberay"), image="mine:1")
    spec = documents(served)["RayCluster"]["spec"]
    *_, script = argv(spec["headGroupSpec"]["template"], {})
    lines = script.splitlines()
    assert shlex.split(lines[2])[:5] == ["ray", "start", "--head", "--port", "6379"]
    assert shlex.split(lines[-1])[-2:] == ["--distributed-executor-backend", "ray"]
    (workers,) = spec["workerGroupSpecs"]
    assert (workers["replicas"], workers["minReplicas"], workers["maxReplicas"]) == (1, 1, 1)
    assert "startupProbe" not in workers["template"]["spec"]["containers"][0]
    for group in (spec["headGroupSpec"], workers):
        *_, script = argv(group["template"], {})
        subprocess.run(["/bin/bash", "-n"], input=script.encode(), check=True)
    service = documents(served)["Service"]["spec"]["selector"]
    assert service == {"ray.io/cluster": served.name, "ray.io/node-type": "head"}


@pytest.mark.parametrize(
    ("case", "settings", "says"),
    [
        ("two-nodes", {"operator": "kuberay"}, "has no Ray since 0.18"),
        ("two-nodes", {"operator": "helm"}, "one of lws, kuberay"),
        ("two-nodes-ray", {}, "joins its hosts by Ray"),
        ("one-gpu", {"nodes": "gpu"}, "is not KEY=VALUE"),
        ("two-nodes", {"rdma": "rdma/ib"}, "is not NAME=COUNT"),
        ("hostile", {}, "cannot be mounted"),
    ],
)
def test_what_cannot_run_there_is_refused(case: str, settings: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        kubernetes.files(with_settings(case, **settings))


def test_it_is_applied_and_waited_for() -> None:
    apply, wait = kubernetes.start(every()["one-gpu"])
    assert apply == ("kubectl", "apply", "-f", "kubernetes.yaml")
    assert wait[:4] == ("kubectl", "rollout", "status", "deployment/qwen3-8b")
    _, wait = kubernetes.start(every()["two-nodes"])
    assert "leaderworkerset/qwen3-8b" in wait


def test_a_name_that_begins_with_a_digit_gets_a_letter() -> None:
    served = replace(every()["one-gpu"], name="01-ai-yi")
    assert documents(served)["Service"]["metadata"]["name"] == "vllm-01-ai-yi"
