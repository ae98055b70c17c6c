"""What each vLLM version does differently: one data file a version that changed something."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import UnknownNameError
from planner.frozen import frozen
from planner.vllm.spans import LAST_PATCH, ReleaseNumber, release_name, release_number

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "versions"
_MEASURED_FROM = (0, 11)


@frozen
class RunnerFacts:
    """What decides on a model's runner: its class, and whether it has experts, or states."""

    architecture: str
    experts: bool = False
    states: bool = False
    pooling: bool = False
    quantized: bool = False
    draft: str = ""
    """the method of speculative decoding"""


@frozen
class VllmVersion:
    """The behaviour of one version.

    Attributes:
        name: as it was asked for: major and minor, ``0.33``, and a patch where one was named.
        gpu_memory_utilization: the default share of a GPU's memory.
        graphs: CUDA graphs are ``outside`` the budget, or ``estimated`` and taken off it.
        kv_tokens: "GPU KV cache size" counts the tokens of all ``blocks``, or ``concurrency``
            times the longest request.
        in_flight: freed blocks of a window wait for all steps scheduled ahead.
        async_scheduling: the next step is planned while one runs, unless told not to.
        hybrid_prefix_caching: models with states and attention cache prefixes unless told not to.
        connectors_of_groups: connectors of the KV cache that leave windows booked as windows.
        chunked_local: layers that attend within a chunk keep blocks of the ``chunk``, or are
            booked as ``full`` attention, together with every other layer of their model.
        group_padding: layer types whose counts differ by less than this factor share groups of
            the larger count.
        latent_alignment: tokens whose multiple a block of latent attention beside states is.
        batch_tiers: boards with default batch sizes of their own: ``none``, ``hopper`` (by name;
            ``1024``: and as many requests on all), ``memory`` (from 70 GiB), ``h100`` (these but
            A100), ``b200`` (also from 160 GiB), ``gb10`` (also GB10, as a small board).
        whole_prompts_up_to: contexts up to here run prompts whole unless chunks are asked for.
        mxfp4_experts: how Hopper's kernel for gpt-oss lays out loaded weights: ``strided``, or
            ``swizzled``.
        awq_kernel: what AWQ's linear layers run on where Hopper offers Machete: ``marlin``, or
            ``machete``.
        moe_wna16_block: input features a rank that moe_wna16's 4-bit kernel takes at a time; 1
            where it shortens its block to what divides them.
        quantized_classes: model classes that are built by another one with quantized weights.
        one_class_formats: number formats that they are built by themselves with.
        rocm_mxfp4_step: features of MXFP4 experts are padded to multiples of this on ROCm.
        blackwell_experts: kernels of quantized experts on data-centre Blackwell: ``modular`` with
            a workspace that stays, or ``monolithic``.
        indexer_contexts: longest contexts whose keys sparse attention's indexer gathers at once,
            up to 256k tokens and beyond.
        indexer_scratch: the profile run holds the indexer's scores too.
        rocm_indexer_logits: scores that ROCm keeps of a decode step: ``none``, a row for each of
            a step's ``tokens``, or of its ``requests``.
        latent_context: what the context of latent attention's prompts has room for at least:
            ``none`` is profiled, a block for each of the ``requests``, or whole ``blocks``.
        latent_context_unprofiled: model classes whose profile run leaves it out.
        largest_capture: the largest batch captured, by model class, where vLLM fixes it.
        lora_embeddings: model classes whose embedding and head have slots for LoRA adapters.
        rotary_positions: by how much classes lengthened their rotary table that later releases
            keep as long as the context.
        runner_v2: who runs on the second model runner: ``none``, the ``named`` classes,
            ``dense`` (those named, and all that generate without experts or states), ``all``.
        runner_v2_classes: the named ones.
        runner_v2_quantized: also with quantized weights.
        runner_v1_drafts: methods of speculative decoding that keep the first model runner.
        runner_v2_profiles_encoder: the profile run of the second model runner encodes, too.
    """

    name: str
    gpu_memory_utilization: float
    graphs: str
    kv_tokens: str
    in_flight: bool
    async_scheduling: bool
    hybrid_prefix_caching: bool
    connectors_of_groups: tuple[str, ...]
    chunked_local: str
    group_padding: float
    latent_alignment: int
    batch_tiers: str
    whole_prompts_up_to: int
    mxfp4_experts: str
    awq_kernel: str
    moe_wna16_block: int
    quantized_classes: Mapping[str, str]
    one_class_formats: tuple[str, ...]
    rocm_mxfp4_step: int
    blackwell_experts: str
    indexer_contexts: tuple[int, int]
    indexer_scratch: bool
    rocm_indexer_logits: str
    latent_context: str
    latent_context_unprofiled: tuple[str, ...]
    largest_capture: Mapping[str, int]
    lora_embeddings: tuple[str, ...]
    rotary_positions: Mapping[str, int]
    runner_v2: str
    runner_v2_classes: tuple[str, ...]
    runner_v2_quantized: bool
    runner_v1_drafts: tuple[str, ...]
    runner_v2_profiles_encoder: bool

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor, for comparing."""
        return version_number(self.name)

    @property
    def release(self) -> ReleaseNumber:
        """With the patch, for comparing; the last one where none was named."""
        return release_number(self.name, LAST_PATCH)

    def uses_runner_v2(self, model: RunnerFacts) -> bool:
        """Whether a model runs on the second model runner.

        Source: vllm.config.vllm.VllmConfig.use_v2_model_runner, _is_default_v2_model_runner_model
        (0.22.1, 0.23.0, 0.25.0, 0.28.0, 0.29.0, 0.33.0), _get_v2_model_runner_unsupported_features
        (0.26.0, 0.33.0)
        """
        if model.draft in self.runner_v1_drafts:
            return False
        if self.runner_v2 in {"none", "all"}:
            return self.runner_v2 == "all"
        if model.pooling or (model.quantized and not self.runner_v2_quantized):
            return False
        named = model.architecture in self.runner_v2_classes
        return named or (self.runner_v2 == "dense" and not model.experts and not model.states)


def version_number(name: str) -> tuple[int, int]:
    """Major and minor, for comparing."""
    major, minor = name.split(".")[:2]
    return int(major), int(minor)


@cache
def _files() -> dict[ReleaseNumber, Path]:
    return dict(sorted((release_number(path.stem), path) for path in _FOLDER.glob("*.toml")))


def newest() -> str:
    """The newest version known, without a patch."""
    return release_name((*max(_files())[:2], LAST_PATCH))


def oldest() -> tuple[int, int]:
    """The oldest version whose every term was measured, for comparing; older ones are answered."""
    return _MEASURED_FROM


def installed() -> str | None:
    """The version of an installed vLLM, without importing it."""
    if find_spec("vllm") is None:
        return None
    from importlib import metadata  # a tenth of the start-up, needed by no other path

    try:
        return metadata.version("vllm")
    except metadata.PackageNotFoundError:
        return None


def find_version(name: str | None = None) -> VllmVersion:
    """The behaviour of a version; the installed one, or the newest known, when none is named.

    A name without a patch stands for the last patch of its minor release.

    Raises:
        UnknownNameError: the name is no version, or is older or newer than what is known.
    """
    named = name is not None
    asked = name or installed() or newest()
    known = _files()
    try:
        release = release_number(asked, LAST_PATCH)
    except ValueError:
        release = None
    if release is None or not min(known)[:2] <= release[:2] <= max(known)[:2]:
        raise UnknownNameError(
            f"vLLM {asked} is not known",
            cause=f"the behaviour of {release_name((*min(known)[:2], LAST_PATCH))} to {newest()} "
            "is recorded",
            fix=f"use --vllm-version {newest()}",
        )
    return _behaviour(release, release if named else (*release[:2], LAST_PATCH))


@cache
def _behaviour(release: ReleaseNumber, shown: ReleaseNumber) -> VllmVersion:
    facts: dict[str, Any] = {}
    for since, path in _files().items():
        if since <= release:
            facts |= tomllib.loads(path.read_text(encoding="utf-8"))
    own = {f.name for f in fields(VllmVersion)}
    facts = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items() if k in own}
    return VllmVersion(**facts | {"name": release_name(shown)})
