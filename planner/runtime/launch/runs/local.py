"""This machine: ``vllm serve`` in the Python that has vLLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.runtime.launch.installed import vllm_python
from planner.runtime.launch.runs.base import Part
from planner.vllm.rewrite import follows

if TYPE_CHECKING:
    from planner.launch.base import Served
    from planner.runtime.launch.runs.base import Here

#: what the ``vllm`` script runs
_MODULE = "vllm.entrypoints.cli.main"
_SOCKETS = "VLLM_RPC_BASE_PATH"
#: a socket's whole path has 107 characters at most, and vLLM adds a name of 36
_LONGEST_SOCKET_FOLDER = 60
#: addresses that mean every interface
_ALL_INTERFACES = {"", "0.0.0.0", "::", "[::]"}  # noqa: S104 - read, not bound


def parts(served: Served, here: Here) -> tuple[Part, ...]:
    """One process.

    Raises:
        UsageError: the plan needs more than this machine.
        UnavailableError: there is no such Python.
    """
    if served.nodes > 1 or served.replicas > 1:
        raise UsageError(
            f"the plan is of {served.nodes * served.replicas} servers or hosts, --run starts one",
            cause="each host runs its own command",
            fix="-o FOLDER writes a script for each host; --layout N chooses another layout",
        )
    command = served.server
    environment = {**here.environ, **command.environment, **here.extra}
    if len(str(here.folder)) <= _LONGEST_SOCKET_FOLDER:
        # vLLM leaves its sockets behind: here they go with the folder
        environment.setdefault(_SOCKETS, str(here.folder))
    python = vllm_python(here.python, here.environ)
    argv = (python, "-m", _MODULE, *command.argv[1:])
    return (Part(name="server", argv=argv, environment=environment),)


def url(served: Served) -> str:
    """The address of the server, on a loopback interface where it listens on all."""
    argv = served.server.argv
    host = follows(argv, "--host") or ""
    if host in _ALL_INTERFACES:
        host = "127.0.0.1"
    secure = follows(argv, "--ssl-certfile") is not None
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http{'s' if secure else ''}://{shown}:{served.port}"
