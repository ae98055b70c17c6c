"""KubeRay's RayService: models that Ray Serve's own application serves with vLLM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.targets.container import Container
from planner.targets.document import Document, Path, Word
from planner.targets.option_words import flag_of, option_words
from planner.targets.pod import container_of, pods
from planner.targets.target import Target, target_of
from planner.targets.within import TextWithin, text_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.pod import Pod

KIND = "RayServices"
_CONFIG: Path = ("spec", "serveConfigV2")


def reads(document: Document) -> bool:
    """It is a RayService with the configuration of its applications."""
    return document.at("kind") == "RayService" and isinstance(document.at(*_CONFIG), str)


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """Each model of ``ray.serve.llm``'s application, on the workers of the cluster.

    Source: ray.io/v1 RayServiceSpec; ray.serve.llm.LLMConfig (2.49): engine_kwargs are options
    of vLLM's, and the workers of one model are placed by Ray
    """
    within = text_within(document, *_CONFIG)
    inner = within.document
    for number, application in enumerate(inner.at("applications") or ()):
        path: Path = ("applications", number, "args", "llm_configs")
        configs = inner.at(*path)
        if isinstance(application, dict) and isinstance(configs, list):
            for index, config in enumerate(configs):
                if isinstance(config, dict):
                    yield _target(document, within, (*path, index), version)


def _target(document: Document, within: TextWithin, path: Path, version: str | None) -> Target:
    inner = within.document
    words = [*_model(inner, (*path, "model_loading_config")), *_options(inner, path, version)]
    container, gpus = _workers(document, inner.at(*path, "accelerator_type"))
    placed = [*within.placed(words), Word(text="--distributed-executor-backend"), Word(text="ray")]
    named = inner.at(*path, "model_loading_config", "model_id")
    return target_of(document, placed, container, version, part=f"llm_configs.{named}", gpus=gpus)


def _model(inner: Document, path: Path) -> list[Word]:
    key = "model_source" if isinstance(inner.at(*path, "model_source"), str) else "model_id"
    mark = inner.mark(*path, key)
    typed = inner.at(*path, key)
    return [Word(text=str(typed), line=mark.line if mark else None)] if typed else []


def _options(inner: Document, path: Path, version: str | None) -> Iterator[Word]:
    settings = inner.at(*path, "engine_kwargs")
    for name in settings if isinstance(settings, dict) else ():
        yield from option_words(
            inner, *path, "engine_kwargs", name, flag=flag_of(str(name)), version=version
        )


def _workers(document: Document, board: Any) -> tuple[Container, tuple[str, ...]]:  # noqa: ANN401
    """The container of the pods with GPUs, and the cluster that they make."""
    found: list[tuple[Pod, Container]] = []
    for pod in pods(document):
        for path in pod.containers[:1]:
            container = container_of(document, path)
            if container.gpus:
                found.append((pod, container))
    if not found:
        return Container(places={"": document.place(*_CONFIG)}), ()
    pod, container = found[-1]
    workers = sum(_replicas(document, each) for each, _ in found)
    gpus = (f"{workers}x{container.gpus}x{board}",) if board else ()
    return container, gpus


def _replicas(document: Document, pod: Pod) -> int:
    """As many pods of a kind as there may be: the head is one."""
    if "workerGroupSpecs" not in pod.spec:
        return 1
    group = pod.spec[: pod.spec.index("workerGroupSpecs") + 2]
    counts = (document.at(*group, key) for key in ("replicas", "minReplicas"))
    return next((count for count in counts if isinstance(count, int) and count > 0), 1)
