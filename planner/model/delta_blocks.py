"""The mixers of delta-net layers: gated delta nets and Kimi delta attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.blocks import norm, replicated
from planner.model.modules import Buffer, Linear, Part, Split, Weight
from planner.model.state_blocks import convolution
from planner.model.state_cache import GatedDeltaNetState, KimiDeltaState

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

_UNDIVIDED_WITH = ("auto_awq", "auto_gptq", "inc")
"""formats whose kernel needs more rows than a rank's share of the gates would have"""


@frozen
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


_DECODE_HEADS = (12, 24, 48, 96)
_DECODE_HEAD_DIM = 128
_DECODE_CONV_KERNEL = 4
_DECODE_CAPABILITIES = (9, 10, 12)
_PROJECTED_ROWS = 16
"""what a rank's rows of the merged projection are padded to (Kimi-K3)"""


@frozen
class KimiDelta:
    """Kimi Linear and Kimi-K3.

    ``full_rank_gate``: the output gate has a full matrix, merged with the others (K3), not two
    narrow ones. ``bounded_gate``: the gate has a lower bound.
    Source: vllm.model_executor.layers.mamba.gdn.kimi_gdn_linear_attn
    .KimiGatedDeltaNetAttention, vllm.models.kimi_k3.nvidia.kda.KimiK3DeltaAttention (0.33.0)
    """

    hidden: int
    num_heads: int
    head_dim: int
    conv_kernel: int
    full_rank_gate: bool
    bounded_gate: bool
    prefix: str = "self_attn"

    @classmethod
    def read(cls, keys: Keys) -> KimiDelta:
        """The sizes in ``linear_attn_config``."""
        inner = keys.part("linear_attn_config")
        return cls(
            hidden=keys.int("hidden_size"),
            num_heads=inner.int("num_heads"),
            head_dim=inner.int("head_dim"),
            conv_kernel=inner.int("short_conv_kernel_size"),
            full_rank_gate=inner.flag("use_full_rank_gate"),
            bounded_gate="gate_lower_bound" in inner,
        )

    @property
    def _inner(self) -> Part:
        return Part(self.num_heads, self.head_dim)

    def modules(self) -> tuple[Module, ...]:
        """Heads are divided; the narrow side of a low-rank matrix is whole on each rank."""
        prefix, size = self.prefix, self.num_heads * self.head_dim
        return (
            self._projection(),
            self._wide("f_b_proj"),
            convolution(prefix, self.conv_kernel, (self._inner,) * 3, dtype="float32"),
            Weight(name=f"{prefix}.dt_bias", shape=(size,), split_axis=0, dtype="float32"),
            Weight(name=f"{prefix}.A_log", shape=(self.num_heads,), split_axis=0, dtype="float32"),
            norm(f"{prefix}.o_norm", self.head_dim),
            Linear(
                name=f"{prefix}.o_proj",
                inputs=size,
                parts=(Part(self.hidden),),
                split=Split.ROW,
                input_units=self.num_heads,
            ),
            *(self._decode_buffers() if self.full_rank_gate else self._narrow_gate()),
        )

    def _projection(self) -> Linear:
        names = ("q_proj", "k_proj", "v_proj", "b_proj", "f_a_proj")
        gate = (self._inner,) if self.full_rank_gate else ()
        narrow = Part(1, self.head_dim, replicate=True)
        return Linear(
            name=f"{self.prefix}.in_proj_qkvgfab",
            inputs=self.hidden,
            parts=(*(self._inner,) * 3, *gate, narrow, Part(self.num_heads)),
            matrices=tuple(f"{self.prefix}.{name}" for name in names),
            row_multiple=_PROJECTED_ROWS if self.full_rank_gate else 1,
        )

    def _wide(self, name: str) -> Linear:
        return Linear(name=f"{self.prefix}.{name}", inputs=self.head_dim, parts=(self._inner,))

    def _narrow_gate(self) -> tuple[Module, ...]:
        narrow = replicated(f"{self.prefix}.g_a_proj", self.hidden, self.head_dim)
        return narrow, self._wide("g_b_proj")

    def _decode_buffers(self) -> tuple[Module, ...]:
        """Copies of two weights in the form of the fused decode kernel, where it can run.

        Source: vllm.models.kimi_k3.nvidia.kda.is_fused_kda_decode_supported (0.33.0)
        """
        fused = (self.head_dim, self.conv_kernel) == (_DECODE_HEAD_DIM, _DECODE_CONV_KERNEL)
        if not fused:
            return ()
        sizes = tuple(self.num_heads // heads for heads in _DECODE_HEADS if heads <= self.num_heads)
        return tuple(
            Buffer(
                name=f"{self.prefix}.{name}",
                elements=elements,
                dtype="float32",
                shared=False,
                parts=parts,
                capabilities=_DECODE_CAPABILITIES,
                tp_sizes=tuple(size for size in sizes if self.num_heads // size in _DECODE_HEADS),
            )
            for name, elements, parts in (
                ("decode_conv1d_weight", self.conv_kernel, (self._inner,) * 3),
                ("decode_norm_weight", self.head_dim, ()),
            )
        )

    def cache(self) -> KimiDeltaState:
        """Its state."""
        return KimiDeltaState(
            num_heads=self.num_heads,
            head_dim=self.head_dim,
            num_k_heads=self.num_heads,
            head_k_dim=self.head_dim,
            conv_kernel=self.conv_kernel,
            bounded_gate=self.bounded_gate,
        )
