"""What one run looks up: each model and cluster once, however many deployments name it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from planner.errors import PlannerError
from planner.hardware.catalog import Catalog
from planner.hardware.cluster import parse_cluster
from planner.model.encoder_items import encoder_items
from planner.model.older_builds import as_built_before
from planner.model.read import read_architecture, read_text_model
from planner.model.source import find_model
from planner.vllm.media import leaves_out

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from planner.hardware.cluster import Cluster
    from planner.model.architecture import Architecture
    from planner.model.source import ModelSource
    from planner.request import Request
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.version import VllmVersion

T = TypeVar("T")


class Lookups:
    """Keeps what was found, and why the rest was not: a hub that is away is asked once."""

    def __init__(self) -> None:
        self._clusters: dict[Hashable, Cluster | PlannerError] = {}
        self._models: dict[Hashable, ModelSource | PlannerError] = {}
        self._made: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}

    @cached_property
    def catalog(self) -> Catalog:
        """The data of boards, nodes and prices."""
        return Catalog.default()

    def cluster(self, gpus: tuple[str, ...]) -> Cluster:
        """The cluster that texts name.

        Raises:
            PlannerError: as ``parse_cluster``.
        """
        return _once(self._clusters, gpus, lambda: parse_cluster(gpus))

    def made(self, make: Callable[..., T], *of: Any) -> T:  # noqa: ANN401 - what it takes
        """What a function makes of some objects, once for the same ones.

        They are kept, so that an ``id`` goes on meaning one of them; to hash a model, or compare
        two, would take longer than much that is made of it.
        """
        key = (make, *map(id, of))
        if key not in self._made:
            self._made[key] = of, make(*of)
        found: T = self._made[key][1]
        return found

    def architecture(
        self, config: Mapping[str, Any], pinned: VllmArguments, version: VllmVersion
    ) -> Architecture:
        """The model as a release builds it, with its encoders as options ask for them.

        Raises:
            InvalidInputError: as ``read_architecture``.
        """
        reader = read_text_model if pinned.language_model_only else read_architecture
        read = self.made(reader, config)
        architecture = self.made(as_built_before, read, version.rotary_positions)
        items = encoder_items(config)
        text_only = items is not None and leaves_out(pinned.limit_mm_per_prompt, items.kinds)
        if pinned.language_model_only or (text_only and "audio_config" not in config):
            return architecture.without_tower()
        whole = pinned.mm_encoder_tp_mode == "data"
        return architecture.with_whole_tower() if whole else architecture

    def model(self, request: Request, environ: Mapping[str, str]) -> ModelSource:
        """The model of a request.

        Raises:
            PlannerError: as ``find_model``.
        """
        return _once(
            self._models,
            (request.model, request.revision),
            lambda: find_model(
                request.model,
                revision=request.revision,
                offline=request.offline,
                refresh=request.refresh,
                environ=environ,
            ),
        )


def _once(known: dict[Hashable, T | PlannerError], key: Hashable, find: Callable[[], T]) -> T:
    if key not in known:
        try:
            known[key] = find()
        except PlannerError as error:
            known[key] = error
    found = known[key]
    if isinstance(found, PlannerError):
        raise found
    return found
