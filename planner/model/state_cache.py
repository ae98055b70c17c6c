"""States of recurrent layers: a fixed size per request, whatever its length.

``shapes`` gives the tensors of one rank: the convolution's last inputs first, then the
recurrent state. A convolution keeps as many more inputs as tokens are speculated. A split
that does not come out even is refused by a rule before these shapes are asked for.

Source: vllm.model_executor.layers.mamba.mamba_utils (MambaStateShapeCalculator,
MambaStateDtypeCalculator) (0.33.0)
"""

from __future__ import annotations

from planner.frozen import frozen

Shapes = tuple[tuple[int, ...], ...]


@frozen
class Mamba1State:
    """Mamba 1 (Jamba): inputs of the convolution, and a state per channel."""

    intermediate_size: int
    state_size: int
    conv_kernel: int
    state_dtype: str | None = None

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank; speculation adds nothing here."""
        del speculative_tokens
        channels = self.intermediate_size // tensor_parallel_size
        return (self.conv_kernel - 1, channels), (channels, self.state_size)


@frozen
class Mamba2State:
    """Mamba 2 (Nemotron-H, Granite 4, Falcon-H1).

    ``state_dtype`` is the format the configuration asks for; None follows the convolution.
    """

    intermediate_size: int
    n_groups: int
    num_heads: int
    head_dim: int
    state_size: int
    conv_kernel: int
    state_dtype: str | None = None

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank; groups that do not divide are copied to every rank.

        >>> Mamba2State(
        ...     intermediate_size=4096, n_groups=1, num_heads=64, head_dim=64, state_size=128,
        ...     conv_kernel=4,
        ... ).shapes(4)
        ((3, 1280), (16, 64, 128))
        """
        groups = self.n_groups
        if groups % tensor_parallel_size:
            groups = tensor_parallel_size
        channels = (self.intermediate_size + 2 * groups * self.state_size) // tensor_parallel_size
        conv = (self.conv_kernel - 1 + speculative_tokens, channels)
        return conv, (self.num_heads // tensor_parallel_size, self.head_dim, self.state_size)


@frozen
class GatedDeltaNetState:
    """Gated delta net (Qwen3-Next, Qwen3.5).

    ``stores_inside_prefill``: FlashInfer's kernel may run the prefill, which can store a state
    in its middle (not in OLMo Hybrid).
    """

    num_k_heads: int
    num_v_heads: int
    head_k_dim: int
    head_v_dim: int
    conv_kernel: int
    state_dtype: str | None = None
    stores_inside_prefill: bool = True

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank."""
        channels = 2 * self.head_k_dim * self.num_k_heads + self.head_v_dim * self.num_v_heads
        conv = (self.conv_kernel - 1 + speculative_tokens, channels // tensor_parallel_size)
        return conv, (self.num_v_heads // tensor_parallel_size, self.head_v_dim, self.head_k_dim)


@frozen
class KimiDeltaState:
    """Kimi delta attention (Kimi Linear); the state is float32 unless asked otherwise.

    ``bounded_gate`` says that the gate has a lower bound (Kimi-K3): a kernel can then store
    a state in the middle of a prefill.
    """

    num_heads: int
    head_dim: int
    num_k_heads: int
    head_k_dim: int
    conv_kernel: int
    state_dtype: str | None = "float32"
    bounded_gate: bool = False

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank."""
        channels = self.num_heads * self.head_dim + 2 * self.num_k_heads * self.head_k_dim
        conv = (self.conv_kernel - 1 + speculative_tokens, channels // tensor_parallel_size)
        return conv, (self.num_heads // tensor_parallel_size, self.head_dim, self.head_dim)


@frozen
class ShortConvState:
    """The last inputs of a short convolution, and no state beside them (LFM2).

    ``whole``: every rank keeps all channels, and a prefill may store them anywhere
    (Qwen3.8 Next).
    """

    channels: int
    conv_kernel: int
    state_dtype: str | None = None
    whole: bool = False

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank."""
        kept = self.conv_kernel - 1 + speculative_tokens
        return ((kept, self.channels if self.whole else self.channels // tensor_parallel_size),)


@frozen
class LinearAttentionState:
    """One matrix per head (lightning attention)."""

    num_heads: int
    head_dim: int
    state_dtype: str | None = None

    def shapes(self, tensor_parallel_size: int, speculative_tokens: int = 0) -> Shapes:
        """Tensors of one rank; speculation adds nothing here."""
        del speculative_tokens
        return ((self.num_heads // tensor_parallel_size, self.head_dim, self.head_dim),)


StateCache = (
    Mamba1State
    | Mamba2State
    | GatedDeltaNetState
    | KimiDeltaState
    | ShortConvState
    | LinearAttentionState
)
