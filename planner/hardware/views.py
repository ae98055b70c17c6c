"""The hardware data as plain rows, ready for a table or for JSON."""
# ruff: noqa: ANN401, rows hold anything

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from planner.errors import UnknownNameError
from planner.hardware import lookup
from planner.hardware.catalog import Catalog


def list_accelerators(catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """One row a board, by id: what one chooses by."""
    catalog = catalog or Catalog.default()
    return [
        {
            "id": board.id,
            "name": board.name,
            "vendor": board.vendor,
            "platform": board.platform,
            "memory_bytes": board.memory_bytes,
            "hbm_bytes_per_s": board.hbm_bytes_per_s,
            "bf16_dense_flops": board.bf16_dense_flops or board.fp16_dense_flops,
            "compute_capability": _version(board.compute_capability) or board.arch_target,
            "vllm_support": board.vllm_support,
            "confidence": board.confidence,
            "origin": board.origin,
        }
        for board in catalog.accelerators()
    ]


def list_nodes(catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """One row a node type, by provider and id."""
    catalog = catalog or Catalog.default()
    return [
        {
            "id": node.id,
            "name": node.name,
            "provider": node.provider,
            "accelerator": node.accelerator,
            "gpus_per_node": node.gpus_per_node,
            "nodes_per_rack": node.nodes_per_rack,
            "scale_up_domain": node.scale_up_domain,
            "fabric": node.nics[0].fabric if node.nics else None,
            "ports_per_node": node.nics[0].count if node.nics else None,
            "confidence": node.confidence,
        }
        for node in catalog.nodes()
    ]


def list_fabrics(catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """One row a network."""
    catalog = catalog or Catalog.default()
    rows = [catalog.fabric(fabric_id) for fabric_id in catalog.ids("fabrics")]
    return [
        {
            "id": fabric.id,
            "name": fabric.name,
            "family": fabric.family,
            "bytes_per_s_one_way": fabric.bytes_per_s_one_way,
            "achievable_fraction": fabric.achievable_fraction,
            "latency_s_one_way": fabric.latency_s_one_way,
            "rdma": fabric.rdma,
        }
        for fabric in sorted(rows, key=lambda f: (f.family, f.bytes_per_s_one_way))
    ]


def show(name: str, catalog: Catalog | None = None) -> dict[str, Any]:
    """Everything the data says about a board, node type or network.

    Returns:
        ``kind`` (accelerator, node or fabric), ``assumptions`` and ``data``, the row as its file
        has it, absent figures as None.

    Raises:
        UnknownNameError: nothing is called so.
    """
    catalog = catalog or Catalog.default()
    try:
        found = lookup.find(catalog, name)
    except UnknownNameError as error:
        try:
            fabric = lookup.find_fabric(catalog, name)
        except UnknownNameError:
            raise error from None
        return {"kind": "fabric", "assumptions": [], "data": document(fabric)}
    assumptions = [*found.assumptions, *found.memory_assumptions]
    if found.node is not None:
        prices = _prices(catalog, found.node.id)
        data = {**document(found.node), "usd_per_hour": prices}
        return {"kind": "node", "assumptions": assumptions, "data": data}
    return {"kind": "accelerator", "assumptions": assumptions, "data": document(found.accelerator)}


def document(row: Any) -> dict[str, Any]:
    """A data row as plain values: tuples as lists, dates as text."""
    plain = _plain(asdict(row))
    return plain if isinstance(plain, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _prices(catalog: Catalog, node_id: str) -> list[dict[str, Any]]:
    """Dated prices of a node type, newest first."""
    return [
        {
            "usd_per_hour": prices.usd_per_hour[node_id],
            "kind": prices.kind,
            "region": prices.region,
            "priced_on": prices.priced_on.isoformat(),
            "source": prices.sources[0].ref,
        }
        for prices in reversed(catalog.price_lists())
        if node_id in prices.usd_per_hour
    ]


def _version(capability: tuple[int, int] | None) -> str | None:
    return None if capability is None else f"{capability[0]}.{capability[1]}"
