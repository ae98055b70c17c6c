"""The mixers of delta-net layers: gated delta nets and Kimi delta attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.model.blocks import norm
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.state_blocks import convolution
from planner.model.state_cache import GatedDeltaNetState

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

_UNDIVIDED_WITH = ("auto_awq", "auto_gptq", "inc")
"""formats whose kernel needs more rows than a rank's share of the gates would have"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedDeltaNet:
    """Qwen3-Next and Qwen3.5.

    ``interleaved`` where the checkpoint merges the projections itself, head by head (Qwen3-Next).
    ``state_dtype`` is the format of the state that the configuration asks for.
    Source: vllm.model_executor.layers.mamba.gdn.qwen_gdn_linear_attn
    .QwenGatedDeltaNetAttention (0.33.0)
    """

    hidden: int
    num_k_heads: int
    num_v_heads: int
    head_k_dim: int
    head_v_dim: int
    conv_kernel: int
    interleaved: bool
    state_dtype: str | None = None
    prefix: str = "linear_attn"

    @classmethod
    def read(
        cls, keys: Keys, *, interleaved: bool, state_dtype: str | None = None
    ) -> GatedDeltaNet:
        """The sizes under the names all such models use."""
        return cls(
            hidden=keys.int("hidden_size"),
            num_k_heads=keys.int("linear_num_key_heads"),
            num_v_heads=keys.int("linear_num_value_heads"),
            head_k_dim=keys.int("linear_key_head_dim"),
            head_v_dim=keys.int("linear_value_head_dim"),
            conv_kernel=keys.int("linear_conv_kernel_dim"),
            interleaved=interleaved,
            state_dtype=state_dtype,
        )

    def modules(self) -> tuple[Module, ...]:
        """Query, key, value and gate come from one projection, the two gates from another."""
        prefix, heads = self.prefix, self.num_v_heads
        keys, values = self.head_k_dim * self.num_k_heads, self.head_v_dim * heads
        return (
            convolution(prefix, self.conv_kernel, (Part(2 * keys + values),)),
            self._merged("qkvz", (keys, keys, values, values), ("qkv", "z")),
            self._merged("ba", (heads, heads), ("b", "a"), undivided_with=_UNDIVIDED_WITH),
            Weight(name=f"{prefix}.dt_bias", shape=(heads,), split_axis=0),
            Weight(name=f"{prefix}.A_log", shape=(heads,), split_axis=0, dtype="float32"),
            norm(f"{prefix}.norm", self.head_v_dim),
            Linear(
                name=f"{prefix}.out_proj",
                inputs=values,
                parts=(Part(self.hidden),),
                split=Split.ROW,
            ),
        )

    def _merged(
        self,
        name: str,
        sizes: tuple[int, ...],
        matrices: tuple[str, ...],
        *,
        undivided_with: tuple[str, ...] = (),
    ) -> Linear:
        name = f"{self.prefix}.in_proj_{name}"
        if self.interleaved:
            return Linear(name=name, inputs=self.hidden, parts=(Part(sum(sizes)),))
        return Linear(
            name=name,
            inputs=self.hidden,
            parts=tuple(map(Part, sizes)),
            matrices=tuple(f"{self.prefix}.in_proj_{matrix}" for matrix in matrices),
            undivided_with=undivided_with,
        )

    def cache(self) -> GatedDeltaNetState:
        """Its state."""
        return GatedDeltaNetState(
            num_k_heads=self.num_k_heads,
            num_v_heads=self.num_v_heads,
            head_k_dim=self.head_k_dim,
            head_v_dim=self.head_v_dim,
            conv_kernel=self.conv_kernel,
            state_dtype=self.state_dtype,
        )
