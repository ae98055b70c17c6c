"""Families with states, picked blocks and shared caches: weights and caches as vLLM 0.33.0."""

from __future__ import annotations

import csv
import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import InvalidInputError
from planner.layout import Layouts
from planner.memory.kv_cache.plan import plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.memory.stages import Stages
from planner.memory.weights import stage_tensors, weights
from planner.model import catalog
from planner.model.cache import SharedCache
from planner.model.layer_kinds import layer_kinds
from planner.model.parameters import count_parameters
from planner.model.read import read_architecture
from planner.quant.read import read_quantization
from planner.quant.unquantized import UNQUANTIZED
from planner.units import DTYPE_BYTES
from planner.vllm.kv_cache_dtype import resolve_kv_cache_dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.memory.kv_cache.plan import KvCachePlan
    from planner.model.architecture import Architecture
    from planner.quant.base import Quantization

DATA = Path(__file__).parents[1] / "data" / "families"
ROWS = list(csv.DictReader((DATA / "hybrids.csv").read_text().splitlines()))
CASES = json.loads((DATA / "hybrid_configs.json").read_text())


@cache
def config_of(model: str) -> dict[str, Any]:
    row = catalog.find(model)
    assert row is not None, f"{model} is not in the catalogue"
    return catalog.load(row).config


def stages_of(architecture: Architecture, row: Mapping[str, Any]) -> tuple[Layouts, Stages]:
    sizes = {size: int(row[size]) for size in ("tp", "pp", "dp")}
    layouts = Layouts.one(**sizes, ep=bool(int(row["ep"])))
    return layouts, Stages.of(layouts, architecture.num_layers)


def plan_of(architecture: Architecture, row: Mapping[str, Any], kv_cache_dtype: str) -> KvCachePlan:
    _, stages = stages_of(architecture, row)
    ends = [0, *(int(end) for end in stages.ends[0])]
    caches = [layer.caches for layer in architecture.layers]
    settings = KvCacheSettings(
        dtype=row["dtype"],
        kv_cache_dtype=kv_cache_dtype,
        max_model_len=int(row["max_model_len"]),
        max_num_batched_tokens=int(row["max_num_batched_tokens"]),
        prefix_caching=bool(int(row["prefix_caching"])),
        capability=int(row["cc"]),
        flashinfer=False,
    )
    parts = [caches[start:end] for start, end in pairwise(ends)]
    return plan_kv_cache(parts, settings, tensor_parallel_size=int(row["tp"]))


def answer_of(
    architecture: Architecture,
    row: Mapping[str, Any],
    quantization: Quantization = UNQUANTIZED,
    stated: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    layouts, stages = stages_of(architecture, row)
    capability = int(row["cc"])
    tensors = stage_tensors(
        architecture,
        quantization,
        layer_kinds(architecture, quantization),
        layouts,
        stages,
        dtype_bytes=DTYPE_BYTES[row["dtype"]],
        capability=capability,
    )
    built = weights(tensors, stages)
    kv_cache_dtype = resolve_kv_cache_dtype(
        "auto", stated, architecture=architecture.name, capability=capability
    )
    plan = plan_of(architecture, row, kv_cache_dtype)
    return {
        "parameter_bytes": "+".join(map(str, built.parameter_bytes[0])),
        "buffer_bytes": "+".join(map(str, built.buffer_bytes[0])),
        "max_model_len": str(architecture.max_model_len),
        "block_size": str(plan.block_size),
        "bytes_per_block": "+".join(map(str, plan.bytes_per_block)),
        "blocks_per_request": "+".join(map(str, plan.blocks_per_group())),
    }


@pytest.mark.parametrize("model", sorted({row["model"] for row in ROWS}))
def test_weights_and_caches_are_those_vllm_builds(model: str) -> None:
    config = config_of(model)
    architecture, quantization = read_architecture(config), read_quantization(config)
    for row in ROWS:
        if row["model"] != model:
            continue
        ours = answer_of(architecture, row, quantization, config.get("quantization_config"))
        assert ours == {key: row[key] for key in ours}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_models_that_no_catalogued_checkpoint_shows_are_those_vllm_builds(
    case: dict[str, Any],
) -> None:
    architecture = read_architecture(case["config"])
    for row in case["answers"]:
        ours = answer_of(architecture, row)
        assert ours == {key: str(row[key]) for key in ours}


def test_groups_that_tensor_parallelism_does_not_divide_are_on_each_rank() -> None:
    architecture = read_architecture(config_of("ibm-granite/granite-4.0-h-tiny"))
    row = {"tp": 2, "pp": 1, "dp": 1, "ep": 0, "cc": 90, "dtype": "bfloat16"}
    row |= {"max_model_len": 4096, "max_num_batched_tokens": 8192, "prefix_caching": 1}
    rank = int(answer_of(architecture, row)["parameter_bytes"])
    assert 2 * rank > 2 * count_parameters(architecture)


@pytest.mark.parametrize(
    ("model", "layers_with_a_cache"),
    [
        ("google/gemma-4-E2B", 15),
        ("google/gemma-3n-E2B-it", 20),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", 31),
    ],
)
def test_layers_that_reuse_a_cache_or_need_none_have_none(
    model: str, layers_with_a_cache: int
) -> None:
    layers = read_architecture(config_of(model)).layers
    kept = [
        [each for each in layer.caches if not isinstance(each, SharedCache)] for layer in layers
    ]
    assert sum(map(bool, kept)) == layers_with_a_cache


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", "hybrid_override_pattern", "MX-*"),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", "layer_types", ["full_attention"]),
        ("ibm-granite/granite-4.0-h-tiny", "layer_types", ["mamba", "attention"]),
        ("LiquidAI/LFM2-8B-A1B", "layer_types", ["conv", "other"]),
        ("deepseek-ai/DeepSeek-V4-Flash", "compress_ratios", [8] * 43),
        ("deepseek-ai/DeepSeek-V4-Flash", "compress_ratios", [0, 4]),
        ("ai21labs/AI21-Jamba2-3B", "attn_layer_period", 0),
        ("moonshotai/Kimi-Linear-48B-A3B-Instruct", "linear_attn_config", {"kda_layers": [1]}),
    ],
)
def test_a_hybrid_that_contradicts_itself_is_one_clear_error(
    model: str, key: str, value: object
) -> None:
    with pytest.raises(InvalidInputError, match=r"config\.json") as caught:
        read_architecture({**config_of(model), key: value})
    assert caught.value.fix
