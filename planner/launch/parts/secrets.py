"""Secrets go by the name of the variable that holds them: never into files or arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.plan import Command

#: options whose value anyone on the machine can read in the list of processes
_FLAGS = {"--api-key": "VLLM_API_KEY", "--hf-token": "HF_TOKEN"}
#: what the server reads by itself: vllm.envs, huggingface_hub.constants, modelscope.hub.constants
KNOWN = ("VLLM_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN")
#: where models come from; a mirror's address may hold a password
_MIRRORS = ("HF_ENDPOINT", "VLLM_USE_MODELSCOPE")


def secret_names(asked: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables to hand over by name: those asked for, and those known that are set."""
    found = [name for name in KNOWN if environ.get(name)]
    found += [name for name in _MIRRORS if _has_password(environ.get(name, ""))]
    return tuple(dict.fromkeys([*asked, *found]))


def mirrors(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that say where models come from, where they hold no secret."""
    found = {name: environ[name] for name in _MIRRORS if environ.get(name)}
    return {name: value for name, value in found.items() if not _has_password(value)}


def _has_password(address: str) -> bool:
    try:
        return "@" in urlsplit(address).netloc
    except ValueError:
        return True


def refuse_secrets(commands: Iterable[Command], names: Sequence[str]) -> None:
    """See that no command carries a secret.

    Raises:
        UsageError: one does.
    """
    for command in commands:
        for place, word in enumerate(command.argv):
            flag, equals, _ = word.partition("=")
            following = command.argv[place + 1 : place + 2]
            valued = bool(equals) or any(not after.startswith("-") for after in following)
            if flag in _FLAGS and valued:
                raise UsageError(
                    f"{flag} would put a secret where every user of the machine can read it",
                    cause="arguments stand in the list of processes, and in the files written here",
                    fix=f"export {_FLAGS[flag]}=…, and leave {flag} out: the server reads it there",
                )
        for name in command.environment:
            if name in KNOWN or name in names:
                raise UsageError(
                    f"the plan holds a value of {name}",
                    cause="it would be copied into whatever is written or run",
                    fix=f"take {name} out of the plan, export it, and name it: --secret {name}",
                )
