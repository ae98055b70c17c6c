"""Which connectors of the KV cache a command asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.vllm.arguments import VllmArguments

MULTIPLE = "MultiConnector"
"""stands for several others, and can no more than each of them"""
_OFFLOADING = {"native": "OffloadingConnector", "lmcache": "LMCacheMPConnector"}


def asked_connectors(arguments: VllmArguments) -> tuple[str, ...]:
    """Their names; what offloading brings goes before what is named.

    Source: vllm.config.vllm.VllmConfig._post_init_kv_transfer_config (0.33.0)

    >>> from planner.vllm.arguments import VllmArguments
    >>> asked_connectors(VllmArguments(kv_offloading_size=40.0))
    ('OffloadingConnector',)
    """
    if arguments.kv_offloading_size:
        return (_OFFLOADING[arguments.kv_offloading_backend or "native"],)
    return tuple(_named(arguments.kv_transfer_config or {}))


def _named(config: Mapping[str, Any]) -> Iterator[str]:
    name = config.get("kv_connector")
    if name != MULTIPLE:
        yield from (str(name),) if name else ()
        return
    extra = config.get("kv_connector_extra_config")
    children = extra.get("connectors") if isinstance(extra, dict) else None
    for child in children if isinstance(children, list) else ():
        if isinstance(child, dict):
            yield from _named(child)
