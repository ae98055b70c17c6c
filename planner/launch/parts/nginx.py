"""A configuration of nginx that spreads requests over like servers.

Source: docs/deployment/nginx.md (0.33) for ``least_conn``; ngx_http_proxy_module for the rest
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: a directive: its words, and what stands within its braces; None where it has none
Directive: TypeAlias = "tuple[tuple[str, ...], Sequence[Directive] | None]"

#: the folders that nginx keeps bodies in, which only root may write where they are by default
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_LONGEST = "1h"


def balancer(
    servers: Iterable[str], port: int, *, scheme: str = "http", own_folder: str = ""
) -> str:
    """The whole file.

    Each request goes to the server with the fewest under way. Answers are passed on word by word,
    and may take an hour.

    Args:
        servers: ``host:port``, of names and numbers alone.
        port: to listen on.
        scheme: how the servers are spoken to.
        own_folder: keeps what nginx writes, below the folder that it is started with (``-p``), so
            that it needs no rights; without one that lies where nginx's image has it.
    """
    upstream = (
        # nginx's processes count together, not each for itself
        _set("zone", "servers", "64k"),
        _set("least_conn"),
        *(_set("server", server) for server in servers),
        _set("keepalive", "64"),
    )
    server = (
        _set("listen", str(port)),
        # pictures and long prompts: vLLM judges what is too long
        _set("client_max_body_size", "0"),
        (("location", "/"), _passed_on(scheme)),
    )
    http: tuple[Directive, ...] = ((("upstream", "servers"), upstream), (("server",), server))
    main: list[Directive] = [
        _set("worker_processes", "auto"),
        (("events",), (_set("worker_connections", "4096"),)),
    ]
    if own_folder:
        main += [_set("pid", f"{own_folder}/nginx.pid"), _set("error_log", "stderr")]
        kept = (_set(f"{name}_temp_path", f"{own_folder}/{name}") for name in _TEMPORARY)
        http = (_set("access_log", "off"), *kept, *http)
    main.append((("http",), http))
    return "".join(f"{line}\n" for line in _lines(main))


def _passed_on(scheme: str) -> tuple[Directive, ...]:
    """How a request reaches a server, and its answer the client."""
    return (
        _set("proxy_pass", f"{scheme}://servers"),
        _set("proxy_http_version", "1.1"),
        _set("proxy_set_header", "Connection", ""),
        _set("proxy_set_header", "Host", "$host"),
        _set("proxy_set_header", "X-Forwarded-For", "$proxy_add_x_forwarded_for"),
        _set("proxy_set_header", "X-Forwarded-Proto", "$scheme"),
        # neither answers nor pictures wait until they are whole
        _set("proxy_buffering", "off"),
        _set("proxy_request_buffering", "off"),
        _set("proxy_connect_timeout", "5s"),
        _set("proxy_read_timeout", _LONGEST),
        _set("proxy_send_timeout", _LONGEST),
    )


def _set(*words: str) -> Directive:
    return words, None


def _lines(directives: Sequence[Directive], indent: str = "") -> Iterator[str]:
    for words, within in directives:
        text = indent + " ".join(word or '""' for word in words)
        if within is None:
            yield f"{text};"
        else:
            yield f"{text} {{"
            yield from _lines(within, f"{indent}    ")
            yield f"{indent}}}"
