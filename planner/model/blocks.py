"""The building blocks that most families share: attention, MLP, experts, norms, vocabulary.

Names are vLLM's module names within a layer; ``matrices`` are the checkpoint's.
"""

from __future__ import annotations

from planner.model.modules import Buffer, Embedding, Experts, Linear, Module, Part, Split, Weight

QKV_MATRICES = ("q_proj", "k_proj", "v_proj")


def attention(
    *,
    hidden: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    v_head_dim: int | None = None,
    qkv_bias: bool = False,
    out_bias: bool = False,
    gated: bool = False,
    prefix: str = "self_attn",
    names: tuple[str, str] = ("qkv_proj", "o_proj"),
    matrices: tuple[str, ...] = QKV_MATRICES,
) -> tuple[Linear, Linear, Buffer]:
    """Grouped-query attention: the merged query-key-value and the output projection.

    ``gated`` doubles the query rows (a gate beside each head). ``matrices`` are the
    checkpoint's names of the merged ones; none where it merges them itself.
    Source: vllm.model_executor.layers.linear.QKVParallelLinear, RowParallelLinear (0.33.0)
    """
    v_dim = v_head_dim or head_dim
    query = Part(heads * (2 if gated else 1), head_dim)
    qkv = Linear(
        name=f"{prefix}.{names[0]}",
        inputs=hidden,
        parts=(
            query,
            Part(kv_heads, head_dim, replicate=True),
            Part(kv_heads, v_dim, replicate=True),
        ),
        bias=qkv_bias,
        matrices=tuple(f"{prefix}.{matrix}" for matrix in matrices),
    )
    out = Linear(
        name=f"{prefix}.{names[1]}",
        inputs=heads * v_dim,
        parts=(Part(hidden),),
        split=Split.ROW,
        bias=out_bias,
        input_units=heads,
    )
    return qkv, out, attention_scales(prefix)


def attention_scales(prefix: str = "self_attn") -> Buffer:
    """Query, key, value and probability scales that each attention layer registers.

    Source: vllm.model_executor.layers.attention.attention.Attention (0.33.0)
    """
    name = f"{prefix}.attn.scales"
    return Buffer(name=name, elements=4, dtype="float32", shared=False, tensors=4)


def mlp(
    *,
    hidden: int,
    intermediate: int,
    gated: bool = True,
    bias: bool = False,
    prefix: str = "mlp",
    names: tuple[str, str, str] = ("gate_proj", "up_proj", "down_proj"),
    merged_name: str | None = None,
    split: bool = True,
    whole_in_sequence_parallel: bool = False,
    one_stage_only: bool = False,
) -> tuple[Linear, Linear]:
    """A gated (gate and up merged) or plain feed-forward block.

    ``merged_name`` is set where the checkpoint merges gate and up itself. ``split`` False
    keeps a whole copy on each rank, ``whole_in_sequence_parallel`` only where the experts run
    sequence-parallel, ``one_stage_only`` not even there with pipeline stages.
    Source: vllm.model_executor.layers.linear.MergedColumnParallelLinear (0.33.0)
    """
    gate, up_name, down_name = names
    inner = Part(intermediate)
    up = Linear(
        name=f"{prefix}.{merged_name or ('gate_up_proj' if gated else up_name)}",
        inputs=hidden,
        parts=(inner, inner) if gated else (inner,),
        bias=bias,
        matrices=(f"{prefix}.{gate}", f"{prefix}.{up_name}") if gated and not merged_name else (),
        split=Split.COLUMN if split else Split.REPLICATED,
        whole_in_sequence_parallel=whole_in_sequence_parallel,
        one_stage_only=one_stage_only,
    )
    down = Linear(
        name=f"{prefix}.{down_name}",
        inputs=intermediate,
        parts=(Part(hidden),),
        split=Split.ROW if split else Split.REPLICATED,
        bias=bias,
        whole_in_sequence_parallel=whole_in_sequence_parallel,
        one_stage_only=one_stage_only,
    )
    return up, down


def experts(
    *,
    hidden: int,
    intermediate: int,
    count: int,
    gated: bool = True,
    bias: bool = False,
    prefix: str = "mlp",
    names: tuple[str, ...] = ("gate_proj", "up_proj", "down_proj"),
) -> Experts:
    """Routed experts; the checkpoint's names carry the expert's number (here 0)."""
    return Experts(
        name=f"{prefix}.experts",
        count=count,
        hidden=hidden,
        intermediate=intermediate,
        gated=gated,
        bias=bias,
        matrices=tuple(f"{prefix}.experts.0.{name}" for name in names),
    )


def router(
    hidden: int,
    count: int,
    name: str = "mlp.gate",
    *,
    bias: bool = False,
    quantized: bool = False,
    dtype: str | None = None,
) -> Linear:
    """The gate that scores the experts: never split, seldom quantized."""
    return Linear(
        name=name,
        inputs=hidden,
        parts=(Part(count),),
        split=Split.REPLICATED,
        bias=bias,
        quantized=quantized,
        dtype=dtype,
    )


def correction_bias(count: int, name: str = "mlp.gate.e_score_correction_bias") -> Weight:
    """The float32 bias that evens out the experts' load."""
    return Weight(name=name, shape=(count,), dtype="float32")


def replicated(
    name: str, inputs: int, outputs: int, *, bias: bool = False, quantized: bool = True
) -> Linear:
    """A linear layer that each rank holds whole."""
    return Linear(
        name=name,
        inputs=inputs,
        parts=(Part(outputs),),
        split=Split.REPLICATED,
        bias=bias,
        quantized=quantized,
    )


def norm(name: str, size: int, *, bias: bool = False, dtype: str | None = None) -> Module:
    """A norm's weight, and its bias where it is a LayerNorm."""
    return Weight(name=name, shape=(2, size) if bias else (size,), dtype=dtype)


def norms(size: int, *names: str, bias: bool = False) -> tuple[Module, ...]:
    """Several norms of one size."""
    return tuple(norm(name, size, bias=bias) for name in names)


def head_norms(
    head_dim: int, *, prefix: str = "self_attn", bias: bool = False
) -> tuple[Module, ...]:
    """Norms over each head of the queries and of the keys, the same for all heads."""
    return norms(head_dim, f"{prefix}.q_norm", f"{prefix}.k_norm", bias=bias)


def embedding(vocab_size: int, hidden: int, name: str = "model.embed_tokens") -> Embedding:
    """The vocabulary's table."""
    return Embedding(name=name, vocab_size=vocab_size, hidden=hidden)


def head(vocab_size: int, hidden: int, *, bias: bool = False, name: str = "lm_head") -> Embedding:
    """The output head over the padded vocabulary."""
    return Embedding(name=name, vocab_size=vocab_size, hidden=hidden, bias=bias)
