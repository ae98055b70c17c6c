"""What stands around a stack of layers: the vocabulary's table before, norm and head behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.model.modules import Module

FramePart = Literal["embedding", "norm", "head"]


class ClassFacts(TypedDict, total=False):
    """What a model class adds to the frame; see ``Architecture``."""

    layer_prefix: str
    supports_pp: bool
    uses_mla: bool
    pooling: bool
    experts_per_token: int
    eager_hidden_copies: int
    caps_logits: bool
    notes: tuple[str, ...]


@frozen(kw_only=False)
class Frame:
    """The parts, and which of them a class builds on every stage rather than at its end."""

    embedding: tuple[Module, ...]
    norm: tuple[Module, ...]
    head: tuple[Module, ...]
    on_every_stage: tuple[FramePart, ...] = ()

    def here(self, part: FramePart) -> tuple[Module, ...]:
        """A part, where it stands at its end of the model."""
        modules: tuple[Module, ...] = getattr(self, part)
        return () if part in self.on_every_stage else modules

    @property
    def everywhere(self) -> tuple[Module, ...]:
        """The parts of every stage."""
        return tuple(module for part in self.on_every_stage for module in getattr(self, part))
