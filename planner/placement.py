"""Where ranks sit: how many hosts a layout takes, and which groups leave a scale-up domain.

Ranks are numbered host by host, tensor parallelism fastest, then pipeline, then data, and
each host runs the same number of them.
Source: vllm.distributed.parallel_state.initialize_model_parallel,
vllm.config.parallel.ParallelConfig (0.33.0)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.units import Bools, Ints, ceil_div

if TYPE_CHECKING:
    from planner.hardware.cluster import NodeGroup
    from planner.layout import Layouts


@frozen(slots=False)
class Placement:
    """The layouts of one group of like hosts."""

    layouts: Layouts
    nodes: int
    gpus_per_node: int
    scale_up_domain: int
    """GPUs that share NVLink or its like; never below those of a host"""

    @classmethod
    def on(cls, layouts: Layouts, group: NodeGroup) -> Placement:
        """Place layouts on a group of hosts."""
        return cls(
            layouts=layouts,
            nodes=group.nodes,
            gpus_per_node=group.gpus_per_node,
            scale_up_domain=max(group.scale_up_domain, group.gpus_per_node),
        )

    @cached_property
    def hosts(self) -> Ints:
        """Hosts a layout takes: the fewest that share its ranks evenly, whole TP groups if any.

        A host runs whole engines, or an equal part of one. One more than there are where no
        number of hosts will do.
        Source: vllm.engine.arg_utils.EngineArgs.create_engine_config,
        vllm.config.parallel.ParallelConfig.nnodes_within_dp (0.33.0)
        """
        layouts = self.layouts
        engine = layouts.tp * layouts.pp
        best = np.full(len(layouts), self.nodes + 1, dtype=np.int64)
        whole = best.copy()
        for hosts in range(self.nodes, 0, -1):
            local = np.maximum(layouts.gpus // hosts, 1)
            even = (local % engine == 0) | (engine % local == 0)
            possible = even & (layouts.gpus % hosts == 0) & (local <= self.gpus_per_node)
            best[possible] = hosts
            whole[possible & (local % layouts.tp == 0)] = hosts
        return np.where(whole <= self.nodes, whole, best)

    @cached_property
    def local_ranks(self) -> Ints:
        """Ranks of one host."""
        return ceil_div(self.layouts.gpus, self.hosts)

    @cached_property
    def too_many(self) -> Bools:
        """More GPUs than there are."""
        return self.layouts.gpus > self.nodes * self.gpus_per_node

    @cached_property
    def tp_leaves_domain(self) -> Bools:
        """A tensor-parallel group spans scale-up domains."""
        return self._leaves(self.layouts.tp)

    @cached_property
    def moe_leaves_domain(self) -> Bools:
        """The ranks that share a layer's experts (TP x DP) span scale-up domains."""
        layouts = self.layouts
        return np.where(layouts.dp > 1, self._leaves(layouts.gpus), self.tp_leaves_domain)

    def _leaves(self, group: Ints) -> Bools:
        hosts_of_domain = max(self.scale_up_domain // self.gpus_per_node, 1)
        ranks_of_domain = self.local_ranks * hosts_of_domain
        one_domain = self.hosts <= hosts_of_domain
        aligned = (group <= ranks_of_domain) & (ranks_of_domain % group == 0)
        leaves: Bools = ~(one_domain | aligned)
        return leaves
