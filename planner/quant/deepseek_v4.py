"""DeepSeek-V4 checkpoints: fp8 linear layers, experts in MXFP4, NVFP4 or fp8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.fp8 import MIN_CAPABILITY, Fp8, fp8_scheme, ignored_layers
from planner.quant.names import matches, wildcards
from planner.quant.schemes.base import FLOAT32
from planner.quant.schemes.microscaling import GROUP_SIZE, Microscaling
from planner.quant.schemes.mxfp4_experts import Mxfp4Experts
from planner.quant.schemes.nvfp4 import Nvfp4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("deepseek_v4_fp8",)
_E8M0_BYTES = 1
_FOUR_BITS = "fp4"
_EXPERT_DTYPES = (_FOUR_BITS, "fp8")
_MICROSCALED = [GROUP_SIZE, GROUP_SIZE]


@frozen
class DeepseekV4(Fp8):
    """fp8 as :class:`Fp8`, but for the experts; those that NVFP4 leaves out stay in MXFP4.

    Source: vllm.models.deepseek_v41.quant_config.DeepseekV4FP8Config (0.33.0)
    """

    left_out: str
    method: str = "deepseek_v4_fp8"

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The experts' scheme, or MXFP4 where the layer is left out."""
        # not super(): a slotted dataclass is a new class, which the cell of super() misses
        scheme = Fp8.expert_scheme(self, names, module)
        if scheme is self.experts and self.left_out and matches(self.left_out, module or names[0]):
            return Mxfp4Experts()
        return scheme


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> DeepseekV4:
    """A checkpoint of model type ``deepseek_v4`` or ``deepseek_v41``.

    Raises:
        InvalidInputError: the experts are in a number format that vLLM does not read.
    """
    expert_dtype = model.get("expert_dtype", _FOUR_BITS)
    if expert_dtype not in _EXPERT_DTYPES:
        raise InvalidInputError(
            f"expert_dtype is {expert_dtype!r}, not one of {', '.join(_EXPERT_DTYPES)}",
            cause=f"vLLM: Unsupported DeepSeek V4 expert_dtype={expert_dtype!r}",
            fix="use the config.json that lies beside the checkpoint",
        )
    four_bits = expert_dtype == _FOUR_BITS
    nvfp4 = four_bits and str(config.get("moe_quant_algo") or "").upper() == "NVFP4"
    scheme = fp8_scheme(config, scale_bytes=_E8M0_BYTES if four_bits else FLOAT32)
    if four_bits and list(config.get("weight_block_size") or ()) == _MICROSCALED:
        scheme = Microscaling(bits=8)
    experts: Scheme = scheme
    if four_bits:
        experts = Nvfp4() if nvfp4 else Mxfp4Experts()
    return DeepseekV4(
        scheme=scheme,
        experts=experts,
        ignored=ignored_layers(config),
        min_capability=MIN_CAPABILITY,
        left_out=wildcards(config.get("ignore") or ()) if nvfp4 else "",
    )
