"""The same application in a browser: one process of it for each window that is opened.

Whoever can open it can write files as the user who serves it, so a page is let in by a word in the
address that is printed and nowhere else, and only loopback is served unless told otherwise.
"""

from __future__ import annotations

import secrets
import shlex
import sys
from http.cookies import SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from textual_serve.server import Server

from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_PAGE = Path(__file__).parent / "browser.html"
_WORD = "word"
#: what the page may load: itself, and nothing of the network
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'"
)


class Served(Server):
    """Textual's server with a page of our own and a door."""

    def __init__(self, command: str, host: str, port: int, word: str) -> None:
        super().__init__(command, host=host, port=port, title="planner")
        self._word = word

    @property
    def address(self) -> str:
        """What one opens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?{_WORD}={self._word}"

    def initialize_logging(self) -> None:
        """Standard error stays ours."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._door())
        return app

    def _door(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def door(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if origin is not None and origin.partition("://")[2] != request.host:
                raise web.HTTPForbidden(text="another site's page has no business here\n")
            if not self._knows(request):
                raise web.HTTPForbidden(text="open the address that planner tui --serve printed\n")
            return await handler(request)

        return door

    def _knows(self, request: web.Request) -> bool:
        """Whether a request has the word, in its address or in the cookie made of it."""
        said = request.query.get(_WORD) or request.cookies.get(self._cookie, "")
        return secrets.compare_digest(said.encode(), self._word.encode())

    @property
    def _cookie(self) -> str:
        # cookies are shared by all ports of a host
        return f"planner-{self.port}"

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, which keeps the word for what it loads."""
        del request
        cookie = SimpleCookie({self._cookie: self._word})
        cookie[self._cookie].update({"httponly": "yes", "samesite": "Strict", "path": "/"})
        return web.Response(
            text=_PAGE.read_text(encoding="utf-8"),
            content_type="text/html",
            headers={
                "Set-Cookie": cookie[self._cookie].OutputString(),
                "Content-Security-Policy": _POLICY,
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )

    async def on_startup(self, app: web.Application) -> None:
        """Say where it is."""
        del app
        sys.stderr.write(f"planner: open {self.address}\nplanner: Ctrl-C ends it\n")
        sys.stderr.flush()


def serve(typed: Sequence[str], *, host: str, port: int, expose: bool) -> None:
    """Serve ``planner tui`` with what was typed, until Ctrl-C.

    Raises:
        UsageError: an address beyond this machine, and nobody said that it is meant.
    """
    if not (expose or is_loopback(host)):
        raise UsageError(
            f"--host {host} is reached from other machines",
            cause="whoever opens the page can read and write files as you, and nothing is "
            "encrypted: an SSH tunnel to 127.0.0.1 is safer",
            fix=f"--host {host} --expose serves it there all the same",
        )
    command = shlex.join([sys.executable, "-m", "planner", "tui", *typed])
    Served(command, host, port, secrets.token_urlsafe(16)).serve()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
