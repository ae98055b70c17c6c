"""compressed-tensors checkpoints (llm-compressor): a scheme for each group of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.names import Patterns
from planner.quant.schemes.arguments import Numbers, runs_experts, scheme_of
from planner.quant.schemes.cache_scales import CACHE_SCALES_AND_ZEROS
from planner.quant.unquantized import UNQUANTIZED, Partly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.quant.base import Scheme

METHODS = ("compressed-tensors", "compressed_tensors")
_ACT_ORDERS = ("group", "dynamic")
_TURING, _AMPERE, _HOPPER = 75, 80, 90
_LINEAR, _EXPERTS = "Linear", "RoutedExperts"


@frozen
class Target:
    """Layers of one scheme: a name, an expression, or a class of layers."""

    text: str
    names: Patterns
    scheme: Scheme
    runs_experts: bool


@frozen
class CompressedTensors(Partly):
    """The first target that names a layer, or else the class it is of; ignored ones stay.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.compressed_tensors
    .CompressedTensorsConfig, .utils.find_matched_target (0.33.0)
    """

    targets: tuple[Target, ...]
    ignored: Patterns
    min_capability: int
    sorted_inputs: bool = False
    quantizes_cache: bool = False
    method: str = "compressed-tensors"

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Float32 too."""
        return ("bfloat16", "float16", "float32")

    @property
    def refusals(self) -> tuple[str, ...]:
        """Activation order by group is no longer supported."""
        if not self.sorted_inputs:
            return ()
        return ("Compressed-tensors group/dynamic activation ordering is no longer supported",)

    @property
    def kv_cache_dtype(self) -> str:
        """8-bit floats where the checkpoint has a scheme for the cache."""
        return "fp8" if self.quantizes_cache else "auto"

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the layer's target."""
        if self.ignored.has_linear(names, module):
            return UNQUANTIZED
        target = self._named(names, module) or self._of_class(_LINEAR)
        return target.scheme if target else UNQUANTIZED

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme of the experts' matrices, one for all.

        Raises:
            InvalidInputError: vLLM has no experts of it.
        """
        del module
        if self.ignored.has_linear(names):
            return UNQUANTIZED
        target = self._named(names, "") or self._of_class(_EXPERTS) or self._of_class(_LINEAR)
        if target is None:
            return UNQUANTIZED
        if not target.runs_experts:
            raise InvalidInputError(
                f"vLLM has no experts of the compressed-tensors scheme {target.scheme.name}",
                cause="it refuses them: Unsupported FusedMoe scheme",
                fix="use a checkpoint with W4A16, dynamic W8A8, FP8 or NVFP4 experts",
            )
        return target.scheme

    def head_scheme(self, name: str) -> Scheme:
        """Only a target by name reaches the head: its class is not Linear."""
        if self.ignored.has(name):
            return UNQUANTIZED
        target = self._named((name,), name)
        return target.scheme if target else UNQUANTIZED

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """Scales and zero points for the cache, except in latent attention."""
        return UNQUANTIZED if mla else CACHE_SCALES_AND_ZEROS

    def _named(self, names: tuple[str, ...], module: str) -> Target | None:
        for target in self.targets:
            if module and target.names.has(module):
                return target
        found = [next((t for t in self.targets if t.names.has(name)), None) for name in names]
        return found[0] if all(found) else None

    def _of_class(self, kind: str) -> Target | None:
        return next((t for t in self.targets if t.text.lower() in kind.lower()), None)


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> CompressedTensors:
    """A checkpoint with ``quant_method: compressed-tensors``.

    Raises:
        InvalidInputError: vLLM has no scheme for a group's numbers.
    """
    del model
    groups = [group for group in (config.get("config_groups") or {}).values() if _counts(group)]
    targets = tuple(target for group in groups for target in _targets(group, config))
    orders = [(group.get("weights") or {}).get("actorder") for group in groups]
    return CompressedTensors(
        targets=targets,
        ignored=Patterns.of(config.get("ignore")),
        min_capability=max((_least(group) for group in groups), default=70),
        sorted_inputs=any(order in _ACT_ORDERS for order in orders),
        quantizes_cache=bool(config.get("kv_cache_scheme")),
    )


def _counts(group: Mapping[str, Any]) -> bool:
    """Attention's own groups go with the KV cache."""
    targets = group.get("targets") or []
    return not (len(targets) == 1 and str(targets[0]).endswith("Attention"))


def _targets(group: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Target]:
    weights, inputs = Numbers.of(group.get("weights")), Numbers.of(group.get("input_activations"))
    if weights is None:
        return
    form = str(group.get("format") or config.get("format") or "")
    scheme = scheme_of(weights, inputs, form)
    if scheme is None:
        raise InvalidInputError(
            f"no compressed-tensors scheme is known for {weights.bits}-bit {weights.type} weights"
            f" per {weights.strategy} in the format {form or 'of no name'}",
            cause="vLLM refuses it: No compressed-tensors compatible scheme was found",
            fix="use a checkpoint with W4A16, W8A8, FP8, NVFP4 or MXFP4 weights",
        )
    for target in group.get("targets") or []:
        text = str(target)
        yield Target(
            text=text,
            names=Patterns.of([text]),
            scheme=scheme,
            runs_experts=runs_experts(weights, inputs),
        )


def _least(group: Mapping[str, Any]) -> int:
    """The least compute capability of a group's scheme."""
    weights, inputs = Numbers.of(group.get("weights")), Numbers.of(group.get("input_activations"))
    if weights is None:
        return 0
    if weights.type == "int" and inputs is not None and inputs.type == "float":
        return _HOPPER
    return _AMPERE if weights.is_float(4, 32) else _TURING
