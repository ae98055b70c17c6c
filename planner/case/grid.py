"""One model on one group of like hosts, over a table of layouts: what is given, and its structure.

Every figure is a lazy column, computed once when it is first asked for. A single layout is a
table of one row.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, get_args

import numpy as np

from planner.calibration import SHIPPED
from planner.frozen import frozen
from planner.memory.stages import Stages
from planner.memory.weights import StageTensor, Weights, kind_bytes, stage_tensors, weights
from planner.model.batch_tensors import BatchTensors
from planner.model.drafter import NO_DRAFTER, Drafter
from planner.model.evenness import Uneven, uneven
from planner.model.state_cache import StateCache
from planner.placement import Placement
from planner.quant.unquantized import UNQUANTIZED
from planner.vllm.environment import RUNNER_V2, switch
from planner.vllm.speculation import asked_draft
from planner.vllm.version import RunnerFacts
from planner.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.calibration import ConstantSource
    from planner.hardware.cluster import NodeGroup
    from planner.layout import Layouts
    from planner.model.architecture import Architecture
    from planner.model.encoder_items import EncoderItems
    from planner.model.layer_kinds import LayerKinds
    from planner.quant.base import Quantization
    from planner.settings import Settings
    from planner.units import Bools, Ints
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.version import VllmVersion

#: the first release that has a second model runner to ask for
_RUNNER_V2_SINCE = (0, 12)


@frozen(slots=False)
class Grid:
    """A table of layouts with all that bears on them, before its memory is put together.

    Attributes:
        kinds: the distinct layers with their number formats.
        arguments: what somebody fixed of vLLM's options.
        settings: the same with vLLM's defaults filled in.
        partitions: layers of each stage, row by row (``VLLM_PP_LAYER_PARTITION``); None is
            vLLM's own split of all.
        shorten: a context nobody fixed may be cut to what fits.
        batch_tensors: what the model makes for a whole batch when it is built.
        encoder_items: the largest image or video of a model with an encoder.
        drafter: what drafts tokens ahead, on the last stage.
        one_host_command: the layout is typed as a command without ``--nnodes`` or Ray.
        allowed: codes of this planner's own rules that may be broken.
        calibration: where measured constants come from: as shipped, or corrected by logs.
    """

    architecture: Architecture
    quantization: Quantization
    kinds: LayerKinds
    group: NodeGroup
    layouts: Layouts
    arguments: VllmArguments
    settings: Settings
    version: VllmVersion
    environment: Mapping[str, str] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    partitions: tuple[tuple[int, ...], ...] | None = None
    shorten: bool = False
    one_host_command: bool = False
    batch_tensors: BatchTensors = field(default_factory=BatchTensors)
    encoder_items: EncoderItems | None = None
    drafter: Drafter = NO_DRAFTER
    calibration: ConstantSource = SHIPPED
    workload: Workload = field(default_factory=Workload)

    def take(self, rows: Ints | Bools) -> Self:
        """The same over some of its rows."""
        given = self.partitions
        if given is not None:
            given = tuple(given[row] for row in np.arange(len(given))[rows])
        return replace(self, layouts=self.layouts.take(rows), partitions=given)

    def alone(self, row: int) -> Self:
        """A row as a table of its own: itself, with all it has worked out, where it is one."""
        return self if len(self.layouts) == 1 else self.take(np.array([row]))

    def partition(self, row: int) -> tuple[int, ...] | None:
        """Layers of each stage of a row; None is vLLM's own split."""
        return None if self.partitions is None else self.partitions[row]

    @cached_property
    def placement(self) -> Placement:
        """Where the ranks sit."""
        return Placement.on(self.layouts, self.group)

    @cached_property
    def stages(self) -> Stages:
        """Which layers each pipeline stage holds."""
        if self.partitions is not None:
            return Stages.given(self.partitions)
        return Stages.of(self.layouts, self.architecture.num_layers)

    @cached_property
    def has_experts(self) -> bool:
        """A mixture of experts."""
        return self.architecture.num_experts > 0

    @cached_property
    def has_states(self) -> bool:
        """Some layers keep states instead of keys and values."""
        caches = (cache for layer in self.architecture.kinds for cache in layer.caches)
        return any(isinstance(cache, get_args(StateCache)) for cache in caches)

    @cached_property
    def fast_link(self) -> bool:
        """The GPUs of a host share NVLink or its like."""
        return self.group.scale_up_domain > 1 or self.group.gpus_per_node == 1

    @cached_property
    def sliced(self) -> bool:
        """The GPUs are MIG slices."""
        return bool(self.group.accelerator.mig_profile)

    @cached_property
    def switched(self) -> bool:
        """The GPUs of a host meet in an NVLink switch."""
        link = self.group.intra_node_link
        return link is not None and link.topology in {"switch", "rack"}

    @cached_property
    def runner_v2(self) -> bool:
        """Whether the model runs on vLLM's second model runner in this version."""
        asked = switch(self.environment, RUNNER_V2)
        if asked is not None and self.version.number >= _RUNNER_V2_SINCE:
            return asked
        return self.version.uses_runner_v2(
            RunnerFacts(
                architecture=self.architecture.name,
                experts=self.has_experts,
                states=self.has_states,
                pooling=self.architecture.pooling,
                quantized=self.quantization.method != UNQUANTIZED.method,
                draft=asked_draft(self.arguments)[0],
            )
        )

    @cached_property
    def features_divide(self) -> Bools:
        """Whether every split matrix divides by the layout's sizes."""
        divides = np.ones(len(self.layouts), dtype=np.bool_)
        for dimension in self.uneven:
            divides &= ~dimension.broken
        return divides

    @cached_property
    def uneven(self) -> tuple[Uneven, ...]:
        """Dimensions that some row does not divide."""
        return uneven(self.architecture, self.layouts)

    @cached_property
    def heads_divide(self) -> Bools:
        """Whether ranks can share attention and key-value heads."""
        heads, tp = self.architecture.num_kv_heads, self.layouts.tp
        whole: Bools = self.architecture.num_attention_heads % tp == 0
        if heads == 0 or self.architecture.uses_mla:
            return whole
        shared: Bools = whole & ((tp % heads == 0) | (heads % tp == 0))
        return shared

    @cached_property
    def plannable(self) -> Bools:
        """Whether a row's sizes divide the model, so that its memory can be planned."""
        layouts = self.layouts
        staged = layouts.pp <= self.architecture.num_layers
        plannable: Bools = self.features_divide & staged & (layouts.tp % layouts.dcp == 0)
        return plannable & self.heads_divide

    def rank_classes(self, row: int) -> int:
        """Ranks of a stage that differ: those with one expert more than the others."""
        experts, ranks = self.architecture.num_experts, int(self.layouts.ep_size[row])
        return 2 if experts % ranks else 1

    def uneven_features(self, row: int) -> list[tuple[str, int]]:
        """Name and size of what a row does not divide."""
        return [(each.name, each.size) for each in self.uneven if each.broken[row]]

    @cached_property
    def tensors(self) -> tuple[StageTensor, ...]:
        """Every tensor of every stage's fullest rank."""
        return tuple(
            stage_tensors(
                self.architecture,
                self.quantization,
                self.kinds,
                self.layouts,
                self.stages,
                dtype_bytes=self.settings.dtype_bytes,
                capability=self.settings.capability,
                drafter=self.drafter.modules,
            )
        )

    @cached_property
    def kind_bytes(self) -> Ints:
        """Parameters of one layer of each kind on a rank: Int64[kinds, rows]."""
        settings = self.settings
        return kind_bytes(
            self.kinds,
            self.layouts,
            dtype_bytes=settings.dtype_bytes,
            capability=settings.capability,
        )

    @cached_property
    def weights(self) -> Weights:
        """Parameters and buffers as constructed: Int64[rows, stages]."""
        return weights(self.tensors, self.stages)
