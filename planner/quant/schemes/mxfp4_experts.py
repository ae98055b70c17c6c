"""Experts in MXFP4, padded before loading to what the kernel of the GPU wants (gpt-oss)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.unquantized import Unquantized, expert_biases
from planner.units import DTYPE_BYTES, round_up

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, Stored


@frozen
class Padding:
    """What hidden and intermediate features are rounded up to."""

    hidden: int
    intermediate: int


MARLIN = Padding(hidden=256, intermediate=128)
TRITON = Padding(hidden=1, intermediate=64)
_TRITON_FROM, _TRITON_BELOW = 90, 120


@frozen
class Mxfp4Experts(Unquantized):
    """MXFP4 experts; linear layers stay as they are.

    ``triton`` names the model class whose experts OpenAI's Triton kernels run on Hopper and
    data-centre Blackwell; other GPUs and other models take Marlin's padding. A slice of an
    expert is padded, so expert parallelism, which keeps experts whole, pads least.

    Blackwell with FlashInfer prefers its TRTLLM kernel, padded as Marlin's: 6 % more than
    counted here, as no machine without FlashInfer shows it.

    Source: vllm.model_executor.layers.fused_moe.oracle.mxfp4
    .mxfp4_round_up_hidden_size_and_intermediate_size, select_mxfp4_moe_backend,
    select_deepseek_v4_mxfp4_moe_backend, vllm.model_executor.layers.quantization.mxfp4
    .GptOssMxfp4MoEMethod (0.33.0)
    Checked: gpt-oss-20b on H200 13,761,264,768 parameter bytes, TP2 6,998,169,216,
    TP2 + EP 6,883,055,232; on A100 14,679,227,520.
    """

    triton: bool = False
    name: str = "mxfp4"
    weight_bits: float = 4
    kernel = "mxfp4"

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Packed weights and exponents of padded sizes, biases in bfloat16."""
        padding = self.padding(shard.capability)
        padded = replace(
            shard,
            hidden=round_up(shard.hidden, padding.hidden),
            intermediate=round_up(shard.intermediate, padding.intermediate),
            bias=False,
        )
        weights = Microscaling(bits=4).experts(padded)
        biased = replace(padded, bias=shard.bias)
        return weights + expert_biases(biased, DTYPE_BYTES["bfloat16"])

    def padding(self, capability: int) -> Padding:
        """The kernel's steps on a GPU."""
        return TRITON if self.triton and _TRITON_FROM <= capability < _TRITON_BELOW else MARLIN
