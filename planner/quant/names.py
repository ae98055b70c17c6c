"""Whether a layer is named in a checkpoint's list, though the list's names lead otherwise.

Checkpoints name layers as their own code does (``model.language_model.layers.0``), vLLM as its
own (``language_model.model.layers.0``), and maps one to the other model by model. Here both
lose the words that lead: what is left (``layers.0``) is the same.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LEADING = ("model.", "language_model.", "backbone.", "transformer.")
_REGEX = "re:"
_EXPERTS = "experts"


def plain(name: str) -> str:
    """A name without the words that lead.

    >>> plain("model.language_model.layers.0.mlp.gate")
    'layers.0.mlp.gate'
    """
    while name.startswith(_LEADING):
        name = name.partition(".")[2]
    return name


def of_layer(matches: Callable[[str], bool], names: tuple[str, ...], module: str) -> bool:
    """Whether a layer is meant: its merged name is, or the names of all its matrices.

    Raises:
        InvalidInputError: some of its matrices are and some are not.

    Source: vllm.model_executor.layers.quantization.utils.quant_utils.is_layer_skipped,
    .compressed_tensors.utils.should_ignore_layer (0.33.0)
    """
    if module and matches(module):
        return True
    found = [matches(name) for name in names]
    if any(found) and not all(found):
        raise InvalidInputError(
            f"only some matrices of {module or ', '.join(names)} are quantized",
            cause="vLLM merges them into one layer, which must be of one precision",
            fix="use a checkpoint that quantizes all of them or none",
        )
    return all(found)


@frozen(kw_only=False)
class ExactList:
    """Names that must match whole; experts match when any of their own names is listed.

    Source: vllm.model_executor.layers.quantization.utils.quant_utils.is_layer_skipped (0.33.0)
    """

    listed: frozenset[str] = frozenset()
    experts: tuple[str, ...] = ()

    @classmethod
    def of(cls, listed: Iterable[str] | None) -> ExactList:
        """A list as the checkpoint has it, or none."""
        names = frozenset(plain(str(name)) for name in listed or ())
        return cls(names, tuple(sorted(name for name in names if _EXPERTS in name)))

    def has_linear(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether a linear layer is listed."""
        if not self.listed:
            return False
        if len(names) == 1 and _EXPERTS in names[0]:
            return self.has_experts(names, names[0])
        return of_layer(lambda name: plain(name) in self.listed, names, module)

    def has_experts(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether the routed experts of a layer are listed."""
        prefix = plain(module or _experts_of(names))
        return any(prefix in name for name in self.experts)


@frozen(kw_only=False)
class PartList:
    """Parts of names: a layer is listed when its name contains one.

    Source: vllm.model_executor.layers.quantization.utils.quant_utils.is_layer_skipped with
    match_mode "substring" (0.33.0)
    """

    parts: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()

    @classmethod
    def of(cls, listed: Iterable[str] | None) -> PartList:
        """A list as the checkpoint has it; a name that starts at the root stays anchored there."""
        names = [str(name) for name in listed or ()]
        rooted = tuple(plain(name) for name in names if plain(name) != name)
        return cls(
            tuple(name for name in names if name and plain(name) == name),
            tuple(name for name in rooted if name),
        )

    def has(self, name: str) -> bool:
        """Whether a name contains any part."""
        short = plain(name)
        return short.startswith(self.starts) or any(part in short for part in self.parts)

    def has_linear(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether a linear layer is listed."""
        return of_layer(self.has, names, module)

    def has_experts(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether the routed experts of a layer are listed."""
        return self.has(module or _experts_of(names))


@frozen(kw_only=False)
class Patterns:
    """Whole names, and regular expressions behind ``re:``.

    Expressions are tried on the name as it is and as vLLM leads it.
    Source: vllm.model_executor.layers.quantization.utils.config_utils
    .is_equal_or_regex_match (0.33.0)
    """

    listed: frozenset[str] = frozenset()
    expressions: tuple[str, ...] = ()

    @classmethod
    def of(cls, listed: Iterable[str] | None) -> Patterns:
        """A list as the checkpoint has it."""
        names = [str(name) for name in listed or ()]
        return cls(
            frozenset(plain(name) for name in names if not name.startswith(_REGEX)),
            tuple(name.removeprefix(_REGEX) for name in names if name.startswith(_REGEX)),
        )

    def has(self, name: str) -> bool:
        """Whether a name is listed or meant by an expression."""
        if plain(name) in self.listed:
            return True
        return bool(self.expressions) and matches(_any_of(self.expressions), name)

    def has_linear(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether a linear layer is listed."""
        return of_layer(self.has, names, module)


def matches(expression: str, name: str) -> bool:
    """Whether an expression matches a name from its start, however the name leads."""
    compiled, short = _compiled(expression), plain(name)
    led = (name, short, f"model.{short}", f"language_model.model.{short}")
    return any(compiled.match(each) for each in led)


def wildcards(listed: Iterable[str]) -> str:
    """Shell patterns as one regular expression over plain names; "" for none."""
    return _any_of(tuple(translate(plain(pattern)) for pattern in listed))


def _any_of(expressions: tuple[str, ...]) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise InvalidInputError(
            f"the quantization_config has the invalid pattern {expression!r}",
            cause=str(error),
            fix="mend the pattern in config.json",
        ) from error


def _experts_of(names: tuple[str, ...]) -> str:
    head, found, _ = names[0].rpartition(f"{_EXPERTS}.")
    return head + _EXPERTS if found else names[0]
