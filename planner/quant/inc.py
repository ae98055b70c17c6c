"""AutoRound checkpoints (Intel): GPTQ's or AWQ's packing, blocks of fp8, or microscaling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.names import plain
from planner.quant.schemes.awq import BITS as AWQ_BITS
from planner.quant.schemes.awq import Awq
from planner.quant.schemes.fp8_block import Fp8Block
from planner.quant.schemes.gptq import Gptq
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import bits, block_shape, group_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("inc", "auto-round")
_UNQUANTIZED_FROM_BITS = 16
_GPTQ_BITS = (4, 8)
_FP8_BITS = 8
_MICROSCALED = ("mx_fp", (4, 8))
_SPECIAL = set(r"*+?^$()[]{}|\\")


@frozen
class Inc(Partly):
    """``stated`` for all layers of ``blocks``, with what ``own`` states of single ones.

    Source: vllm.model_executor.layers.quantization.inc.inc.INCConfig,
    .config_parser.INCConfigParser (0.33.0)
    """

    stated: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]
    blocks: tuple[str, ...]
    method: str = "inc"
    # 6.0 by vLLM's own check; its linear layers are Marlin's
    min_capability: int = 75

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the layer's own settings, or of all matrices it merges."""
        return self._scheme(self._settings(names, module or names[0]))

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the experts, one for all.

        Raises:
            InvalidInputError: vLLM has no experts of it.
        """
        scheme = self._scheme(self._settings(names, module or names[0]))
        if isinstance(scheme, Fp8Block):
            raise InvalidInputError(
                f"vLLM has no experts of AutoRound's {scheme.name}",
                cause="it refuses them: INCFp8Scheme does not support MoE layers",
                fix="use a checkpoint with quant_method fp8, or with 4-bit experts",
            )
        return scheme

    def head_scheme(self, name: str) -> Scheme:
        """The head is quantized only where it has settings of its own."""
        own = self._of(plain(name))
        return UNQUANTIZED if own is None else self._scheme({**self.stated, **own})

    def _settings(self, names: tuple[str, ...], module: str) -> Mapping[str, Any]:
        merged = plain(module)
        found = [self._of(merged)]
        if found == [None]:
            found = [self._of(plain(name)) for name in names]
        inside = not self.blocks or merged.startswith(self.blocks)
        base = self.stated if inside else {**self.stated, "bits": _UNQUANTIZED_FROM_BITS}
        settings = [{**base, **own} if own else base for own in found]
        if any(other != settings[0] for other in settings):
            raise InvalidInputError(
                f"the matrices of {module} are quantized in different ways",
                cause="vLLM merges them: requires consistent quant config",
                fix="use a checkpoint that quantizes all of them alike",
            )
        return settings[0]

    def _of(self, name: str) -> Mapping[str, Any] | None:
        """A layer's own settings: by its name, by its end, or by an expression."""
        for key, own in self.own.items():
            short = plain(key)
            if name == short or name.endswith(f".{short}"):
                return own
        for key, own in self.own.items():
            if _SPECIAL & set(key) and _found(key, name):
                return own
        return None

    def _scheme(self, settings: Mapping[str, Any]) -> Scheme:
        stated = settings.get("bits", _UNQUANTIZED_FROM_BITS)
        if isinstance(stated, int) and stated >= _UNQUANTIZED_FROM_BITS:
            return UNQUANTIZED
        width = bits(settings, "bits")
        kind, packing = str(settings.get("data_type", "int")), str(settings.get("packing_format"))
        if kind.startswith("fp") and width == _FP8_BITS:
            block = block_shape(settings.get("group_size"))
            return Fp8Block(block=block, merged_may_end_inside=False)
        if _MICROSCALED[0] in kind and width in _MICROSCALED[1]:
            return Microscaling(bits=width)
        symmetric, size = settings.get("sym") is not False, group_size(settings, "group_size")
        if "awq" in packing and width == AWQ_BITS:
            return Awq(group_size=size, zero_points=not symmetric, pads_experts=False)
        if width in _GPTQ_BITS and symmetric and "awq" not in packing:
            return Gptq(bits=width, group_size=size, pads_experts=False)
        raise InvalidInputError(
            f"no sizes are known for AutoRound's {width}-bit {kind} weights",
            cause="vLLM runs symmetric weights of 4 and 8 bits by Marlin, others by Humming alone",
            fix="use a checkpoint with symmetric weights of 4 or 8 bits",
        )


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Inc:
    """A checkpoint with ``quant_method: auto-round``."""
    del model
    blocks = config.get("block_name_to_quantize") or config.get("to_quant_block_names") or ()
    listed = blocks.split(",") if isinstance(blocks, str) else blocks
    own = config.get("extra_config") or {}
    return Inc(
        stated=dict(config),
        own={str(name): dict(settings) for name, settings in own.items()},
        blocks=tuple(plain(str(name)) for name in listed),
    )


def _found(pattern: str, name: str) -> bool:
    try:
        return any(re.search(pattern, each) for each in (name, f"model.{name}"))
    except re.error:
        return False
