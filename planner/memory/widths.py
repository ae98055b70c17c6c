"""How wide a token's temporary tensors are on each stage, from the layers' own modules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.memory.activation import expert_workspace_elements
from planner.memory.marlin_fp8 import marlin_runs_fp8
from planner.memory.profile_run import ActivationShape
from planner.model.modules import Experts, Linear, Split
from planner.quant.schemes.mxfp4_experts import TRITON, Mxfp4Experts
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.layout import Layouts
    from planner.memory.stages import Stages
    from planner.model.architecture import Architecture
    from planner.model.layer_kinds import LayerKind, LayerKinds
    from planner.quant.base import Scheme
    from planner.units import IntLike, Ints

_BLACKWELL = 100
#: formats whose kernels take activations in 8 bits, by name
_EIGHT_BITS = ("fp8", "int8")
#: makes the keys and values of latent attention
_FROM_LATENTS = ".kv_b_proj"


@frozen
class ExpertKernels:
    """Which kernels run the routed experts: the GPU's capability, and the version's fact."""

    capability: int
    blackwell_experts: str

    def free_temporaries(self, scheme: Scheme) -> bool:
        """Whether a format's kernel makes its buffers anew and frees them at once.

        OpenAI's Triton kernels for MXFP4 do, and FlashInfer's TRTLLM kernels, which data-centre
        Blackwell prefers for quantized experts.

        Source: vllm.model_executor.layers.fused_moe.experts.gpt_oss_triton_kernels_moe,
        .oracle.fp8._get_priority_backends, .oracle.nvfp4 (0.15.1, 0.33.0)
        """
        blackwell = self.capability // 10 == _BLACKWELL // 10
        if isinstance(scheme, Mxfp4Experts) and scheme.triton:
            return blackwell or scheme.padding(self.capability) is TRITON
        quantized = scheme is not UNQUANTIZED
        return blackwell and quantized and self.blackwell_experts == "monolithic"


def activation_shape(
    architecture: Architecture,
    kinds: LayerKinds,
    layouts: Layouts,
    stages: Stages,
    *,
    dtype_bytes: int,
    kernels: ExpertKernels,
) -> ActivationShape:
    """The widest layer of every stage: columns Int64[rows, stages].

    A linear layer is told by its place: in attention, in the shared experts, or in the dense
    MLP; column splits widen a token, row splits take the narrow side.
    """
    experts = partial(_expert_elements, kernels, architecture.experts_per_token, layouts.moe_tp)
    present = kinds.counts(stages.starts, stages.ends) > 0

    def widest(width: Callable[[LayerKind], IntLike]) -> Ints:
        result = np.zeros(stages.shape, dtype=np.int64)
        for kind, here in zip(kinds.kinds, present, strict=True):
            columns = np.broadcast_to(np.asarray(width(kind)), (len(layouts),))
            result = np.maximum(result, np.where(here, columns[:, None], 0))
        return result

    tp, hidden = layouts.tp, architecture.hidden_size
    return ActivationShape(
        hidden=hidden,
        mlp_projection=widest(lambda kind: _projection(kind, "mlp", tp)),
        mlp_activation=widest(lambda kind: _activation(kind, "mlp", tp)),
        attention_qkv=widest(lambda kind: _projection(kind, "attention", tp)),
        attention_output=widest(lambda kind: _activation(kind, "attention", tp)),
        latent_operands=widest(lambda kind: _latent_operands(kind, tp, hidden)),
        latent_products=widest(lambda kind: _latent_products(kind, hidden)),
        latent_context=widest(lambda kind: _from_latents(kind, tp)),
        expert_workspace=widest(lambda kind: experts(kind, freed=False)),
        expert_temporary=widest(lambda kind: experts(kind, freed=True)),
        eager_hidden=architecture.eager_hidden_copies,
        mlp_quantized=widest(lambda kind: _quantized(kind, tp, kernels.capability)),
        shared_projection=widest(lambda kind: _projection(kind, "shared", tp)),
        shared_activation=widest(lambda kind: _activation(kind, "shared", tp)),
        vocabulary=architecture.padded_vocab,
        logits_capped=architecture.caps_logits,
        dtype_bytes=dtype_bytes,
    )


def _experts(kind: LayerKind) -> list[tuple[Experts, Scheme]]:
    return [(module, scheme) for module, scheme in kind.modules if isinstance(module, Experts)]


def _expert_elements(
    kernels: ExpertKernels, top_k: int, moe_tp: Ints, kind: LayerKind, *, freed: bool
) -> IntLike:
    here = [m for m, scheme in _experts(kind) if kernels.free_temporaries(scheme) is freed]
    return _largest([_workspace(module, top_k, moe_tp) for module in here])


def _workspace(module: Experts, top_k: int, moe_tp: Ints) -> IntLike:
    return expert_workspace_elements(
        top_k, module.hidden, module.intermediate_on(moe_tp), gated=module.gated
    )


def _place(module: Linear) -> str:
    name = module.name.lower()
    if "shared" in name:
        return "shared"
    if "indexer" in name:
        return "indexer"
    return "attention" if "att" in name or "mixer" in name else "mlp"


def _linears(kind: LayerKind, place: str, split: Split) -> list[Linear]:
    found = [m for m, _ in kind.modules if isinstance(m, Linear) and _place(m) == place]
    if place == "attention" and any(map(_is_from_latents, found)):
        return []  # latent attention has a moment of its own
    return [m for m in found if m.split is split]


def _is_from_latents(module: Linear) -> bool:
    return module.name.endswith(_FROM_LATENTS)


def _from_latents(kind: LayerKind, tp: Ints) -> IntLike:
    """Keys and values of a token, of all heads on a rank; 0 without latent attention."""
    linears = [m for m, _ in kind.modules if isinstance(m, Linear) and _is_from_latents(m)]
    return _largest([sum(m.outputs_on(tp)) for m in linears])


def _latent_operands(kind: LayerKind, tp: Ints, hidden: int) -> IntLike:
    """Queries, latents and the result of a token; 0 without latent attention.

    Keys and values are made of context only, and queries may come from latents of their own.
    """
    linears = _latent_linears(kind)
    total: IntLike = 0
    for module in linears:
        if module.split is Split.ROW:
            total = total + module.inputs_on(tp)
        elif not _is_from_latents(module):
            total = total + sum(module.outputs_on(tp)) - _latent_inputs(module, hidden)
    return total


def _latent_products(kind: LayerKind, hidden: int) -> int:
    """Latents before their norms, and those of the queries after it as well."""
    total = 0
    for module in _latent_linears(kind):
        if module.split is not Split.ROW:
            copies = 1 if _is_from_latents(module) else 2
            total += copies * _latent_inputs(module, hidden)
    return total


def _latent_inputs(module: Linear, hidden: int) -> int:
    return 0 if module.inputs == hidden else module.inputs


def _latent_linears(kind: LayerKind) -> list[Linear]:
    linears = [m for m, _ in kind.modules if isinstance(m, Linear) and _place(m) == "attention"]
    return linears if any(map(_is_from_latents, linears)) else []


def _projection(kind: LayerKind, place: str, tp: Ints) -> IntLike:
    widths = [sum(m.outputs_on(tp)) for m in _linears(kind, place, Split.COLUMN)]
    return _largest(widths)


def _activation(kind: LayerKind, place: str, tp: Ints) -> IntLike:
    return _largest([m.inputs_on(tp) for m in _linears(kind, place, Split.ROW)])


def _quantized(kind: LayerKind, tp: Ints, capability: int) -> IntLike:
    """What enters the dense MLP's second product, where kernels multiply 8 bits."""
    rows = {id(module) for module in _linears(kind, "mlp", Split.ROW)}
    return _largest(
        [
            module.inputs_on(tp)
            for module, scheme in kind.modules
            if isinstance(module, Linear)
            and id(module) in rows
            and scheme.name.startswith(_EIGHT_BITS)
            and not marlin_runs_fp8(scheme, capability)
        ]
    )


def _largest(widths: list[IntLike]) -> IntLike:
    result: IntLike = 0
    for width in widths:
        result = np.maximum(result, width)
    return result
