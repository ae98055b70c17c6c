"""What the profile run's peak depends on: how wide a token is on a rank, and the batch."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.memory.sparse_workspace import SparseWorkspace

if TYPE_CHECKING:
    from planner.memory.interval import Constants
    from planner.units import IntLike


@frozen
class ActivationShape:
    """What one token takes on one rank: elements, as numbers or Int64[rows, stages] columns.

    Each is the widest of its kind over the stage's layers, 0 where the stage has none.
    """

    hidden: IntLike
    """of the residual stream"""
    mlp_projection: IntLike = 0
    """of the dense MLP's first product: 2 x intermediate / TP, 1 x without a gate"""
    mlp_activation: IntLike = 0
    """of what enters its second: intermediate / TP"""
    attention_qkv: IntLike = 0
    """of queries, keys and values: (heads + 2 x KV heads) / TP x head size"""
    attention_output: IntLike = 0
    """of attention's result: heads / TP x value head size"""
    latent_operands: IntLike = 0
    """of latent attention's queries, latents and result"""
    latent_products: IntLike = 0
    """of what they were made of, which code that is not compiled holds on to"""
    latent_context: IntLike = 0
    """keys and values that latent attention makes of a token of context: heads / TP x both sizes"""
    expert_workspace: IntLike = 0
    """of the routed experts' workspace, which stays: ``expert_workspace_elements``"""
    expert_temporary: IntLike = 0
    """of kernels that keep no workspace and free their temporaries: the same number"""
    eager_hidden: int = 0
    """copies of the residual stream's width that code holds where it is not compiled: 0 where it
    lets go of what it no longer needs"""
    mlp_quantized: IntLike = 0
    """of what enters its second product, in bytes: as a kernel of 8 bits takes it"""
    shared_projection: IntLike = 0
    """as mlp_projection, of the shared experts that run beside the routed ones"""
    shared_activation: IntLike = 0
    """as mlp_activation, of the same"""
    vocabulary: IntLike = 0
    """logits of a row: the whole vocabulary, whatever TP is"""
    logits_capped: bool = False
    """a cap goes over the logits, from one tensor to the next"""
    dtype_bytes: int = 2


@frozen
class ProfileRun:
    """The batch of the profile run, numbers or Int64[rows, stages] columns, and its constants.

    Attributes:
        tokens: max_num_batched_tokens.
        sequences: max_num_seqs.
        expert_tokens: tokens that reach a rank's experts: ``tokens``, times DP where the
            ranks of several replicas share their experts.
        constants: those of the term ``activation``.
        sparse: what an indexer of sparse attention takes.
        context_rows: tokens of context that latent attention makes keys and values of;
            ``planner.memory.latent_context``.
        drafting: tokens are drafted ahead, so that a rejection sampler may run too.
        compiled: torch.compile runs, whose code frees a tensor after its last use.
        plain_products: some products of the layers are torch's own, which keep a workspace.
        multiprocessors: of the board; the sampler has a buffer for each.
        cache_bytes: of the board's second cache, which is overwritten before kernels are timed.
    """

    tokens: IntLike
    sequences: IntLike
    expert_tokens: IntLike
    constants: Constants
    sparse: SparseWorkspace = field(default_factory=SparseWorkspace)
    context_rows: IntLike = 0
    drafting: bool = False
    compiled: bool = True
    plain_products: bool = True
    multiprocessors: int = 0
    cache_bytes: int = 0
