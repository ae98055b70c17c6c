"""What one run looks up: each model and cluster once, however many deployments name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from planner.errors import PlannerError
from planner.hardware.cluster import parse_cluster
from planner.model.source import find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from planner.hardware.cluster import Cluster
    from planner.model.source import ModelSource
    from planner.request import Request

T = TypeVar("T")


class Lookups:
    """Keeps what was found, and why the rest was not: a hub that is away is asked once."""

    def __init__(self) -> None:
        self._clusters: dict[Hashable, Cluster | PlannerError] = {}
        self._models: dict[Hashable, ModelSource | PlannerError] = {}

    def cluster(self, gpus: tuple[str, ...]) -> Cluster:
        """The cluster that texts name.

        Raises:
            PlannerError: as ``parse_cluster``.
        """
        return _once(self._clusters, gpus, lambda: parse_cluster(gpus))

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
