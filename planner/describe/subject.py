"""What a request is about, as documents: the model and the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner import plan
from planner.layout import Layouts
from planner.memory.kv_cache.plan import plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.memory.stages import Stages
from planner.memory.weights import stage_tensors, weights
from planner.model.layer_kinds import layer_kinds
from planner.settings import NEAREST_CAPABILITY, model_dtype
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from planner.hardware.group import NodeGroup
    from planner.resolve import Subject


def describe_model(subject: Subject) -> plan.Model:
    """What is served, and where its description came from."""
    source, architecture = subject.source, subject.architecture
    if architecture is None:
        named = source.config.get("architectures") or [None]
        return plan.Model.model_construct(
            id=source.id, architecture=named[0], source=source.source, trust=source.trust
        )
    method = subject.quantization.method
    return plan.Model.model_construct(
        id=source.id,
        architecture=architecture.name,
        source=source.source,
        trust=source.trust,
        read_like=architecture.read_like or None,
        parameters=subject.parameters,
        quantization=None if method == "none" else method,
        dtype=architecture.dtype,
        max_model_len=architecture.max_model_len,
        num_layers=architecture.num_layers,
        revision=subject.request.revision,
    )


def describe_bare_model(subject: Subject) -> plan.Model:
    """The same with its bytes undivided, where no GPUs are named: as on a Hopper board."""
    one, architecture = Layouts.one(), subject.known
    stages = Stages.of(one, architecture.num_layers)
    pinned = subject.request.pinned
    dtype = model_dtype(architecture, pinned, NEAREST_CAPABILITY)
    tensors = stage_tensors(
        architecture,
        subject.quantization,
        layer_kinds(architecture, subject.quantization),
        one,
        stages,
        dtype_bytes=DTYPE_BYTES[dtype],
        capability=NEAREST_CAPABILITY,
    )
    settings = KvCacheSettings(
        dtype=dtype,
        kv_cache_dtype=pinned.kv_cache_dtype or "auto",
        max_model_len=architecture.max_model_len,
        max_num_batched_tokens=architecture.max_model_len,
        capability=NEAREST_CAPABILITY,
    )
    cache = plan_kv_cache([[layer.caches for layer in architecture.layers]], settings)
    return describe_model(subject).model_copy(
        update={
            "weight_bytes": int(weights(tensors, stages).constructed_bytes.sum()),
            "kv_cache_bytes_per_token": cache.bytes_per_token or None,
        }
    )


def describe_hardware(subject: Subject) -> plan.Hardware:
    """The cluster, and what was assumed to read it."""
    return plan.Hardware.model_construct(
        groups=tuple(map(_group, subject.cluster.groups)), assumptions=subject.cluster.assumptions
    )


def _group(group: NodeGroup) -> plan.HardwareGroup:
    link, fabric = group.intra_node_link, group.fabric
    return plan.HardwareGroup.model_construct(
        accelerator=group.accelerator.id,
        nodes=group.nodes,
        gpus_per_node=group.gpus_per_node,
        memory_bytes=group.accelerator.memory_bytes,
        memory_taken_bytes=group.taken_bytes,
        scale_up_domain=group.scale_up_domain,
        intra_node_link=link.kind if link else None,
        topology=link.topology if link else None,
        link_bytes_per_s_one_way=link.bytes_per_s_one_way if link else None,
        fabric=fabric.id if fabric else None,
        nics_per_node=group.nics_per_node,
        nic_bytes_per_s_one_way=group.nic_bytes_per_s_one_way,
        gpus=group.text,
        hosts=group.hosts,
    )
