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


DECODERS = (
    "GPT-2, classifier",
    "Jamba, classifier",
    "Qwen2 process reward model",
    "Qwen2 reward model",
)


def weights_of(name: str, *, tp: int, pp: int, dtype: str) -> Weights:
    architecture = read_architecture(CASES[name]["config"])
    layouts = Layouts.one(tp=tp, pp=pp)
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
        ours = weights_of(name, tp=row["tp"], pp=row["pp"], dtype=row["dtype"])
        assert "+".join(map(str, ours.parameter_bytes[0])) == row["parameter_bytes"], row
        assert "+".join(map(str, ours.buffer_bytes[0])) == row["buffer_bytes"], row


@pytest.mark.parametrize("name", CASES)
def test_all_of_them_pool_over_the_context_that_vllm_derives(name: str) -> None:
    case = CASES[name]
    architecture = read_architecture(case["config"])
    assert architecture.pooling
    assert architecture.max_model_len == case["answers"][0]["max_model_len"]


@pytest.mark.parametrize("name", CASES)
def test_encoders_keep_no_cache_and_decoders_that_score_do(name: str) -> None:
    architecture = read_architecture(CASES[name]["config"])
    caches = [cache for layer in architecture.kinds for cache in layer.caches]
    assert caches
    assert all(isinstance(cache, EncoderOnly) for cache in caches) is (name not in DECODERS)


@pytest.mark.parametrize("name", ["ModernBERT", "GTE", "Nomic Embed 1.5", "GPT-2, classifier"])
def test_classes_without_pipeline_stages_say_so(name: str) -> None:
    assert not read_architecture(CASES[name]["config"]).supports_pp


def test_an_xlm_roberta_with_rotary_positions_has_no_table_of_positions() -> None:
    architecture = read_architecture(CASES["Jina Embeddings 3"]["config"])
    assert "embeddings.position_embeddings" not in [m.name for m in architecture.first]
