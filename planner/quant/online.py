"""Methods of ``--quantization`` that turn a 16-bit checkpoint into fewer bits while loading.

Sizes are those after loading: vLLM makes each layer in 16 bits without memory, fills it and
quantizes it before the next. The embedding and the head stay in 16 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import NATIVE_FP8, OnlineFp8Block
from planner.quant.schemes.int8 import Int8
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.schemes.nvfp4 import OnlineNvfp4
from planner.quant.unquantized import UNQUANTIZED, Partly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

_TURING, _AMPERE, _BLACKWELL = 75, 80, 100


@frozen
class Online(Partly):
    """One scheme for linear layers and one for experts.

    Source: vllm.config.quantization._ONLINE_SHORTHANDS,
    vllm.model_executor.layers.quantization.online.base.OnlineQuantizationConfig (0.33.0)
    """

    method: str
    linears: Scheme
    experts: Scheme
    min_capability: int = _TURING

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The same for every linear layer."""
        del names, module
        return self.linears

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The same for the experts of every layer."""
        del names, module
        return self.experts


_PER_TENSOR = Fp8Tensor(merged=True)
_SCHEMES: dict[str, tuple[Scheme, Scheme, int]] = {
    "fp8": (_PER_TENSOR, _PER_TENSOR, _TURING),
    "fp8_per_tensor": (_PER_TENSOR, _PER_TENSOR, _TURING),
    "fp8_per_block": (OnlineFp8Block(), OnlineFp8Block(), _TURING),
    # without fp8 arithmetic it would be Marlin, which drops the scales per token: refused
    "fp8_per_channel": (Fp8Channel(), Fp8Channel(), NATIVE_FP8),
    "mxfp8": (Microscaling(bits=8), Microscaling(bits=8), _TURING),
    "mxfp4": (Microscaling(bits=4), Microscaling(bits=4), _TURING),
    "int8_per_channel_weight_only": (UNQUANTIZED, Int8(), _TURING),
    "nvfp4_per_token": (UNQUANTIZED, OnlineNvfp4(), _BLACKWELL),
    "experts_int8": (UNQUANTIZED, Int8(), _AMPERE),
}
METHODS = tuple(_SCHEMES)


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Online:
    """What ``--quantization`` asks for; ``online`` needs vLLM's own configuration object.

    Raises:
        InvalidInputError: the method is none of vLLM's online ones.
    """
    del model
    method = str(config.get("quant_method"))
    if method not in _SCHEMES:
        raise InvalidInputError(
            f"{method} cannot be made of a 16-bit checkpoint",
            cause="vLLM quantizes while loading by a few methods only",
            fix=f"--quantization {', '.join(METHODS[1:])}",
        )
    linears, experts, least = _SCHEMES[method]
    return Online(method=method, linears=linears, experts=experts, min_capability=least)
