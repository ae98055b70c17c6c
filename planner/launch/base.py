"""What a launcher is, what it is given, and how one is found."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Protocol, cast

from planner import plugins
from planner.errors import UnknownNameError, UsageError, nearest
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.plan import Command, HardwareGroup, Layout

_PACKAGE = "planner.launch"
#: vLLM's own: vllm.entrypoints.openai.cli_args.BaseFrontendArgs (0.33.0)
PORT = 8000
PLAIN = 0o644
EXECUTABLE = 0o755


@frozen
class LaunchFile:
    """One file that a launcher writes."""

    path: str
    """Relative, with forward slashes; never upwards."""
    text: str
    """All of it, with a newline at its end."""
    mode: int = PLAIN


@frozen
class Setting:
    """Something that only one launcher wants to know: ``--set NAME=VALUE``."""

    name: str
    help: str
    default: str = ""
    form: str = ""
    """A pattern of all that it can be; none where what takes it is the only judge."""
    example: str = ""
    """Of that form."""


@frozen
class Served:
    """A deployment as a launcher needs it: what was planned, with what was typed beside it.

    Nothing in it is a secret: of a secret it has the name of the variable that holds it.
    """

    name: str
    """For files, services and jobs: lower-case letters, digits and dashes, at most 40."""
    model: str
    """What ``vllm serve`` is given: an id or a path."""
    revision: str | None = None
    served_name: str
    """What a request names as its model."""
    layout: Layout
    commands: tuple[Command, ...]
    """As they are to run, in the order to start them; one or more for each host."""
    group: HardwareGroup
    """The hosts it runs on."""
    vllm_version: str
    """``0.33``"""
    port: int = PORT
    """Of the HTTP server on node 0."""
    image: str | None = None
    """The container image that was asked for; None leaves it to the launcher."""
    secrets: tuple[str, ...] = ()
    """Environment variables that the server takes over from where it is started, by name."""
    replicas: int = 1
    """Deployments like this one, side by side."""
    start_up_s: float | None = None
    """Predicted time until it answers; None where it is not predicted."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The launcher's own, by name: all that it declares, defaults filled in."""

    @property
    def nodes(self) -> int:
        """Hosts of one deployment."""
        return max(command.node for command in self.commands) + 1

    @property
    def gpus_per_node(self) -> int:
        """GPUs that one deployment uses on a host."""
        return -(-self.layout.gpus_used // self.nodes)

    def on_node(self, node: int) -> tuple[Command, ...]:
        """What runs on one host, in order; the last of node 0 is the server."""
        return tuple(command for command in self.commands if command.node == node)

    @property
    def server(self) -> Command:
        """The command whose process answers requests."""
        return self.on_node(0)[-1]


class Launcher(Protocol):
    """A way to run a plan: a module with these names; its docstring's first line is its help."""

    SETTINGS: tuple[Setting, ...]
    """What it takes by ``--set``."""

    def files(self, served: Served) -> tuple[LaunchFile, ...]:
        """What it writes.

        Raises:
            UsageError: it cannot run such a deployment.
        """
        ...  # pragma: no cover

    def start(self, served: Served) -> tuple[tuple[str, ...], ...]:
        """What one types in the folder of the files to start it, command by command."""
        ...  # pragma: no cover


def launchers(*, own: bool = False) -> tuple[str, ...]:
    """The names ``--to`` takes; ``own`` leaves out what other distributions add."""
    return plugins.words(_PACKAGE, own=own)


def find(name: str) -> Launcher:
    """The launcher of a name.

    Raises:
        UnknownNameError: no such launcher.
    """
    found = plugins.find(_PACKAGE, name, kind="launcher", option="--to", usual="local")
    return cast("Launcher", found)


def settle(launcher: Launcher, name: str, typed: Mapping[str, str]) -> dict[str, str]:
    """All settings of a launcher: what was typed, else the default.

    Raises:
        UnknownNameError: the launcher has no such setting.
        UsageError: it cannot be what was typed.
    """
    known = {setting.name: setting.default for setting in launcher.SETTINGS}
    for word in typed:
        if word not in known:
            like = nearest(word, known)
            raise UnknownNameError(
                f"--to {name} has no setting called {word}",
                cause=f"it has {', '.join(known)}" if known else "it has none",
                fix=f"--set {like[0]}={typed[word]}" if like else f"leave out --set {word}",
            )
    for setting in launcher.SETTINGS:
        value = typed.get(setting.name)
        if value and setting.form and not re.fullmatch(setting.form, value):
            raise UsageError(
                f"--set {setting.name}={value[:60]!r} cannot be",
                cause=setting.help,
                fix=f"--set {setting.name}={setting.example}",
            )
    return {**known, **typed}
