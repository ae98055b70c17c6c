"""A deployment as the request it stands for: to judge its log, or to plan it with a change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.request import judged
from planner.targets.formats.plan import gpus_text
from planner.vllm.command import read_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.launch.base import Served
    from planner.request import Request


def of_served(served: Served, asked: Request) -> Request:
    """The request that the deployment's own command and hosts stand for."""
    command = read_command(served.server.argv, served.vllm_version)
    return judged(
        replace(asked, model="", gpus=(), revision=None),
        model=served.model,
        revision=served.revision,
        gpus=(gpus_text(served.group),),
        vllm_version=served.vllm_version,
        arguments=command.arguments,
        environment=served.server.environment,
    )


def with_changes(asked: Request, changes: Mapping[str, Any]) -> Request:
    """The same with options of vLLM's, by name."""
    return replace(asked, pinned=replace(asked.pinned, **changes))
