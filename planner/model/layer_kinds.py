"""The distinct layers of a model once each matrix has its number format.

A checkpoint may leave some layers unquantized, so that layers alike in shape differ in
bytes. Formulas loop over these few kinds, never over layers or table rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.model.modules import Buffer, Embedding, Experts, Linear, Module
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.quant.base import Quantization, Scheme
    from planner.units import Ints


_SCALES = ".attn.scales"
"""how the buffer of an attention layer's scales is named: a format may add parameters to it"""
_HEAD = "lm_head"
"""vLLM's name of a head that a format may quantize"""


@frozen(kw_only=False)
class LayerKind:
    """Modules of one layer, each with the format of its weights."""

    modules: tuple[tuple[Module, Scheme], ...]


@frozen
class LayerKinds:
    """The distinct kinds, and which layers are of each.

    ``before[k, i]`` counts the layers of kind k among the first i layers, so that a stage's
    count is a difference of two entries.
    """

    kinds: tuple[LayerKind, ...]
    before: Ints

    @property
    def kind_of(self) -> Ints:
        """The kind of each layer: Int64[layers]."""
        kind: Ints = np.diff(self.before, axis=1).argmax(axis=0)
        return kind

    def counts(self, starts: Ints, ends: Ints) -> Ints:
        """Layers of each kind in stages: Int64[kinds, rows, stages]."""
        return self.before[:, ends] - self.before[:, starts]


def layer_kinds(architecture: Architecture, quantization: Quantization) -> LayerKinds:
    """Sort the layers into kinds."""
    found: dict[LayerKind, int] = {}
    kind_of: list[int] = []
    uniform = quantization is UNQUANTIZED
    # layers alike are one object: only their formats are compared, and few shapes are hashed
    latest: dict[int, tuple[tuple[Scheme, ...], int]] = {}
    for index, layer in enumerate(architecture.layers):
        formats, kind = latest.get(id(layer), (None, 0))
        if formats is None or not uniform:
            prefix = f"{architecture.layer_prefix}.{index}."
            modules = with_schemes(layer.modules, quantization, prefix, mla=architecture.uses_mla)
            schemes = tuple(scheme for _, scheme in modules)
            if schemes != formats:
                kind = found.setdefault(LayerKind(modules), len(found))
                latest[id(layer)] = schemes, kind
        kind_of.append(kind)
    is_kind = np.array(kind_of)[None, :] == np.arange(len(found))[:, None]
    before = np.zeros((len(found), len(kind_of) + 1), dtype=np.int64)
    np.cumsum(is_kind, axis=1, out=before[:, 1:])
    return LayerKinds(kinds=tuple(found), before=before)


def with_schemes(
    modules: tuple[Module, ...], quantization: Quantization, prefix: str = "", *, mla: bool = False
) -> tuple[tuple[Module, Scheme], ...]:
    """Each module with the format of its weights; ``prefix`` leads its checkpoint names."""
    held = (_held(module, quantization.method) for module in modules)
    return tuple((module, _scheme(module, quantization, prefix, mla=mla)) for module in held)


def _held(module: Module, method: str) -> Module:
    """The module as the checkpoint's format lets ranks divide it."""
    if isinstance(module, Linear) and method in module.undivided_with:
        return module.whole()
    return module


def _scheme(module: Module, quantization: Quantization, prefix: str, *, mla: bool) -> Scheme:
    if isinstance(module, Buffer) and module.name.endswith(_SCALES):
        return quantization.attention_scheme(mla=mla)
    if isinstance(module, Embedding) and module.name.endswith(_HEAD):
        return quantization.head_scheme(prefix + module.name)
    if not isinstance(module, (Linear, Experts)) or not module.quantized:
        return UNQUANTIZED
    names = tuple(prefix + name for name in module.checkpoint_names)
    if isinstance(module, Linear):
        return quantization.linear_scheme(names, prefix + module.name)
    return quantization.expert_scheme(names, prefix + module.name)
