"""How many labels a classifier tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.model.keys import Keys

DEFAULT_LABELS = 2
"""transformers.PreTrainedConfig.num_labels (5.19)"""


def labels(keys: Keys) -> int:
    """The count of named labels, if they are named."""
    named = keys.raw("id2label")
    count = len(named) if isinstance(named, dict) and named else DEFAULT_LABELS
    return keys.int("num_labels", default=count)
