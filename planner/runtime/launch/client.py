"""A client of vLLM's HTTP server: a few requests, on the standard library alone."""

from __future__ import annotations

import http.client
import ipaddress
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from planner.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: what a server may say at most in one answer: far above metrics of many engines
_MOST_BYTES = 32 * 1024**2
_SHOWN = 300


class NoAnswerError(UnavailableError):
    """The server cannot be reached, or answers with an error.

    Attributes:
        status: the HTTP status; None where there was no answer at all.
    """

    status: int | None = None


def _apart(url: str) -> SplitResult:
    """The parts of an address that can be asked.

    Raises:
        InvalidInputError: it is none, or holds a password.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        # read, it may be a number that no port has
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if "@" in parts.netloc:
        raise InvalidInputError(
            f"{parts.scheme}://…@{parts.hostname} holds a name or a password",
            cause="a server of vLLM asks for a key alone, and an address is shown and kept",
            fix="leave it out; the key comes from VLLM_API_KEY",
        )
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or not parts.netloc.isprintable()
    ):
        raise InvalidInputError(f"{url[:80]!r} is no address of a server", fix="http://HOST:8000")
    return parts


class Client:
    """Asks one server; knows its key, and shows it to nobody else."""

    def __init__(self, url: str, key: str | None = None) -> None:
        """Take the address apart.

        Args:
            url: ``http://127.0.0.1:8000``; a path such as ``/v1`` at its end is left out.
            key: what the server calls its API key.

        Raises:
            InvalidInputError: it is no address.
        """
        parts = _apart(url)
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"
        self._key = key
        handlers: list[urllib.request.BaseHandler] = []
        if _is_here(parts.hostname or ""):
            # a proxy of the company cannot reach this machine, and nobody signed its certificate
            handlers.append(urllib.request.ProxyHandler({}))
            if parts.scheme == "https":
                handlers.append(urllib.request.HTTPSHandler(context=_unverified()))
        self._opener = urllib.request.build_opener(*handlers)

    def text(self, path: str, *, timeout_s: float = 10.0) -> str:
        """What a path answers.

        Raises:
            NoAnswerError: nothing, or an error.
        """
        with self._open(path, None, timeout_s) as response:
            content: bytes = response.read(_MOST_BYTES)
        return content.decode("utf-8", "replace")

    def get(self, path: str, *, timeout_s: float = 10.0) -> Any:  # noqa: ANN401 - what JSON holds
        """The JSON that a path answers.

        Raises:
            NoAnswerError: nothing, an error, or no JSON.
        """
        return self._parsed(path, self.text(path, timeout_s=timeout_s))

    def post(self, path: str, body: dict[str, Any], *, timeout_s: float = 120.0) -> Any:  # noqa: ANN401
        """The JSON that a path answers to a body.

        Raises:
            NoAnswerError: nothing, an error, or no JSON.
        """
        with self._open(path, body, timeout_s) as response:
            content: bytes = response.read(_MOST_BYTES)
        return self._parsed(path, content.decode("utf-8", "replace"))

    def stream(
        self, path: str, body: dict[str, Any], *, timeout_s: float = 120.0
    ) -> Iterator[dict[str, Any]]:
        """The events of an answer as they come.

        Raises:
            NoAnswerError: nothing, or an error.
        """
        with self._open(path, {**body, "stream": True}, timeout_s) as response:
            for line in response:
                data = line.decode("utf-8", "replace").strip().removeprefix("data:").strip()
                if data == "[DONE]":
                    return
                if data.startswith("{"):
                    yield self._parsed(path, data)

    def answers(self) -> bool:
        """Whether it says that it is healthy."""
        try:
            self.text("/health", timeout_s=5.0)
        except NoAnswerError:
            return False
        return True

    def _open(self, path: str, body: dict[str, Any] | None, timeout_s: float) -> Any:  # noqa: ANN401
        data = None if body is None else json.dumps(body).encode()
        # the scheme was checked above
        request = urllib.request.Request(f"{self.url}{path}", data)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if self._key:
            # sent once, and not on to where the server may redirect
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        try:
            return self._opener.open(request, timeout=timeout_s)
        except urllib.error.HTTPError as error:
            raise self._failed(path, error) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise NoAnswerError(
                f"{self.url} does not answer",
                cause=str(getattr(reason, "strerror", None) or reason).lower(),
                fix="start the server, or name its host and port",
            ) from None

    def _failed(self, path: str, error: urllib.error.HTTPError) -> NoAnswerError:
        with error:
            said = error.read(_SHOWN * 4).decode("utf-8", "replace")
        try:
            content = json.loads(said)
            inner = content.get("error", content)
            said = inner.get("message", said) if isinstance(inner, dict) else str(inner)
        except (ValueError, AttributeError):
            pass
        failed = NoAnswerError(
            f"{self.url}{path} answers {error.code}",
            cause=" ".join(said.split())[:_SHOWN],
            fix="export VLLM_API_KEY=… as the server has it"
            if error.code == http.HTTPStatus.UNAUTHORIZED
            else "",
        )
        failed.status = error.code
        return failed

    def _parsed(self, path: str, text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise NoAnswerError(
                f"{self.url}{path} answers no JSON", cause=" ".join(text.split())[:_SHOWN]
            ) from None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unverified() -> Any:  # noqa: ANN401 - an SSLContext; its module takes 10 ms
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
