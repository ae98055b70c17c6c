"""Text encoders that embed, classify and rank, against what vLLM 0.33.0 itself builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.layout import Layouts
from planner.memory.stages import Stages
from planner.memory.weights import Weights, stage_tensors, weights
from planner.model.cache import EncoderOnly
from planner.model.layer_kinds import layer_kinds
from planner.model.read import read_architecture
from planner.quant.unquantized import UNQUANTIZED
from planner.units import DTYPE_BYTES

DATA = Path(__file__).parents[1] / "data" / "families" / "encoders.json"
CASES = {case["name"]: case for case in json.loads(DATA.read_text())}


def weights_of(name: str, *, tp: int, dtype: str) -> Weights:
    architecture = read_architecture(CASES[name]["config"])
    layouts = Layouts.one(tp=tp)
    stages = Stages.of(layouts, architecture.num_layers)
    tensors = stage_tensors(
        architecture,
        UNQUANTIZED,
        layer_kinds(architecture, UNQUANTIZED),
        layouts,
        stages,
        dtype_bytes=DTYPE_BYTES[dtype],
        capability=90,
    )
    return weights(tensors, stages)


@pytest.mark.parametrize("name", CASES)
def test_bytes_of_each_rank_are_those_vllm_builds(name: str) -> None:
    for row in CASES[name]["answers"]:
        ours = weights_of(name, tp=row["tp"], dtype=row["dtype"])
        assert str(ours.parameter_bytes[0, 0]) == row["parameter_bytes"], row
        assert str(ours.buffer_bytes[0, 0]) == row["buffer_bytes"], row


@pytest.mark.parametrize("name", CASES)
def test_encoders_pool_on_one_stage_and_keep_no_cache(name: str) -> None:
    case = CASES[name]
    architecture = read_architecture(case["config"])
    assert architecture.pooling
    assert not architecture.supports_pp
    assert architecture.max_model_len == case["answers"][0]["max_model_len"]
    caches = [cache for layer in architecture.kinds for cache in layer.caches]
    assert caches
    assert all(isinstance(cache, EncoderOnly) for cache in caches)


def test_an_xlm_roberta_with_rotary_positions_has_no_table_of_positions() -> None:
    architecture = read_architecture(CASES["Jina Embeddings 3"]["config"])
    assert "embeddings.position_embeddings" not in [m.name for m in architecture.first]
