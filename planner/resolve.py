"""From a request to what it means: the model read, the cluster known, vLLM's version settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.hardware.cluster import Cluster, parse_cluster
from planner.model.read import read_architecture
from planner.model.source import ModelSource, find_model
from planner.quant.read import read_quantization
from planner.vllm.version import VllmVersion, find_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture
    from planner.quant.base import Quantization
    from planner.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a request is about."""

    request: Request
    source: ModelSource
    architecture: Architecture
    quantization: Quantization
    cluster: Cluster
    version: VllmVersion


def resolve(request: Request, environ: Mapping[str, str]) -> Subject:
    """Find and read everything a request names.

    Raises:
        PlannerError: something it names is unknown, unreadable or out of reach.
    """
    if not request.model:
        raise UsageError("no model is named", fix="add --model MODEL")
    if not request.gpus:
        raise UsageError("no GPUs are named", fix="add --gpus 8xH100, or --gpus auto")
    cluster = parse_cluster(request.gpus, environ=environ)
    version = find_version(request.vllm_version)
    source = find_model(
        request.model,
        revision=request.revision,
        offline=request.offline,
        refresh=request.refresh,
        environ=environ,
    )
    return Subject(
        request=request,
        source=source,
        architecture=read_architecture(source.config),
        quantization=read_quantization(source.config, request.pinned.quantization),
        cluster=cluster,
        version=version,
    )
