"""Which collected configurations check out, and how far each can be trusted.

A configuration checks out when its parameter total is confirmed: by the hub's, by the published
file itself, by a checked sibling, or by the published size. ``evidence.toml`` holds what is
known beside the index.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: how far a total may be from the size its publisher states: sizes are rounded, towers left out
SIZE_TOLERANCE = 0.05

_QUANTIZED_NAME = re.compile(r"fp8|fp4|awq|gptq|int[48]|w\d+a\d+|bnb|mxfp|quantized", re.IGNORECASE)
_SOURCES = (
    (
        r"template ([\w./-]+) \+ llmfit.*",
        r"dimensions from the hub, by llmfit 1.1.17; keys as in \1",
    ),
    (r"template ([\w./-]+), dims from .*", r"model card; keys as in \1"),
    (
        r"hand-written from the published architecture \+ llmfit.*",
        r"published architecture; dimensions from the hub, by llmfit 1.1.17",
    ),
    (r"hand-written from the published architecture", r"published architecture"),
    (r"base model config \(([\w./-]+):.*", r"configuration of \1; quantization as usual"),
    (r"same architecture as ([\w./-]+).*", r"configuration of \1"),
    (r"PyPI (aiconfigurator-core [\d.]+).*", r"\1"),
    (r"GitHub ([\w./-]+@\w+).*", r"GitHub \1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One collected model: its line of the index, and its configuration."""

    row: dict[str, str]
    config: dict[str, Any]

    @property
    def id(self) -> str:
        """Organisation and name."""
        return self.row["repo_id"]

    @property
    def source(self) -> str:
        """Where the configuration comes from, in one form."""
        for pattern, form in _SOURCES:
            if re.fullmatch(pattern, self.row["source"]):
                return re.sub(pattern, form, self.row["source"])
        return self.row["source"]

    @property
    def quantization(self) -> dict[str, Any] | None:
        """The quantization as vLLM finds it: at the top, else in the text part."""
        for part in (self.config, self.config.get("text_config") or {}):
            for key in ("quantization_config", "compression_config"):
                if part.get(key):
                    found: dict[str, Any] = part[key]
                    return found
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of the check: a trust level of the catalogue, or none, and why."""

    trust: str | None
    reason: str


class Evidence:
    """What is known beside the index, and the totals confirmed so far."""

    def __init__(self, path: Path) -> None:
        self._known = tomllib.loads(path.read_text(encoding="utf-8"))
        self._confirmed: dict[tuple[str, int], str] = {}

    def is_republisher(self, organisation: str) -> bool:
        """Whether it publishes others' models again."""
        return organisation in self._known["republishers"]

    def note(self, model: Model) -> str | None:
        """What may differ from the published file."""
        if model.id in self._known["differs"]:
            return str(self._known["differs"][model.id])
        if model.id in self._known["unquantized"]:
            return "which layers are left unquantized is told by the number of scales"
        told = " ".join((model.row["note"], model.row["check"], model.row["source"]))
        found = (text for phrase, text in self._known["phrases"].items() if phrase in told)
        return next(found, None)

    def unquantized(self, name: str) -> list[str]:
        """Patterns of the layers that a checkpoint leaves unquantized; none where it says so."""
        return list(self._known["unquantized"].get(name, {}).get("patterns", ()))

    def parameters(self, model: Model) -> int | None:
        """Parameters of the model: counted twice, else as the index states them."""
        counted = self._known["counted"].get(model.id)
        if counted:
            return int(counted["parameters"])
        row = model.row
        stated = row["total_params"] or ("rest" in row["check"] and row["hf_total_elements"])
        return int(stated) if stated else None

    def judge_alone(self, model: Model) -> Verdict | None:
        """The verdict where the model itself settles it; None when others must confirm it."""
        row = model.row
        exact = row["check"].startswith("exact")
        fault = self._known["refuted"].get(model.id) or _quantization_fault(model)
        if row["completeness"] == "partial keys" and not exact:
            fault = "some dimensions are class defaults that nothing confirms"
        if fault:
            return Verdict(trust=None, reason=fault)
        if exact or self._counted_exactly(model):
            return self._confirm(model, "exact")
        if row["completeness"] in {"complete file", "near-complete copy"}:
            return self._confirm(model, "published")
        return None

    def judge(self, model: Model) -> Verdict:
        """The verdict, once all that settle themselves are known."""
        for key in self._counts(model):
            if key in self._confirmed:
                reason = f"as many parameters as {self._confirmed[key]}"
                return Verdict(trust="sibling", reason=reason)
        counted = max((count for _, count in self._counts(model)), default=0)
        size = self._known["published"].get(model.id)
        if counted and size and abs(counted - size["parameters"]) <= SIZE_TOLERANCE * counted:
            stated = f"{size['parameters'] / 10**9:.4g} billion parameters: {size['in']}"
            return Verdict(trust="size", reason=stated)
        return Verdict(trust=None, reason=f"nothing confirms its total ({model.row['check']})")

    def _counted_exactly(self, model: Model) -> bool:
        counted = self._known["counted"].get(model.id)
        if not counted or not model.row["hf_total_elements"]:
            return False
        stored = counted["parameters"] + counted.get("beside", 0)
        return bool(stored == int(model.row["hf_total_elements"]))

    def _confirm(self, model: Model, trust: str) -> Verdict:
        for key in self._counts(model):
            self._confirmed.setdefault(key, model.id)
        return Verdict(trust=trust, reason="")

    def _counts(self, model: Model) -> list[tuple[str, int]]:
        """Parameters counted from the configuration itself, with the model type."""
        counted = self._known["counted"].get(model.id, {}).get("parameters")
        kind = model.row["model_type"]
        return [(kind, int(count)) for count in (counted, model.row["computed_params"]) if count]


def _quantization_fault(model: Model) -> str | None:
    found = model.quantization
    if found is None:
        named = _QUANTIZED_NAME.search(model.id.split("/")[-1])
        return "its name says quantized, its files do not say how" if named else None
    inner = found.get("quantization", found)
    if inner.get("quant_algo") == "MIXED_PRECISION" and "quantized_layers" not in inner:
        return "the map of its quantized layers is missing"
    if "quant_algo" in inner and not {"ignore", "exclude_modules"} & set(inner):
        return "which of its layers stay unquantized is not stated"
    return None
