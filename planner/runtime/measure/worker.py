"""What each worker of a running vLLM knows of its own GPU's memory, to the byte.

vLLM mixes the class into its workers (``--worker-extension-cls``). The figures are attributes
of the worker under vLLM's own names; a release that lacks one leaves it out.
Source: vllm.v1.worker.gpu_worker.Worker (0.11 to 0.33.0).
"""
# ruff: noqa: ANN401, torch and vLLM have no types here

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: the worker's attributes, and what they are called in the results
_WORKER = {
    "requested_memory": "requested_bytes",
    "total_consumed": "consumed_bytes",
    "non_torch_memory": "non_torch_bytes",
    "peak_activation_memory": "peak_activation_bytes",
    "cudagraph_memory_estimate": "cuda_graph_estimate_bytes",
    "available_kv_cache_memory_bytes": "available_kv_cache_bytes",
}
_SNAPSHOT = {
    "total_memory": "total_bytes",
    "free_memory": "free_before_bytes",
    "torch_memory": "torch_before_bytes",
}
_TORCH = {
    "allocated_bytes.all.current": "torch_allocated_bytes",
    "allocated_bytes.all.peak": "torch_peak_bytes",
    "reserved_bytes.all.current": "torch_reserved_bytes",
}


class MeasuredWorker:
    """Mixed into the worker: ``self`` is vLLM's own worker object."""

    def planner_write_memory(self, folder: str) -> str:
        """Write this rank's figures into a file of ``folder``; its path."""
        figures = {k: v for k, v in memory(self).items() if v is not None}
        replica = figures.get("data_parallel_rank", 0)
        path = Path(folder) / f"rank-{replica:03d}-{figures['rank']:04d}.json"
        path.write_text(json.dumps(figures), encoding="utf-8")
        return str(path)


def memory(worker: Any) -> dict[str, Any]:
    """The figures of one worker; None is not known."""
    runner = worker.model_runner
    parallel = worker.vllm_config.parallel_config
    cache = worker.vllm_config.cache_config
    model = runner.get_model()
    return {
        "rank": worker.rank,
        "tensor_parallel_rank": worker.rank % parallel.tensor_parallel_size,
        "data_parallel_rank": getattr(parallel, "data_parallel_index", 0),
        "weights_bytes": _whole(getattr(runner, "model_memory_usage", None)),
        "parameter_bytes": _bytes(model.parameters()),
        "buffer_bytes": _bytes(model.buffers()),
        "kv_cache_bytes": _bytes(_tensors(getattr(runner, "kv_caches", []))),
        "num_gpu_blocks": cache.num_gpu_blocks,
        "block_size": cache.block_size,
        **_named(worker, _WORKER),
        **_named(getattr(worker, "init_snapshot", None), _SNAPSHOT),
        **_device(worker.device),
    }


def _named(source: Any, names: dict[str, str]) -> dict[str, int | None]:
    return {to: _whole(getattr(source, name, None)) for name, to in names.items()}


def _device(device: Any) -> dict[str, Any]:
    """What the allocator and the driver say now, with the engine ready."""
    import torch

    if device.type != "cuda":
        return {}
    stats = torch.cuda.memory_stats(device)
    free, total = torch.cuda.mem_get_info(device)
    return {
        "device_name": torch.cuda.get_device_name(device),
        "device_free_bytes": free,
        "device_total_bytes": total,
        **{to: _whole(stats.get(name)) for name, to in _TORCH.items()},
    }


def _tensors(nested: Any) -> list[Any]:
    """The tensors in lists of lists, as hybrid models keep their states."""
    if isinstance(nested, (list, tuple)):
        return [tensor for item in nested for tensor in _tensors(item)]
    if isinstance(nested, dict):
        return _tensors(list(nested.values()))
    return [nested] if hasattr(nested, "untyped_storage") else []


def _bytes(tensors: Any) -> int:
    """Bytes of tensors, memory that several of them share counted once."""
    storages = {}
    for tensor in tensors:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr(), storage.nbytes()] = storage.nbytes()
    return sum(storages.values())


def _whole(figure: Any) -> int | None:
    return None if figure is None else int(figure)
