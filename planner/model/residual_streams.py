"""Several residual streams side by side, and what mixes them (hyper-connections)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.modules import Module


@frozen(kw_only=False)
class ResidualStreams:
    """How many, and how wide each is; their mixers are in float32 on every rank.

    Source: vllm.models.deepseek_v4.nvidia.model.DeepseekV4DecoderLayer,
    vllm.models.glm5next.common.model.Glm5NextDecoderLayer (0.33.0)
    """

    count: int
    hidden: int

    def mixers(self, name: str) -> tuple[Module, ...]:
        """What reads one block's input from the streams and writes its output to them."""
        return self._weights(name, (2 + self.count) * self.count, 3)

    def head(self) -> tuple[Module, ...]:
        """What makes one stream of them behind the last layer."""
        return self._weights("model.hc_head", self.count, 1)

    def _weights(self, name: str, rows: int, scales: int) -> tuple[Module, ...]:
        shapes = {"fn": (rows, self.count * self.hidden), "base": (rows,), "scale": (scales,)}
        return tuple(
            Weight(name=f"{name}_{part}", shape=shape, dtype="float32")
            for part, shape in shapes.items()
        )
