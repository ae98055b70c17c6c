"""Values of vLLM's production-stack chart: each model of its serving engines."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.targets.container import Container, Variable, docker_bytes
from planner.targets.document import Path, Word
from planner.targets.node_labels import cluster_of, labels_of_terms
from planner.targets.option_words import option_words
from planner.targets.pod import probe_of, variables_of
from planner.targets.target import Target, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.document import Document

KIND = "production-stack values"
_MODELS: Path = ("servingEngineSpec", "modelSpec")
#: what the chart writes of its own settings
_OPTIONS = {
    "enableChunkedPrefill": "--enable-chunked-prefill",
    "enablePrefixCaching": "--enable-prefix-caching",
    "maxModelLen": "--max-model-len",
    "dtype": "--dtype",
    "tensorParallelSize": "--tensor-parallel-size",
    "pipelineParallelSize": "--pipeline-parallel-size",
    "maxNumSeqs": "--max-num-seqs",
    "gpuMemoryUtilization": "--gpu-memory-utilization",
    "maxLoras": "--max-loras",
}
_PROBES = ("startupProbe", "livenessProbe")
#: of the chart, where the values say nothing
_SHARED_MEMORY = "20Gi"
_SECRETS = {"hf_token": "HF_TOKEN", "vllmApiKey": "VLLM_API_KEY"}


def reads(document: Document) -> bool:
    """It has models of serving engines."""
    return isinstance(document.at(*_MODELS), list)


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """Each model.

    Source: chart vllm-stack 0.1, templates/deployment-vllm-multi.yaml, ray-cluster.yaml
    """
    for index, spec in enumerate(document.at(*_MODELS)):
        if isinstance(spec, dict) and spec.get("modelURL"):
            yield _target(document, (*_MODELS, index), version)


def _target(document: Document, path: Path, version: str | None) -> Target:
    spec: dict[str, Any] = document.at(*path)
    container = _container(document, path)
    mark = document.mark(*path, "modelURL")
    model = Word(text=str(spec["modelURL"]), line=mark.value_line if mark else None)
    words = [model, *_words(document, path, version)]
    hosts = 1
    if isinstance(spec.get("raySpec"), dict):
        workers = spec.get("replicaCount")
        hosts += workers if isinstance(workers, int) else 0
        words += [Word(text="--distributed-executor-backend"), Word(text="ray")]
    labels = labels_of_terms(spec.get("nodeSelectorTerms"))
    return target_of(
        document,
        words,
        container,
        version,
        part=f"modelSpec.{spec.get('name', path[-1])}",
        gpus=cluster_of(labels, container.gpus, hosts),
    )


def _words(document: Document, path: Path, version: str | None) -> Iterator[Word]:
    settings = (*path, "vllmConfig")
    for key, flag in _OPTIONS.items():
        yield from option_words(document, *settings, key, flag=flag, version=version)
    if document.at(*path, "enableLoRA"):
        yield Word(text="--enable-lora")
    yield from document.words(*settings, "extraArgs")
    if document.at(*path, "lmcacheConfig", "enabled"):
        role = document.at(*path, "lmcacheConfig", "kvRole") or "kv_both"
        connector = {"kv_connector": "LMCacheConnectorV1", "kv_role": str(role)}
        line = document.place(*path, "lmcacheConfig").line
        yield Word(text="--kv-transfer-config", line=line)
        yield Word(text=json.dumps(connector), line=line)


def _container(document: Document, path: Path) -> Container:
    spec: dict[str, Any] = document.at(*path)
    gpus, image = spec.get("requestGPU"), spec.get("repository")
    split = document.at(*path, "vllmConfig", "tensorParallelSize")
    tag = spec.get("tag")
    probes = [kind for kind in _PROBES if document.at(_MODELS[0], kind)]
    return Container(
        image=f"{image}:{tag}" if image and tag else image,
        gpus=gpus if isinstance(gpus, int) else None,
        shm_bytes=_size(spec.get("shmSize", _SHARED_MEMORY)) if split else 0,
        host_ipc=False,
        variables=variables_of(document, path) | _secrets(document, path),
        probes=tuple(probe_of(document, (_MODELS[0],), kind) for kind in probes),
        places={
            "": document.place(*path),
            "image": document.place(*path, "tag"),
            "resources": document.place(*path, "requestGPU"),
        },
    )


def _size(typed: Any) -> int | None:  # noqa: ANN401 - a scalar of a file
    try:
        return docker_bytes(str(typed).removesuffix("i"))
    except ValueError:
        return None


def _secrets(document: Document, path: Path) -> dict[str, Variable]:
    """Tokens that the values hold as text, not as the name of a secret."""
    found = {}
    for above, key in ((path, "hf_token"), ((_MODELS[0],), "vllmApiKey")):
        value = document.at(*above, key)
        if value:
            text = value if isinstance(value, str) and not value.startswith("<") else None
            place = document.place(*above, key)
            found[_SECRETS[key]] = replace(Variable(), value=text, place=place)
    return found
