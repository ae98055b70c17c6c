"""compressed-tensors' description of numbers, and the scheme vLLM makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import Fp8Block
from planner.quant.schemes.grouped import PER_CHANNEL
from planner.quant.schemes.int8 import Int8
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.schemes.nvfp4 import GROUP_SIZE as NVFP4_GROUP
from planner.quant.schemes.nvfp4 import Nvfp4
from planner.quant.schemes.packed_int import PackedInt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

PACKED = "pack-quantized"
_MICROSCALING_GROUP = 32
_PACKED_BITS = range(2, 9)
_WHOLE = ("tensor", "channel")
_BYTE_BITS, _NIBBLE_BITS = 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
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
        group_size, block = stated.get("group_size"), stated.get("block_structure")
        if isinstance(block, str):
            block = [int(size) for size in block.split("x")]
        return cls(
            bits=int(stated.get("num_bits") or _BYTE_BITS),
            type=str(stated.get("type") or "int").lower(),
            strategy=str(stated.get("strategy") or _strategy(group_size)).lower(),
            group_size=group_size,
            block=(block[0], block[1]) if block else None,
            symmetric=stated.get("symmetric") is not False,
            dynamic=bool(stated.get("dynamic")),
            uint8_scales=str(stated.get("scale_dtype")).endswith("uint8"),
        )

    def is_float(self, bits: int, group_size: int | None = None) -> bool:
        """Whether they are floats of so many bits, in groups of that size."""
        same_group = group_size is None or self.group_size == group_size
        return self.type == "float" and self.bits == bits and same_group and self.symmetric


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


def _fp8(weights: Numbers, inputs: Numbers | None) -> Scheme | None:
    if weights.strategy == "block" and weights.block is not None:
        return Fp8Block(block=weights.block, refines=False, merged_may_end_inside=False)
    static = inputs is not None and not inputs.dynamic
    if weights.strategy == "tensor":
        return Fp8Tensor(static_inputs=static)
    return Fp8Channel() if weights.strategy == "channel" and not static else None


def _int(weights: Numbers, inputs: Numbers | None, form: str) -> Scheme | None:
    if form == PACKED and weights.bits in _PACKED_BITS and weights.strategy in ("channel", "group"):
        group_size = weights.group_size if weights.strategy == "group" else PER_CHANNEL
        return PackedInt(
            bits=weights.bits,
            group_size=PER_CHANNEL if group_size is None else group_size,
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


def _strategy(group_size: int | None) -> str:
    if group_size is None:
        return "tensor"
    return "group" if group_size > 0 else "channel"
