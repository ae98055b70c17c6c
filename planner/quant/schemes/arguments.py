"""compressed-tensors' description of numbers, and the scheme vLLM makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import Fp8Block
from planner.quant.schemes.grouped import PER_CHANNEL
from planner.quant.schemes.int8 import Int8
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.schemes.nvfp4 import GROUP_SIZE as NVFP4_GROUP
from planner.quant.schemes.nvfp4 import Nvfp4
from planner.quant.schemes.packed_int import PackedInt
from planner.quant.values import bits, block_shape, group_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

PACKED = "pack-quantized"
_MICROSCALING_GROUP = 32
_PACKED_BITS = range(2, 9)
_WHOLE = ("tensor", "channel")
_BYTE_BITS, _NIBBLE_BITS = 8, 4


@frozen
class Numbers:
    """How weights, or activations, are stored.

    Source: compressed_tensors.quantization.quant_args.QuantizationArgs (0.17.0)
    """

    bits: int = 8
    type: str = "int"
    strategy: str = "tensor"
    group_size: int | None = None
    block: tuple[int, int] | None = None
    symmetric: bool = True
    dynamic: bool = False
    uint8_scales: bool = False

    @classmethod
    def of(cls, stated: Mapping[str, Any] | None) -> Numbers | None:
        """What a config group says of weights or activations; None when it says nothing."""
        if not stated:
            return None
        block = stated.get("block_structure")
        group = group_size(stated, "group_size") if stated.get("group_size") else None
        return cls(
            bits=bits({"num_bits": _BYTE_BITS, **stated}, "num_bits"),
            type=str(stated.get("type") or "int").lower(),
            strategy=str(stated.get("strategy") or _strategy(group)).lower(),
            group_size=group,
            block=block_shape(block) if block else None,
            symmetric=stated.get("symmetric") is not False,
            dynamic=bool(stated.get("dynamic")),
            uint8_scales=str(stated.get("scale_dtype")).endswith("uint8"),
        )

    def is_float(self, width: int, group: int | None = None) -> bool:
        """Whether they are floats of so many bits, in groups of that size."""
        same_group = group is None or self.group_size == group
        return self.type == "float" and self.bits == width and same_group and self.symmetric


def scheme_of(weights: Numbers, inputs: Numbers | None, form: str) -> Scheme | None:
    """The scheme of a layer, or None where vLLM has none; ``form`` is the compression format.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.compressed_tensors
    .CompressedTensorsConfig._get_scheme_from_parts, .compressed_tensors_moe
    .compressed_tensors_moe.CompressedTensorsMoEMethod.get_moe_method (0.33.0)
    """
    if weights.is_float(_NIBBLE_BITS, NVFP4_GROUP) and weights.strategy == "tensor_group":
        return Nvfp4(inputs="scaled" if inputs else "none", refuses_begun_groups=False)
    if weights.strategy == "group" and weights.is_float(_NIBBLE_BITS, _MICROSCALING_GROUP):
        return Microscaling(bits=_NIBBLE_BITS, refuses_begun_groups=False)
    microscaled = weights.strategy == "group" and weights.uint8_scales
    if microscaled and weights.is_float(_BYTE_BITS, _MICROSCALING_GROUP):
        return Microscaling(bits=_BYTE_BITS)
    if weights.is_float(_BYTE_BITS) and not weights.dynamic:
        return _fp8(weights, inputs)
    if weights.type == "int" and not weights.dynamic:
        return _int(weights, inputs, form)
    return None


def runs_experts(weights: Numbers, inputs: Numbers | None) -> bool:
    """Whether vLLM has experts of a scheme that its linear layers have.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.compressed_tensors_moe
    .compressed_tensors_moe_w8a8_fp8, .compressed_tensors_moe_w8a8_int8 (0.33.0)
    """
    if inputs is None or weights.bits < _BYTE_BITS:
        return weights.type == "int" or weights.bits < _BYTE_BITS or weights.uint8_scales
    pairs = [("channel", "token")]
    if weights.type == "float":
        pairs.append(("tensor", "tensor"))
    return weights.strategy == "block" or (weights.strategy, inputs.strategy) in pairs


def _fp8(weights: Numbers, inputs: Numbers | None) -> Scheme | None:
    if weights.strategy == "block" and weights.block is not None:
        return Fp8Block(block=weights.block, refines=False, merged_may_end_inside=False)
    static = inputs is not None and not inputs.dynamic
    if weights.strategy == "tensor":
        return Fp8Tensor(static_inputs=static)
    return Fp8Channel() if weights.strategy == "channel" and not static else None


def _int(weights: Numbers, inputs: Numbers | None, form: str) -> Scheme | None:
    if form == PACKED and weights.bits in _PACKED_BITS and weights.strategy in ("channel", "group"):
        size = PER_CHANNEL if weights.strategy == "channel" else weights.group_size
        if size is None:
            return None
        return PackedInt(
            bits=weights.bits,
            group_size=size,
            symmetric=weights.symmetric,
        )
    eight = inputs is not None and weights.bits == inputs.bits == _BYTE_BITS
    if inputs is None or not eight or weights.strategy not in _WHOLE or not weights.symmetric:
        return None
    return Int8(
        per_tensor=weights.strategy == "tensor",
        static_inputs=not inputs.dynamic,
        symmetric_inputs=inputs.symmetric,
    )


def _strategy(group: int | None) -> str:
    if group is None:
        return "tensor"
    return "group" if group > 0 else "channel"
