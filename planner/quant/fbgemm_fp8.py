"""Meta's fp8 checkpoints of Llama 3.1: one scale a row, some layers left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.names import ExactList
from planner.quant.schemes.fp8 import Fp8Channel
from planner.quant.unquantized import UNQUANTIZED, Partly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("fbgemm_fp8",)
_SCHEME = Fp8Channel(upper_bound=True)


@frozen
class FbgemmFp8(Partly):
    """fp8 linear layers; experts and attention stay as they are.

    Source: vllm.model_executor.layers.quantization.fbgemm_fp8.FBGEMMFp8Config (0.33.0)
    """

    ignored: ExactList
    method: str = "fbgemm_fp8"
    min_capability: int = 80

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """fp8 unless it is ignored."""
        return UNQUANTIZED if self.ignored.has_linear(names, module) else _SCHEME

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """16-bit."""
        del names, module
        return UNQUANTIZED


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> FbgemmFp8:
    """A checkpoint with ``quant_method: fbgemm_fp8``."""
    del model
    return FbgemmFp8(ignored=ExactList.of(config.get("modules_to_not_convert")))
