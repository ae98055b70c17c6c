"""Lists of unquantized layers that the catalogue completed, against the scales the hub counts."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.memory.tensors import Ranks, expert_shard, linear_shard
from planner.model import catalog
from planner.model.layer_kinds import LayerKind, layer_kinds, with_schemes
from planner.model.modules import Experts, Linear
from planner.model.read import read_architecture
from planner.quant.read import read_quantization
from planner.quant.schemes.base import FLOAT32
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.model.modules import Module
    from planner.quant.base import Scheme

EVIDENCE = Path(__file__).parents[2] / "scripts" / "catalog" / "evidence.toml"
COMPLETED: dict[str, dict[str, Any]] = tomllib.loads(EVIDENCE.read_text())["unquantized"]
ROWS = {row.id: row for row in catalog.rows()}
WHOLE = Ranks(tp=1, moe_tp=1, ep_size=1, expert_parallel=False, dtype_bytes=2, capability=90)
#: a checkpoint with one more layer, of full attention, that predicts tokens ahead
PREDICTING = ("Qwen3.5-", "Qwen3.6-", "Qwen3-Next-")


def scales(module: Module, scheme: Scheme) -> int:
    """Scales of one module in the published format."""
    if scheme is UNQUANTIZED:
        return 0
    match module:
        case Linear():
            stored = scheme.linear(linear_shard(module, WHOLE))[1:2]
        case Experts():
            stored = scheme.experts(expert_shard(module, WHOLE))[2:4]
        case _:
            return 0
    return sum(int(tensor.tensor_bytes) for tensor in stored) // FLOAT32


def of_kind(kind: LayerKind) -> int:
    return sum(scales(module, scheme) for module, scheme in kind.modules)


@pytest.mark.parametrize("name", COMPLETED)
def test_all_other_layers_have_as_many_scales_as_the_hub_counts(name: str) -> None:
    config = catalog.load(ROWS[name]).config
    architecture, quantization = read_architecture(config), read_quantization(config)
    kinds = layer_kinds(architecture, quantization)
    counts = Counter(kinds.kind_of.tolist())
    total = sum(of_kind(kind) * counts[index] for index, kind in enumerate(kinds.kinds))
    for block in architecture.tower:
        modules = with_schemes(block.modules, quantization)
        total += block.count * sum(scales(module, scheme) for module, scheme in modules)
    if any(part in name for part in PREDICTING):
        total += of_kind(kinds.kinds[int(kinds.kind_of[-1])])
    assert total == COMPLETED[name]["scales"]
