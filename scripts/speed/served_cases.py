"""Measured deployments as cases of the planner: a model, its GPUs and the options of vLLM."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from planner.request import request
from planner.resolve import resolve, table
from planner.search import fixed_layout
from planner.vllm.command import read_command

if TYPE_CHECKING:
    from planner.case import Case


def options_of(given: str) -> str:
    """Options of a JSON object by flag, as one types them.

    >>> options_of('{"--enforce-eager": true, "--max-model-len": 4096}')
    '--enforce-eager --max-model-len 4096'
    """
    words = []
    for flag, value in json.loads(given).items():
        words += [flag] if value is True else [flag, _word(value)]
    return shlex.join(words)


def _word(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return value if isinstance(value, str) else json.dumps(value)


@cache
def case_of(model: str, gpus: str, options: str, release: str, **load: Any) -> Case:  # noqa: ANN401
    """The one layout that ran, with vLLM's own defaults for what was not given.

    ``load`` is what ``--input-tokens`` and its like say, by keyword.
    """
    command = read_command(["vllm", "serve", model, *shlex.split(options)])
    asked = replace(
        request(model=model, gpus=(gpus,), vllm_version=release, offline=True, **load),
        pinned=command.arguments,
        default_gpu_memory_utilization=None,
        calibration=False,
    )
    subject = resolve(asked, {})
    return table(subject, subject.groups[0], fixed_layout(asked.pinned))
