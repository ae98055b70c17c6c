"""The slots that vLLM keeps for LoRA adapters beside each layer they can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.model.modules import Embedding, Experts, Linear, Split

if TYPE_CHECKING:
    from planner.memory.tensors import Ranks
    from planner.model.modules import Module
    from planner.units import IntLike, Ints


@frozen
class LoraSlots:
    """What ``--enable-lora`` and its options ask for.

    Attributes:
        adapters: ``--max-loras``, adapters of one batch.
        rank: ``--max-lora-rank``; every slot is as large as the largest adapter.
        dtype_bytes: of ``--lora-dtype``.
        fully_sharded: ``--fully-sharded-loras``.
        embeddings: the class has slots for its embedding and head too.
    """

    adapters: int
    rank: int
    dtype_bytes: int
    fully_sharded: bool = False
    embeddings: bool = False


def slot_bytes(module: Module, ranks: Ranks, slots: LoraSlots) -> Ints:
    """Both matrices of all adapters for one module on one rank: Int64, bytes.

    Column splits keep the whole A and their part of B, row splits their part of A and the whole
    B; ``fully_sharded`` divides the other half too. Each merged matrix has slots of its own.
    Encoders have none.

    Source: vllm.lora.layers.column_parallel_linear, .base_linear, .fused_moe, .logits_processor,
    vllm.lora.model_manager.LoRAModelManager (0.33.0)
    """
    match module:
        case Linear():
            elements = _linear(module, ranks, slots)
        case Experts():
            elements = _experts(module, ranks, slots)
        case Embedding() if slots.embeddings:
            # the whole vocabulary, whatever TP is
            elements = slots.rank * (module.vocab_size + module.hidden)
        case _:
            elements = 0
    return np.asarray(elements * slots.adapters * slots.dtype_bytes, dtype=np.int64)


def _linear(module: Linear, ranks: Ranks, slots: LoraSlots) -> IntLike:
    tp = ranks.tp_of(module)
    outputs, inputs = module.outputs_on(tp), module.inputs_on(tp)
    shared = tp if slots.fully_sharded else 1
    rank_of_a: IntLike = slots.rank
    rows: IntLike = sum(outputs)
    if module.split is Split.COLUMN:
        rank_of_a = slots.rank // shared
    elif module.split is Split.ROW:
        rows = rows // shared
    return len(outputs) * rank_of_a * inputs + rows * slots.rank


def _experts(module: Experts, ranks: Ranks, slots: LoraSlots) -> IntLike:
    count = module.count_on(ranks.ep_size)
    width = module.intermediate_on(ranks.moe_tp, ranks.tp)
    matrices = 2 if module.gated else 1
    shared = ranks.moe_tp if slots.fully_sharded else 1
    up = matrices * (slots.rank // shared * module.hidden + width * slots.rank)
    down = slots.rank * width + module.hidden // shared * slots.rank
    return count * (up + down)
