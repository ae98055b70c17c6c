"""Which keys of a config.json the catalogue keeps, and in which order: ``keys.toml``."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from planner.model.compact_lists import natural

QUANTIZATION = frozenset(("quantization_config", "compression_config"))


class Keys:
    """The rules, and a count of what they drop."""

    def __init__(self) -> None:
        text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
        rules = tomllib.loads(text)
        self._topics = [re.compile("|".join(keys)) for keys in rules["topics"].values()]
        self._left_out = re.compile("|".join(rules["leave_out"]["keys"]))
        self._quantization = rules["quantization"]
        self.dropped: Counter[str] = Counter()

    def normalise(self, config: dict[str, Any]) -> dict[str, Any]:
        """The kept keys of a configuration, or of a section of it, topic by topic."""
        topics = {key: self._topic(key) for key in config}
        kept = sorted((topic, key) for key, topic in topics.items() if topic is not None)
        normal = {key: self._value(key, config[key]) for _, key in kept}
        if "auto_map" in config:
            normal["has_remote_code"] = True
        return normal

    def _topic(self, key: str) -> int | None:
        if key in QUANTIZATION or key.isdigit():
            return len(self._topics)
        if not self._left_out.fullmatch(key):
            for number, topic in enumerate(self._topics):
                if topic.fullmatch(key):
                    return number
        self.dropped[key] += 1
        return None

    def _value(self, key: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if key in QUANTIZATION:
            return self._quantized(value)
        if isinstance(value, dict) and "rope" not in key:
            return self.normalise(value)
        return value

    def _quantized(self, value: Any, key: str = "") -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(value, dict):
            return {
                inner: self._quantized(item, inner)
                for inner, item in sorted(value.items())
                if item is not None and inner not in self._quantization["leave_out"]
            }
        if key in self._quantization["unordered"] and isinstance(value, list):
            return sorted(value, key=natural)
        return value
