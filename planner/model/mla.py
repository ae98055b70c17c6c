"""Multi-head latent attention (DeepSeek): one compressed key-value vector for all heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.blocks import attention_scales, norm, replicated
from planner.model.cache import Mla
from planner.model.modules import Linear, Part, Split
from planner.model.rope import rope_buffer, rope_parameters

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Buffer, Module


@frozen
class LatentAttention:
    """Its sizes; ``q_lora_rank`` None: queries are projected in one step."""

    hidden: int
    heads: int
    q_lora_rank: int | None
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    prefix: str = "self_attn"

    @classmethod
    def read(cls, keys: Keys, prefix: str = "self_attn") -> LatentAttention:
        """The sizes under the names all such models use."""
        return cls(
            hidden=keys.int("hidden_size"),
            heads=keys.int("num_attention_heads"),
            q_lora_rank=keys.optional_int("q_lora_rank"),
            kv_lora_rank=keys.int("kv_lora_rank"),
            qk_nope_head_dim=keys.int("qk_nope_head_dim"),
            qk_rope_head_dim=keys.int("qk_rope_head_dim"),
            v_head_dim=keys.int("v_head_dim"),
            prefix=prefix,
        )

    @property
    def qk_head_dim(self) -> int:
        """Features of one head's query."""
        return self.qk_nope_head_dim + self.qk_rope_head_dim

    def modules(self) -> tuple[Module, ...]:
        """The projections to the latent on every rank, those from it divided by heads.

        Source: vllm.model_executor.models.deepseek_v2.DeepseekV2MLAAttention (0.33.0)
        Checked: DeepSeek-V2-Lite and DeepSeek-V3, every layout of the tests, to the byte.
        """
        values = self.qk_nope_head_dim + self.v_head_dim
        out = Linear(
            name=f"{self.prefix}.o_proj",
            inputs=self.heads * self.v_head_dim,
            parts=(Part(self.hidden),),
            split=Split.ROW,
            input_units=self.heads,
        )
        return (
            *self._into_latent(),
            norm(f"{self.prefix}.kv_a_layernorm", self.kv_lora_rank),
            self._by_heads("kv_b_proj", self.kv_lora_rank, values),
            out,
            attention_scales(self.prefix),
        )

    def _into_latent(self) -> tuple[Module, ...]:
        latent = Part(self.kv_lora_rank + self.qk_rope_head_dim)
        if self.q_lora_rank is None:
            return (
                replicated(f"{self.prefix}.kv_a_proj_with_mqa", self.hidden, latent.units),
                self._by_heads("q_proj", self.hidden, self.qk_head_dim),
            )
        fused = Linear(
            name=f"{self.prefix}.fused_qkv_a_proj",
            inputs=self.hidden,
            parts=(Part(self.q_lora_rank), latent),
            split=Split.REPLICATED,
            matrices=(f"{self.prefix}.q_a_proj", f"{self.prefix}.kv_a_proj_with_mqa"),
        )
        return (
            fused,
            norm(f"{self.prefix}.q_a_layernorm", self.q_lora_rank),
            self._by_heads("q_b_proj", self.q_lora_rank, self.qk_head_dim),
        )

    def _by_heads(self, name: str, inputs: int, width: int) -> Linear:
        return Linear(name=f"{self.prefix}.{name}", inputs=inputs, parts=(Part(self.heads, width),))

    def rope(self, keys: Keys, max_position: int, name: str = "rotary_emb") -> Buffer:
        """The table of the rotary part; any scaling is DeepSeek's own kind of YaRN."""
        parameters = rope_parameters(keys)
        if parameters["rope_type"] != "default":
            parameters["rope_type"] = "deepseek_yarn"
        return rope_buffer(self.qk_rope_head_dim, max_position, parameters, name)

    def cache(self, index_topk: int | None = None) -> Mla:
        """One latent a token, the same on every rank."""
        return Mla(
            kv_lora_rank=self.kv_lora_rank,
            qk_rope_head_dim=self.qk_rope_head_dim,
            qk_nope_head_dim=self.qk_nope_head_dim,
            v_head_dim=self.v_head_dim,
            index_topk=index_topk,
        )
