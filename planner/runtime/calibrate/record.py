"""A record of ``planner verify``: what it says of the start of the server that was verified."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.vllm.command import read_command
from planner.vllm.log import LogFacts, Printed, RankFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

#: what such a document names as its command
COMMAND = "verify"


def is_record(beginning: bytes) -> bool:
    """Whether a file begins as such a document does."""
    words = beginning.replace(b" ", b"").replace(b"\n", b"")
    return words.startswith(f'{{"schema":"planner/1","command":"{COMMAND}"'.encode())


def facts_of_record(text: str, name: str) -> LogFacts:
    """What a document says of the start of the server: its KV cache, and by that its overheads.

    The weights are those of the plan, and so known only where the server serves its model.

    Raises:
        InvalidInputError: it is no such document.
    """
    try:
        told = json.loads(text)
        plan, cache = told["plan"], told["cache"] or {}
        arguments = read_command(plan["argv"], plan["vllm_version"]).arguments
        same = all(row["verdict"] == "same" for row in told["rows"] if row["name"] == "model")
        blocks, size = cache.get("num_blocks"), cache.get("block_size")
        return LogFacts(
            name=name,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            version=told["vllm_version"],
            model=plan["model"],
            arguments=arguments,
            arguments_known=True,
            board=plan["accelerator"],
            ranks=_ranks(plan, cache) if same and cache else (),
            gpu_blocks=blocks,
            block_size=size,
            stage="ready",
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            f"{name} is no record of planner verify: {error!r:.100}",
            fix="planner verify URL PLAN -o FILE writes one",
        ) from None


def _ranks(plan: Mapping[str, Any], cache: Mapping[str, Any]) -> tuple[RankFacts, ...]:
    """The only stage; of several nobody knows which has the fewest blocks."""
    if plan["pipeline_parallel_size"] != 1 or cache["block_size"] != plan["block_size"]:
        return ()
    block_bytes, weights = plan["bytes_per_block"], plan["weights_bytes"]
    if block_bytes is None or weights is None:
        return ()
    room = Printed(size_bytes=cache["num_blocks"] * block_bytes, step_bytes=block_bytes)
    return (RankFacts(weights=Printed(size_bytes=weights, step_bytes=1), kv_cache=room),)
