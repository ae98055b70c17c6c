"""Whether the families that read a configuration whole make the same of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from planner.model.modules import Experts, Linear, Weight
from planner.model.parts import Split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.model.architecture import Architecture
    from planner.model.from_keys.reading import Reading

ALIKE = 0.005
"""readings whose parameters differ by less say the same: norms and biases are less"""
_ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act")
_GATED = {"silu", "swish", "swiglu", "geglu"}
_PLAIN = {"relu", "relu2", "gelu_new", "gelu_fast", "xielu"}
"""activations that no published model of the catalogue has beside a gate"""


def by_answer(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Readings with as many parameters and the same caches together, the most of a kind first."""
    groups: list[list[Reading]] = []
    for reading in readings:
        for group in groups:
            if _alike(group[0], reading):
                group.append(reading)
                break
        else:
            groups.append([reading])
    return sorted(groups, key=len, reverse=True)


def plainest(group: Iterable[Reading]) -> Reading:
    """Of readings that agree one of the most usual: the same matrices under the same names.

    Lists of layers that a checkpoint leaves unquantized go by those names. Among equals it is the
    family with the most classes.
    """
    readings = list(group)
    common = Counter(map(_matrices, readings))
    return min(readings, key=lambda r: (-common[_matrices(r)], -r.classes, r.like))


def _matrices(reading: Reading) -> frozenset[object]:
    modules = (module for kind in reading.architecture.kinds for module in kind.modules)
    return frozenset(m for m in modules if isinstance(m, (Linear, Experts, Weight)))


def _alike(one: Reading, other: Reading) -> bool:
    near = abs(one.parameters - other.parameters) <= ALIKE * one.parameters
    return near and _caches(one.architecture) == _caches(other.architecture)


def _caches(architecture: Architecture) -> list[Any]:
    return [layer.caches for layer in architecture.layers]


def follows_layer_types(architecture: Architecture, config: Mapping[str, Any]) -> bool:
    """Whether layers that the file calls alike keep alike, and others something else.

    A family that does not know a kind of layer takes it for one that it knows.
    """
    types = config.get("layer_types")
    if not types:
        return True
    if not isinstance(types, list) or len(types) < architecture.num_layers:
        return False
    of_type: defaultdict[str, set[Any]] = defaultdict(set)
    of_caches: defaultdict[Any, set[str]] = defaultdict(set)
    for name, layer in zip(types, architecture.layers, strict=False):
        of_type[str(name)].add(layer.caches)
        of_caches[layer.caches].add(str(name))
    return max(map(len, (*of_type.values(), *of_caches.values())), default=1) == 1


def follows_activation(architecture: Architecture, config: Mapping[str, Any]) -> bool:
    """Whether the feed-forward blocks have a gate where their activation tells."""
    stated = next((config[key] for key in _ACTIVATIONS if config.get(key)), None)
    if stated in _GATED:
        return gated(architecture)
    return stated not in _PLAIN or not gated(architecture)


def gated(architecture: Architecture) -> bool:
    """Whether some feed-forward block multiplies two projections of its input."""
    modules = (module for kind in architecture.kinds for module in kind.modules)
    return any(module.gated if isinstance(module, Experts) else _pair(module) for module in modules)


def _pair(module: object) -> bool:
    if not isinstance(module, Linear) or module.split is not Split.COLUMN:
        return False
    parts = module.parts
    return len(parts) == 2 and parts[0] == parts[1] and parts[0].width == 1  # noqa: PLR2004 - gate and up
