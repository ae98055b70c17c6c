"""Configurations from ModelScope, over its public HTTP interface; never a weight."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from planner.errors import InvalidInputError, UnavailableError, UnknownNameError
from planner.model.config_file import (
    CONFIG,
    MAX_CONFIG_BYTES,
    MODELOPT,
    parse_object,
    with_modelopt,
)
from planner.model.model_folder import FoundFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDPOINT = "https://www.modelscope.cn"
_REVISION = "master"
_TIMEOUT_S = 10.0
#: a server that sends a byte now and then does not hold the planner for ever
_DEADLINE_S = 30.0
_CHUNK_BYTES = 65536


def fetch(name: str, revision: str | None, environ: Mapping[str, str]) -> FoundFiles:
    """The configuration of a ModelScope model.

    Raises:
        UnknownNameError: ModelScope has no such model or revision.
        UnavailableError: it cannot be reached or refuses.
        InvalidInputError: what it sent is no configuration.
    """
    content = _get(name, CONFIG, revision, environ)
    if content is None:
        raise UnknownNameError(
            f"ModelScope has no {name} with a {CONFIG}",
            cause=f"asked for revision {revision or _REVISION}",
            fix="check the name, or unset VLLM_USE_MODELSCOPE to ask Hugging Face",
        )
    config = parse_object(content, f"{CONFIG} of {name}")
    if "quantization_config" not in config:
        beside = _get(name, MODELOPT, revision, environ)
        if beside is not None:
            config = with_modelopt(config, parse_object(beside, f"{MODELOPT} of {name}"))
    return FoundFiles(config=config, checkpoint=None)


def endpoint(environ: Mapping[str, str]) -> str:
    """The server. Source: modelscope_hub.config (0.5.1)."""
    given = environ.get("MODELSCOPE_ENDPOINT") or environ.get("MODELSCOPE_DOMAIN") or _ENDPOINT
    return given.rstrip("/") if given.startswith(("http://", "https://")) else f"https://{given}"


def _get(name: str, file: str, revision: str | None, environ: Mapping[str, str]) -> bytes | None:
    """One file of a model, at most ``MAX_CONFIG_BYTES``; None when the server has none.

    Source: modelscope.hub.file_download.get_file_download_url (1.40.2)
    """
    query = urlencode({"Revision": revision or _REVISION, "FilePath": file})
    server = endpoint(environ)
    # the scheme is http or https: endpoint() writes it
    request = Request(f"{server}/api/v1/models/{quote(name)}/repo?{query}")  # noqa: S310
    token = environ.get("MODELSCOPE_API_TOKEN")
    if token:
        # not sent along when the server redirects elsewhere
        request.add_unredirected_header("Authorization", f"Bearer {token}")
        request.add_unredirected_header("Cookie", f"m_session_id={token}")
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310 - as above
            return _read(response, f"{file} of {name}")
    except HTTPError as error:
        error.close()
        if error.code == http.client.NOT_FOUND:
            return None
        raise _refused(name, server, error.code) from error
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        raise UnavailableError(
            f"ModelScope cannot be asked for {name}",
            cause=f"{server}: {getattr(error, 'reason', error)}",
            fix="check the network, or give a local directory or a config.json",
        ) from error


def _read(response: http.client.HTTPResponse, what: str) -> bytes:
    end = time.monotonic() + _DEADLINE_S
    content = b""
    while chunk := response.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_CONFIG_BYTES:
            raise InvalidInputError(
                f"{what} has more than {MAX_CONFIG_BYTES:,} bytes", cause="no more was read"
            )
        if time.monotonic() > end:
            raise TimeoutError(f"no end after {_DEADLINE_S:.0f} s")
    return content


def _refused(name: str, server: str, status: int) -> UnavailableError:
    denied = status in {http.client.UNAUTHORIZED, http.client.FORBIDDEN}
    return UnavailableError(
        f"ModelScope refuses {name} with status {status}",
        cause="it needs an accepted licence or a token" if denied else f"asked at {server}",
        fix="set MODELSCOPE_API_TOKEN" if denied else "try again later, or give a config.json",
    )
