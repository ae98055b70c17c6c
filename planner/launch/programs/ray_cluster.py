"""Waits until a Ray cluster has the hosts that a layout needs, and says what is missing if not.

``python3 ray_cluster.py HOSTS GPUS_PER_HOST TENSOR_PARALLEL_SIZE WAIT_S``, in a Python that has
Ray, on a host of the cluster, or with its address in RAY_ADDRESS. Exit code 1: the hosts did not
come; vLLM itself would wait half an hour for them before it says so.

Source: vllm.v1.executor.ray_utils.initialize_ray_cluster, get_bundles_sorted_by_node (0.33.0):
ranks fill the hosts one after the other, so TP groups stay inside a host where each host
contributes a multiple of their size.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

_POLL_S = 2.0
#: vllm.platforms.cuda, vllm.platforms.rocm: ray_device_key
_DEVICE = "GPU"


def missing(nodes: list[dict[str, Any]], free: float, hosts: int, gpus: int, tp: int) -> str:
    """What a cluster lacks, as a sentence; empty where it lacks nothing.

    Args:
        nodes: what ``ray.nodes()`` returns.
        free: GPUs that nobody holds.
        hosts: how many a layout takes.
        gpus: that it takes on each.
        tp: GPUs of a tensor-parallel group.
    """
    alive = [(n["NodeManagerAddress"], n["Resources"].get(_DEVICE, 0)) for n in nodes if n["Alive"]]
    enough = [(name, has) for name, has in alive if has >= gpus]
    seen = ", ".join(f"{name} has {has:g}" for name, has in sorted(alive))
    if len(enough) < hosts:
        return f"{len(enough)} of {hosts} hosts with {gpus} GPUs have joined it ({seen})"
    if free < hosts * gpus:
        return f"{free:g} of its GPUs are free, {hosts * gpus} are needed ({seen})"
    uneven = [(name, has) for name, has in enough if has % tp]
    if uneven and hosts > 1 and tp <= gpus:
        name, has = uneven[0]
        return (
            f"ranks fill a host before they go on to the next, and {has:g} GPUs of {name} are no "
            f"multiple of tensor parallel size {tp}, so a group would be torn ({seen})"
        )
    return ""


def main(arguments: list[str]) -> int:
    """Ask until the cluster is whole or the time is up."""
    hosts, gpus, tp = map(int, arguments[:3])
    until = time.monotonic() + float(arguments[3])
    while lacks := asked(hosts, gpus, tp):
        if time.monotonic() > until:
            sys.stderr.write(
                f"RayClusterError: the Ray cluster is too small: {lacks}; run ray start on the "
                "missing hosts and see what ray status lists\n"
            )
            return 1
        time.sleep(_POLL_S)
    return 0


def asked(hosts: int, gpus: int, tp: int) -> str:
    """What the cluster lacks now."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray  # only the Python that runs this has it

    try:
        if not ray.is_initialized():
            ray.init(address=os.environ.get("RAY_ADDRESS", "auto"), log_to_driver=False)
    except ConnectionError as error:
        # it may just be starting
        return f"it does not answer ({error})"
    return missing(ray.nodes(), ray.available_resources().get(_DEVICE, 0), hosts, gpus, tp)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
