"""Offline: a Python script that answers a file of prompts with vLLM, without a server.

Source: vllm.entrypoints.llm.LLM (0.33.0)
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile, Setting
from planner.launch.parts.board import GPUS, VISIBLE, of_replicas, platform
from planner.launch.parts.engine_keywords import engine_keywords
from planner.launch.programs import source_of
from planner.vllm.command import program
from planner.vllm.flags import known
from planner.vllm.tokens import tokens
from planner.vllm.values import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.launch.base import Served
    from planner.vllm.tokens import Token

_MAX_TOKENS = Setting(
    name="max_tokens", help="Longest answer where a line says nothing else.", default="256"
)
_TEMPERATURE = Setting(
    name="temperature", help="Where a line says nothing else; 0 is greedy.", default="0"
)
SETTINGS: tuple[Setting, ...] = (_MAX_TOKENS, _TEMPERATURE, GPUS)

_SCRIPT = "batch.py"


def files(served: Served) -> tuple[LaunchFile, ...]:
    """The script, which takes a file of prompts and the name of the file to write.

    Raises:
        UsageError: the plan has replicas of its own or several hosts, the GPUs do not suffice, or
            a setting is no number.
    """
    if served.nodes > 1:
        raise UsageError(
            f"the layout takes {served.nodes} hosts, and one Python process starts vLLM on one",
            fix="--to slurm starts a server on all of them, which takes batches too",
        )
    if served.layout.data_parallel_size > 1:
        raise UsageError(
            f"vLLM's LLM refuses data_parallel_size {served.layout.data_parallel_size}",
            cause="within one process it may hang",
            fix=f"plan with --data-parallel-size 1, and --replicas "
            f"{served.layout.data_parallel_size} processes answer a part of the prompts each",
        )
    of_replicas(served)
    begin, _ = program(served.server.argv)
    typed = tokens(served.server.argv[begin:], known(served.vllm_version))
    values = {
        "ENVIRONMENT": dict(served.server.environment),
        "ENGINE": {"model": served.model, **engine_keywords(typed, served.vllm_version)},
        "SAMPLING": _sampling(served),
        "CHAT": _chat(typed),
        "ADAPTERS": _adapters(typed),
    }
    return (LaunchFile(path=_SCRIPT, text=_filled(values), mode=EXECUTABLE),)


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """One process for each replica, with GPUs and a part of the prompts of its own."""
    gpus = of_replicas(served)
    if gpus == ((),):
        return (("python3", _SCRIPT, "prompts.jsonl", "answers.jsonl"),)
    variable = VISIBLE.get(platform(served), VISIBLE["cuda"])
    shown = [("env", f"{variable}={','.join(names)}", "python3", _SCRIPT) for names in gpus]
    if len(gpus) == 1:
        return ((*shown[0], "prompts.jsonl", "answers.jsonl"),)
    return tuple(
        (*words, "prompts.jsonl", f"answers-{place}.jsonl", "--part", f"{place}/{len(gpus)}")
        for place, words in enumerate(shown)
    )


def _chat(typed: Sequence[Token]) -> dict[str, Any]:
    """The keywords of LLM.chat among a server's options."""
    found: dict[str, Any] = {}
    for flag, (keyword, read) in _OF_CHAT.items():
        value = _last(typed, flag)
        if value:
            try:
                found[keyword] = read(value[0])
            except ValueError as error:
                raise UsageError(f"{flag} {value[0]} {error}", fix=f"{flag} '{{}}'") from None
    return found


def _adapters(typed: Sequence[Token]) -> dict[str, str]:
    """Paths by name.

    Source: vllm.entrypoints.common.cli_args.LoRAParserAction (0.33.0)
    """
    found = {}
    for value in _last(typed, "--lora-modules"):
        try:
            told = json_object(value) if value.startswith("{") else _pair(value)
            found[told["name"]] = told["path"]
        except (KeyError, ValueError):
            message = f"--lora-modules {value} is no adapter"
            raise UsageError(message, fix="--lora-modules name=path") from None
    return found


def _pair(typed: str) -> dict[str, str]:
    name, _, path = typed.partition("=")
    return {key: value for key, value in (("name", name), ("path", path)) if value}


def _last(typed: Sequence[Token], flag: str) -> tuple[str, ...]:
    """What follows an option, as vLLM reads it: where it stands twice, the last time."""
    given = [each.values for each in typed if each.spelling and each.spelling.flag == flag]
    return given[-1] if given else ()


#: each option of a server that vllm.LLM.chat has a keyword for, and how its value is read
_OF_CHAT: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--chat-template": ("chat_template", str),
    "--chat-template-content-format": ("chat_template_content_format", str),
    "--default-chat-template-kwargs": ("chat_template_kwargs", json_object),
}


def _sampling(served: Served) -> dict[str, Any]:
    typed = {
        setting.name: served.settings.get(setting.name) or setting.default
        for setting in (_MAX_TOKENS, _TEMPERATURE)
    }
    try:
        return {"max_tokens": int(typed["max_tokens"]), "temperature": float(typed["temperature"])}
    except ValueError:
        raise UsageError(
            f"max_tokens {typed['max_tokens']} or temperature {typed['temperature']} is no number",
            fix="--set max_tokens=256 --set temperature=0.7",
        ) from None


def _filled(values: Mapping[str, Mapping[str, Any]]) -> str:
    """The program with its constants replaced, each by a literal."""
    text = source_of("batch")
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        name = node.target.id
        if name in values and node.end_lineno is not None:
            items = [f"    {key!r}: {value!r}," for key, value in values[name].items()]
            inside = "\n".join(("", *items, "")) if items else ""
            begins = f"{name}: {ast.unparse(node.annotation)}"
            lines[node.lineno - 1 : node.end_lineno] = [f"{begins} = {{{inside}}}"]
    return "\n".join(("#!/usr/bin/env python3", *lines, ""))
