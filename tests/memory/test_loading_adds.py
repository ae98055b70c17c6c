from __future__ import annotations

import pytest

from planner.units import GIB, MIB
from tests.memory.stages_of import stages_of

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
GPT_OSS = "openai/gpt-oss-20b"


def post_load(model: str, gpus: str = "H100", **options: object) -> int:
    return stages_of(model, gpus, **options)[0].post_load_bytes


def test_machete_unpacks_the_zero_points_of_awq_and_marlin_does_not() -> None:
    awq = "Qwen/Qwen2.5-7B-Instruct-AWQ"
    assert post_load(awq, vllm_version="0.26") == pytest.approx(73 * MIB, rel=0.01)
    assert post_load(awq, vllm_version="0.18") == 0
    assert post_load(awq, "A100", vllm_version="0.26") == 0


def test_marlin_drops_the_zero_points_of_gptq_and_machete_keeps_them() -> None:
    gptq = "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4"
    outputs_and_inputs = 4608 * 3584 + 3584 * 3584 + 3 * 18944 * 3584
    assert post_load(gptq, "A100") == -28 * outputs_and_inputs // 128 // 2
    assert post_load(gptq, "H100") == 0


def test_marlin_has_a_scale_a_row_where_fp8_blocks_have_one_in_128() -> None:
    fp8 = "Qwen/Qwen3-8B-FP8"
    weights = 36 * (6144 + 4096 + 3 * 12288) * 4096
    assert post_load(fp8, "A100") == weights // 64 - weights // 128**2 * 4
    assert post_load(fp8, "L40S") == 0
    # DeepGEMM, which Ada has no kernels of, brings a workspace
    assert post_load(fp8, "H100") == 32 * MIB


def test_marlin_widens_the_scales_of_fp8_experts_too() -> None:
    routed = 48 * 128 * 3 * 2048 * 768
    attention = 48 * (5120 + 4096) * 2048
    grown = (routed + attention) // 64 - (routed + attention) // 128**2 * 4
    assert post_load("Qwen/Qwen3-30B-A3B-FP8", "A100") == grown


def test_the_kernel_of_gpt_oss_pads_otherwise_in_each_release_and_on_each_board() -> None:
    assert post_load(GPT_OSS, vllm_version="0.26") == 35_389_440
    assert post_load(GPT_OSS, vllm_version="0.11") == pytest.approx(0.593 * GIB, rel=0.01)
    assert post_load(GPT_OSS, "B200", vllm_version="0.26") > post_load(GPT_OSS, "H100")
    assert post_load(GPT_OSS, "A100") == 0


def test_gpt_oss_120b_loads_what_a_start_on_0_11_prints() -> None:
    stage = stages_of("openai/gpt-oss-120b", "H100", vllm_version="0.11")[0]
    assert stage.weights_bytes == pytest.approx(64.38 * GIB, rel=0.001)


def test_adapter_slots_grow_with_rank_and_adapters_and_shrink_with_ranks_of_the_group() -> None:
    plain = post_load(LLAMA, enable_lora=True, max_lora_rank=16)
    assert post_load(LLAMA, enable_lora=True, max_lora_rank=64) == 4 * plain
    assert post_load(LLAMA, enable_lora=True, max_loras=3) == 3 * plain
    split = post_load(LLAMA, "2xH100", enable_lora=True, tensor_parallel_size=2)
    fully = post_load(
        LLAMA, "2xH100", enable_lora=True, tensor_parallel_size=2, fully_sharded_loras=True
    )
    assert fully < split < plain


def test_adapter_slots_of_llama_8b_are_those_of_its_matrices_embedding_and_head() -> None:
    layer = 16 * (3 * 4096 + 6144 + 2 * 4096 + 2 * 4096 + 2 * 14336 + 14336 + 4096)
    ends = 2 * 16 * (128256 + 4096)
    assert post_load(LLAMA, enable_lora=True) == 2 * (32 * layer + ends)


def test_a_model_without_slots_for_its_embedding_has_slots_for_its_layers_only() -> None:
    layer = 32 * (3 * 3584 + 4608 + 2 * 3584 + 2 * 3584 + 2 * 18944 + 18944 + 3584)
    slots = post_load("Qwen/Qwen2.5-7B-Instruct", enable_lora=True, max_lora_rank=32)
    assert slots == 2 * 28 * layer


def test_offloaded_layers_leave_the_embedding_and_the_head() -> None:
    model = "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct"
    stage = stages_of(model, "L40S", cpu_offload_gb=30, enforce_eager=True)[0]
    assert stage.weights_bytes == pytest.approx(0.8008 * GIB, rel=0.001)


def test_a_part_of_the_layers_moves_to_host_memory() -> None:
    kept = stages_of(LLAMA, "H100", cpu_offload_gb=4)[0].weights_bytes
    whole = stages_of(LLAMA, "H100")[0]
    assert kept == whole.parameter_bytes + whole.buffer_bytes - 4 * GIB


def test_deepstack_features_are_kept_for_every_token_of_the_largest_step() -> None:
    model = "Qwen/Qwen3-VL-30B-A3B-Instruct"
    kept = post_load(model, max_num_batched_tokens=8192)
    assert kept == 3 * 8192 * 2048 * 2
    assert post_load(model, language_model_only=True) == 0


def test_a_sparse_indexer_keeps_its_choice_for_every_token() -> None:
    model, gpus = "deepseek-ai/DeepSeek-V3.2", "8xH200"
    small, large = (
        post_load(model, gpus, tensor_parallel_size=8, max_num_batched_tokens=tokens)
        for tokens in (4096, 8192)
    )
    assert large - small == 4096 * 2048 * 4


def test_rotary_tables_of_qwen3_vl_were_four_times_as_long_until_0_31() -> None:
    model = "Qwen/Qwen3-VL-8B-Instruct"
    older, newer = (
        stages_of(model, "H100", vllm_version=version)[0].buffer_bytes
        for version in ("0.31", "0.32")
    )
    assert older - newer == 3 * 262144 * 128 * 2
