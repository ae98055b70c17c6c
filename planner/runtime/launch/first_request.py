"""The first requests to a server that has just come up: what it serves, and one answer."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from planner.errors import ServerFailedError
from planner.frozen import frozen
from planner.runtime.launch.client import NoAnswerError

if TYPE_CHECKING:
    from planner.runtime.launch.client import Client

_TOKENS = 8
#: a path of each kind of server with a request that it takes; the first that exists is asked
_REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/completions", {"prompt": "Hello", "max_tokens": _TOKENS, "temperature": 0}),
    ("/v1/embeddings", {"input": "Hello"}),
    ("/pooling", {"input": "Hello"}),
)


@frozen
class Answered:
    """One answer."""

    path: str
    seconds: float
    tokens: int
    """That were generated; 0 of a server that generates none."""


def served_models(client: Client) -> dict[str, dict[str, Any]]:
    """What ``/v1/models`` lists, by name.

    Raises:
        NoAnswerError: the server does not say.
    """
    listed = client.get("/v1/models")
    models = listed.get("data") if isinstance(listed, dict) else None
    return {str(model.get("id")): model for model in models or () if isinstance(model, dict)}


def first_request(client: Client, model: str) -> Answered:
    """Ask for a few tokens.

    Raises:
        ServerFailedError: the model is not among those served, or there is no answer.
    """
    try:
        names = served_models(client)
        if model not in names:
            raise ServerFailedError(
                f"the server does not serve {model}", cause=f"it serves {', '.join(names)}"
            )
        return _asked(client, model)
    except NoAnswerError as error:
        raise ServerFailedError(
            f"the server came up and does not answer a request: {error.message}",
            cause=error.cause,
            fix=error.fix,
        ) from None


def _asked(client: Client, model: str) -> Answered:
    missing: NoAnswerError | None = None
    for path, body in _REQUESTS:
        begun = time.monotonic()
        try:
            answer = client.post(path, {"model": model, **body})
        except NoAnswerError as error:
            # a server of embeddings has no path for completions
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
                raise
            missing = error
            continue
        usage = answer.get("usage") if isinstance(answer, dict) else None
        return Answered(
            path=path,
            seconds=time.monotonic() - begun,
            tokens=int((usage or {}).get("completion_tokens") or 0),
        )
    raise missing or NoAnswerError("no request was made")
