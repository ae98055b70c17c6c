"""GPTQ checkpoints: 4 or 8 bits, per layer where the checkpoint says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.names import PartList, matches
from planner.quant.schemes.gptq import Gptq
from planner.quant.schemes.grouped import MARLIN_GROUPS, PER_CHANNEL
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import bits, group_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.quant.base import Scheme

METHODS = ("gptq", "gptq_marlin", "auto_gptq")
_SKIP, _OVERRIDE = "-:", "+:"
_KNOWN_BITS = (4, 8)
_FLOAT16 = ("float16", "torch.float16", "half")


@frozen
class Rule:
    """What a pattern of ``dynamic`` changes for the layers it matches; skipped where ``-:``."""

    pattern: str
    skip: bool
    bits: int
    group_size: int
    symmetric: bool
    ordered: bool


@frozen
class AutoGptq(Partly):
    """The first rule that matches a layer, or else the base rule, which comes last.

    ``min_capability`` is Marlin's: vLLM's own check lets 6.0 pass, its linear layers do not.

    Source: vllm.model_executor.layers.quantization.auto_gptq.AutoGPTQConfig,
    .utils.gptq_utils.get_linear_quant_method, .utils.marlin_utils.verify_marlin_supported (0.33.0)
    """

    rules: tuple[Rule, ...]
    only: PartList | None = None
    float16: bool = False
    head: bool = False
    method: str = "auto_gptq"
    min_capability: int = 75

    @property
    def refusals(self) -> tuple[str, ...]:
        """Group-wise activation order, bits and groups that Marlin has no kernel for."""
        return tuple(dict.fromkeys(text for rule in self.rules for text in _refusals(rule)))

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the layer's rule; 16 bits where only other layers are quantized."""
        if self.only is not None and not self.only.has_linear(names, module):
            return UNQUANTIZED
        return self._scheme(module or names[0])

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the experts' rule."""
        return self._scheme(module or names[0])

    def head_scheme(self, name: str) -> Scheme:
        """Quantized where the checkpoint says ``lm_head: true``."""
        return self.linear_scheme((name,), name) if self.head else UNQUANTIZED

    def _scheme(self, module: str) -> Scheme:
        rule = next(rule for rule in self.rules if matches(rule.pattern, module))
        if rule.skip:
            return UNQUANTIZED
        return Gptq(bits=rule.bits, group_size=rule.group_size, float16=self.float16)


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> AutoGptq:
    """A checkpoint with ``quant_method: gptq``."""
    listed = config.get("modules_in_block_to_quantize")
    return AutoGptq(
        rules=tuple(_rules(config)),
        only=PartList.of(_flat(listed)) if listed else None,
        float16=str(model.get("dtype") or model.get("torch_dtype")) in _FLOAT16,
        head=bool(config.get("lm_head")),
    )


def _rules(config: Mapping[str, Any]) -> Iterator[Rule]:
    for pattern, changes in (config.get("dynamic") or {}).items():
        own = {**config, **changes} if isinstance(changes, dict) else config
        skip = pattern.startswith(_SKIP)
        yield _rule(pattern.removeprefix(_SKIP).removeprefix(_OVERRIDE), own, skip=skip)
    yield _rule("", config, skip=False)


def _rule(pattern: str, config: Mapping[str, Any], *, skip: bool) -> Rule:
    return Rule(
        pattern=pattern,
        skip=skip,
        bits=bits(config, "bits"),
        group_size=group_size(config, "group_size"),
        symmetric=bool(config.get("sym", True)),
        ordered=bool(config.get("desc_act")),
    )


def _refusals(rule: Rule) -> Iterator[str]:
    if rule.skip:
        return
    if rule.ordered and rule.group_size != PER_CHANNEL:
        yield "GPTQ group activation ordering (desc_act=True) is no longer supported"
    if rule.bits not in _KNOWN_BITS or not rule.symmetric:
        yield f"Unsupported quantization config: bits={rule.bits}, sym={rule.symmetric}"
    if rule.group_size not in MARLIN_GROUPS:
        yield f"Marlin does not support group_size = {rule.group_size}"


def _flat(listed: Any) -> Iterator[str]:  # noqa: ANN401 - a list, of lists at times
    for item in listed:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield str(item)
