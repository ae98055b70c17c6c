"""The tensors a module puts on one rank: their sizes, and how many of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.model.modules import Buffer, Embedding, Experts, Linear, Weight
from planner.quant.base import ExpertShard, LinearShard, Misfit, Scheme, Stored
from planner.units import DTYPE_BYTES, Bools, IntLike

if TYPE_CHECKING:
    from planner.model.modules import Module


@frozen
class Ranks:
    """How a layout divides modules; numbers or columns.

    ``tp`` divides attention and dense layers, ``moe_tp`` the tensors of each expert,
    ``ep_size`` the set of experts; ``one_stage`` marks layouts without pipeline stages;
    ``wna16_block`` is the block of a kernel of experts (``ExpertShard.wna16_block``).
    """

    tp: IntLike
    moe_tp: IntLike
    ep_size: IntLike
    expert_parallel: Bools | bool
    dtype_bytes: int
    capability: int
    one_stage: Bools | bool = True
    wna16_block: int = 1

    @property
    def sequence_parallel(self) -> Bools | bool:
        """Whether experts run sequence-parallel.

        Source: vllm.config.parallel.ParallelConfig.use_sequence_parallel_moe (0.33.0), true of
        every all-to-all backend that vLLM has for CUDA by default
        """
        return self.expert_parallel & (self.tp > 1) & (self.ep_size > self.tp)

    def tp_of(self, module: Linear) -> IntLike:
        """Ranks that share a linear layer."""
        if module.divided_by:
            return np.where(module.divided_by % self.tp == 0, self.tp, 1)
        if not module.whole_in_sequence_parallel:
            return self.tp
        whole = self.sequence_parallel & (self.one_stage | (not module.one_stage_only))
        return np.where(whole, 1, self.tp)


@frozen
class RankTensor:
    """``count`` equal tensors of ``tensor_bytes`` each on one rank."""

    tensor_bytes: IntLike
    count: IntLike = 1
    buffer: bool = False


def module_tensors(module: Module, scheme: Scheme, ranks: Ranks) -> tuple[RankTensor, ...]:
    """The tensors of a module on one rank, in the number format ``scheme``."""
    match module:
        case Linear():
            return _linear(module, scheme, ranks)
        case Experts():
            tensors = map(_parameter, scheme.experts(expert_shard(module, ranks)))
            return (*tensors, _expert_map(module, ranks))
        case Embedding():
            return _embedding(module, scheme, ranks)
        case Weight(on_host=True):
            return ()
        case Weight():
            dtype_bytes = DTYPE_BYTES[module.dtype] if module.dtype else ranks.dtype_bytes
            elements = module.elements_on(ranks.tp)
            return (RankTensor(tensor_bytes=elements * dtype_bytes),)
        case Buffer():
            dtype_bytes = DTYPE_BYTES[module.dtype] if module.dtype else ranks.dtype_bytes
            elements = module.elements_on(ranks.tp, ranks.capability)
            one = elements * dtype_bytes // module.tensors
            buffer = RankTensor(tensor_bytes=one, count=module.tensors, buffer=True)
            return (buffer, *map(_parameter, scheme.attention(ranks.dtype_bytes)))


def module_misfits(module: Module, scheme: Scheme, ranks: Ranks) -> tuple[Misfit, ...]:
    """The layouts whose share of a module vLLM refuses in its number format."""
    match module:
        case Linear():
            return scheme.linear_misfits(linear_shard(module, ranks))
        case Experts():
            return scheme.expert_misfits(expert_shard(module, ranks))
        case Embedding():
            return scheme.linear_misfits(embedding_shard(module, ranks))
        case _:
            return ()


def linear_shard(module: Linear, ranks: Ranks) -> LinearShard:
    """A linear layer's share of one rank."""
    return LinearShard(
        outputs=module.outputs_on(ranks.tp_of(module)),
        inputs=module.inputs_on(ranks.tp_of(module)),
        full_inputs=module.inputs,
        full_outputs=tuple(part.rows for part in module.parts),
        dtype_bytes=_linear_dtype_bytes(module, ranks),
        capability=ranks.capability,
    )


def _linear_dtype_bytes(module: Linear, ranks: Ranks) -> int:
    """Bytes of an element: Hopper and datacentre Blackwell have kernels for 16-bit routers.

    Source: vllm.model_executor.layers.fused_moe.router.gate_linear.GateLinear (0.33.0)
    """
    if module.float32_without_kernel and ranks.capability // 10 not in (9, 10):
        return DTYPE_BYTES["float32"]
    return DTYPE_BYTES[module.dtype] if module.dtype else ranks.dtype_bytes


def expert_shard(module: Experts, ranks: Ranks) -> ExpertShard:
    """The routed experts' share of one rank."""
    return ExpertShard(
        experts=module.count_on(ranks.ep_size),
        hidden=module.hidden,
        intermediate=module.intermediate_on(ranks.moe_tp, ranks.tp),
        full_intermediate=module.intermediate,
        gated=module.gated,
        bias=module.bias,
        expert_parallel=ranks.expert_parallel,
        dtype_bytes=ranks.dtype_bytes,
        capability=ranks.capability,
        wna16_block=ranks.wna16_block,
    )


def _parameter(stored: Stored) -> RankTensor:
    return RankTensor(tensor_bytes=stored.tensor_bytes, count=stored.count)


def _linear(module: Linear, scheme: Scheme, ranks: Ranks) -> tuple[RankTensor, ...]:
    shard = linear_shard(module, ranks)
    tensors = tuple(map(_parameter, scheme.linear(shard)))
    if module.bias:
        tensors += (RankTensor(tensor_bytes=shard.rows * shard.dtype_bytes),)
    return tensors


def _expert_map(module: Experts, ranks: Ranks) -> RankTensor:
    """Which experts are here: an int32 each, where they are spread over ranks.

    Source: vllm.model_executor.layers.fused_moe.expert_map_manager.determine_expert_map (0.33.0)
    """
    map_bytes = np.where(np.asarray(ranks.ep_size) > 1, module.count * DTYPE_BYTES["int32"], 0)
    return RankTensor(tensor_bytes=map_bytes, buffer=True)


def embedding_shard(module: Embedding, ranks: Ranks) -> LinearShard:
    """A vocabulary table's or head's share of one rank, as a linear layer."""
    return LinearShard(
        outputs=(module.rows_on(ranks.tp),),
        inputs=module.hidden,
        full_inputs=module.hidden,
        full_outputs=(module.padded_vocab,),
        dtype_bytes=ranks.dtype_bytes,
        capability=ranks.capability,
    )


def _embedding(module: Embedding, scheme: Scheme, ranks: Ranks) -> tuple[RankTensor, ...]:
    shard = embedding_shard(module, ranks)
    tensors = tuple(map(_parameter, scheme.linear(shard)))
    if module.bias:
        tensors += (RankTensor(tensor_bytes=shard.rows * shard.dtype_bytes),)
    return tensors
