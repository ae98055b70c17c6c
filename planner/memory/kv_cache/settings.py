"""What the user and vLLM settle about the KV cache before any layer is looked at."""

from __future__ import annotations

from planner.frozen import frozen


@frozen
class KvCacheSettings:
    """Settings that all layouts of a request share.

    Attributes:
        dtype: torch's name of the model's dtype after vLLM's fallbacks.
        kv_cache_dtype: ``--kv-cache-dtype``, with ``auto`` already replaced by the format that
            the checkpoint states, if it states one.
        skip_layers: ``--kv-cache-dtype-skip-layers``: layer numbers, or ``sliding_window``.
        fp8_scales: the checkpoint is fp8, or brings scales of an fp8 cache.
        block_size: ``--block-size``; None when not given.
        max_model_len: the longest request, tokens.
        max_num_batched_tokens: tokens in a step.
        max_num_encoder_tokens: encoder tokens in a step, which cross-attention keeps.
        prefix_caching: ``--enable-prefix-caching``.
        hybrid_manager: window and chunk layers are booked as what they keep; off, as full.
        group_padding: kinds of layers whose counts differ by less than this factor share groups
            of the larger count.
        latent_alignment: blocks of latent attention beside states are a multiple of so many
            tokens.
        async_scheduling: the next step is scheduled while one runs.
        runner_v2: vLLM's second model runner, which runs ahead with pipeline stages too.
        in_flight: freed blocks wait for the steps that were scheduled ahead (vLLM 0.26 on);
            False: for one step.
        speculative_tokens: tokens drafted in a step.
        prefill_lookahead_tokens: tokens that a multi-module drafter reads ahead.
        mamba_cache_dtype: ``--mamba-cache-dtype``.
        mamba_ssm_cache_dtype: ``--mamba-ssm-cache-dtype``.
        capability: compute capability as vLLM counts it: 75, 80, 89, 90, 100, 120.
        flashinfer: whether FlashInfer, which vLLM requires on CUDA, can be imported.
    """

    dtype: str
    max_model_len: int
    max_num_batched_tokens: int
    capability: int
    kv_cache_dtype: str = "auto"
    skip_layers: tuple[str, ...] = ()
    fp8_scales: bool = False
    block_size: int | None = None
    max_num_encoder_tokens: int = 0
    prefix_caching: bool = True
    hybrid_manager: bool = True
    group_padding: float = 1.5
    latent_alignment: int = 128
    async_scheduling: bool = True
    runner_v2: bool = True
    in_flight: bool = True
    speculative_tokens: int = 0
    prefill_lookahead_tokens: int = 0
    mamba_cache_dtype: str = "auto"
    mamba_ssm_cache_dtype: str = "auto"
    flashinfer: bool = True

    def max_concurrent_batches(self, pipeline_parallel_size: int) -> int:
        """Steps that run or wait at once: one a stage, and one scheduled ahead.

        Source: vllm.config.vllm.VllmConfig.max_concurrent_batches (0.33.0)
        """
        if not self.in_flight:
            return 1
        if self.async_scheduling and (self.runner_v2 or pipeline_parallel_size <= 1):
            return pipeline_parallel_size + 1
        return pipeline_parallel_size

    def in_flight_tokens(self, pipeline_parallel_size: int) -> int:
        """Tokens scheduled but not settled, whose blocks a window cannot free yet.

        Source: vllm.config.vllm.VllmConfig.max_in_flight_tokens (0.33.0)
        """
        return self.max_concurrent_batches(pipeline_parallel_size) * self.max_num_batched_tokens
