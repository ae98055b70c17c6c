"""A server's options as keywords of vLLM's engine, for what starts it without ``vllm serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.vllm.flags import keywords
from planner.vllm.values import AUTO, json_or_human

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.vllm.tokens import Token

#: the longest context that fits. Source: vllm.utils.argparse_utils.human_readable_int_or_auto
_AUTO = -1


def engine_keywords(typed: Sequence[Token], version: str) -> dict[str, Any]:
    """The options that are not a server's alone, as ``vllm.LLM`` of a release takes them."""
    takes = keywords(version)
    engine: dict[str, Any] = {}
    for token in typed:
        flag, on = _base(token, takes)
        if flag in takes:
            engine[flag.removeprefix("--").replace("-", "_")] = _value(
                token, on=on, is_text=takes[flag]
            )
    return engine


def server_keywords(typed: Sequence[Token], version: str) -> dict[str, Any]:
    """The options that only ``vllm serve`` takes, by the names of its own arguments."""
    takes = keywords(version)
    return {
        token.spelling.flag.removeprefix("--").replace("-", "_"): _value(
            token, on=True, is_text=False
        )
        for token in typed
        if token.spelling and token.spelling.on and _base(token, takes)[0] not in takes
    }


def _base(token: Token, takes: Mapping[str, bool]) -> tuple[str, bool]:
    """The option that a flag turns on or off."""
    if token.spelling is None or token.spelling.on:
        return token.spelling.flag if token.spelling else "", True
    body = token.spelling.flag.removeprefix("--").removeprefix("no-")
    names = [f"--{body}", f"--{body.replace('disable-', 'enable-', 1)}"]
    names.append(f"--{body.replace('enable-', 'disable-', 1)}")
    return next((name for name in names if name in takes and name != token.typed), ""), False


def _value(token: Token, *, on: bool, is_text: bool) -> Any:  # noqa: ANN401 - an option's
    """What vLLM would make of what was typed."""
    if token.spelling and token.spelling.kind in {"switch", "on"}:
        return on
    read = [value if is_text else _read(value) for value in token.values]
    many = token.spelling is not None and token.spelling.kind == "list"
    return read if many else read[0] if read else True


def _read(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    return _AUTO if text == AUTO else json_or_human(text)
