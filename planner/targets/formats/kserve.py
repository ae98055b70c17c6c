"""KServe's resources that name a model and no command: InferenceService and LLMInferenceService."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.targets.document import Path, Word
from planner.targets.formats import kubernetes
from planner.targets.node_labels import cluster_of, labels_of
from planner.targets.option_words import option_words
from planner.targets.pod import container_of, expanded
from planner.targets.stored_model import stored_model
from planner.targets.target import Target, target_of
from planner.vllm.command import shlex_split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.container import Container
    from planner.targets.document import Document

KIND = "KServe resources"
_KINDS = frozenset({"InferenceService", "LLMInferenceService"})
#: options of KServe's own Hugging Face server, which takes vLLM's besides
_OWN = frozenset(
    {
        "backend", "disable_lower_case", "disable_special_tokens", "grpc_port", "http_port",
        "max_length", "model_dir", "model_id", "model_name", "model_revision", "predictor_host",
        "return_probabilities", "return_token_type_ids", "task", "tensor_input_names",
        "tokenizer_revision", "workers",
    }
)  # fmt: skip
_PARALLELISM = {
    "tensor": "--tensor-parallel-size",
    "pipeline": "--pipeline-parallel-size",
    "data": "--data-parallel-size",
    "dataLocal": "--data-parallel-size-local",
    "expert": "--enable-expert-parallel",
}
_MORE = "VLLM_ADDITIONAL_ARGS"


def reads(document: Document) -> bool:
    """It is one of KServe's, and a model's."""
    # a file from anywhere may hold a list there
    return str(document.at("kind")) in _KINDS and "kserve" in str(document.at("apiVersion"))


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The server of an InferenceService; of an LLMInferenceService also its prefill server.

    Source: serving.kserve.io/v1beta1 PredictorSpec, ModelSpec, WorkerSpec; v1alpha1
    LLMInferenceServiceSpec; the service's template appends VLLM_ADDITIONAL_ARGS to its command
    """
    if document.at("kind") == "LLMInferenceService":
        for part in (("spec",), ("spec", "prefill")):
            if isinstance(document.at(*part, "template"), dict):
                yield _llm(document, part, version)
    elif isinstance(document.at("spec", "predictor", "model"), dict):
        if _is_vllm(document.at("spec", "predictor", "model")):
            yield _inference(document, version)
    else:
        yield from kubernetes.targets(document, version)


def _is_vllm(model: dict[str, Any]) -> bool:
    """Its runtime serves with vLLM: the Hugging Face one does unless told otherwise."""
    form = model.get("modelFormat")
    named = str(form.get("name") if isinstance(form, dict) else form).lower()
    typed = " ".join(map(str, model.get("args") or ()))
    other = "--backend=huggingface" in typed or "--backend huggingface" in typed
    return "vllm" in f"{named} {model.get('runtime')}".lower() or (
        named == "huggingface" and not other
    )


def _inference(document: Document, version: str | None) -> Target:
    predictor: Path = ("spec", "predictor")
    path: Path = (*predictor, "model")
    container = container_of(document, path, predictor)
    args = [expanded(word, container) for word in document.words(*path, "args")]
    own, options = _apart(args)
    stored = stored_model(document, *path, "storageUri")
    named = next((own[name] for name in ("model_id", "model_dir") if name in own), None)
    workers: Path = (*predictor, "workerSpec")
    stages = document.at(*workers, "pipelineParallelSize")
    model = named or stored
    words = [
        *([model] if model else []),
        *options,
        *_sizes(document, workers, version),
        *([Word(text="--distributed-executor-backend"), Word(text="ray")] if stages else []),
    ]
    hosts = stages if isinstance(stages, int) else 1
    labels = labels_of(document.at(*predictor))
    return target_of(
        document,
        words,
        container,
        version,
        gpus=cluster_of(labels, container.gpus, hosts),
    )


def _sizes(document: Document, workers: Path, version: str | None) -> list[Word]:
    typed = {
        "pipelineParallelSize": "--pipeline-parallel-size",
        "tensorParallelSize": "--tensor-parallel-size",
    }
    return [
        word
        for key, flag in typed.items()
        for word in option_words(document, *workers, key, flag=flag, version=version)
    ]


def _apart(args: list[Word]) -> tuple[dict[str, Word], list[Word]]:
    """The options of KServe's server by name, and the rest, which is vLLM's."""
    own: dict[str, Word] = {}
    rest: list[Word] = []
    index = 0
    while index < len(args):
        word = args[index]
        flag, equals, value = word.text.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        following = args[index + 1] if index + 1 < len(args) else None
        index += 1
        if name not in _OWN:
            rest.append(word)
        elif equals:
            own[name] = Word(text=value, line=word.line, column=word.column)
        elif following and not following.text.startswith("-"):
            own[name] = following
            index += 1
    return own, rest


def _llm(document: Document, part: Path, version: str | None) -> Target:
    template: Path = (*part, "template")
    path = _main(document, template)
    container = container_of(document, path, template)
    named = document.at("spec", "model", "name")
    stored = stored_model(document, "spec", "model", "uri", otherwise=named)
    options = [
        word
        for key, flag in _PARALLELISM.items()
        for word in option_words(document, *part, "parallelism", key, flag=flag, version=version)
    ]
    words = [*([stored] if stored else []), *options, *_speculator(document)]
    words += [expanded(word, container) for word in document.words(*path, "args")]
    words += _additional(container)
    labels = labels_of(document.at(*template))
    return target_of(
        document,
        words,
        container,
        version,
        part="" if part == ("spec",) else ".".join(map(str, part)),
        gpus=cluster_of(labels, container.gpus, _hosts(document.at(*part, "parallelism"))),
    )


def _main(document: Document, template: Path) -> Path:
    containers = document.at(*template, "containers") or []
    names = [each.get("name") if isinstance(each, dict) else None for each in containers]
    return (*template, "containers", names.index("main") if "main" in names else 0)


def _hosts(sizes: Any) -> int:  # noqa: ANN401 - a part of a file
    """As many as hold all replicas or stages: one replica a host where nothing else is said."""
    sizes = sizes if isinstance(sizes, dict) else {}
    total, local, stages = (sizes.get(key) for key in ("data", "dataLocal", "pipeline"))
    if isinstance(total, int) and isinstance(local, int) and local:
        return max(total // local, 1)
    return stages if isinstance(stages, int) else 1


def _speculator(document: Document) -> list[Word]:
    config = document.at("spec", "speculator", "config")
    if not isinstance(config, dict):
        return []
    # the resource holds texts only
    numbers = {k: int(v) if str(v).isdecimal() else v for k, v in config.items()}
    mark = document.mark("spec", "speculator", "config")
    line = mark.line if mark else None
    texts = ("--speculative-config", json.dumps(numbers, default=str))
    return [Word(text=text, line=line) for text in texts]


def _additional(container: Container) -> list[Word]:
    variable = container.variables.get(_MORE)
    if variable is None or variable.value is None:
        return []
    place = variable.place
    line, column = (place.line, place.column) if place else (None, None)
    return [Word(text=text, line=line, column=column) for text in shlex_split(variable.value)]
