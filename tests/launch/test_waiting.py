from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import UsageError
from planner.launch.parts.container import container
from planner.launch.parts.waiting import health_check, start_limit_s
from tests.launch.served_cases import answer, record


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://127.0.0.1:8000/health"),
        ({"--port": 9000, "--host": "::"}, "http://127.0.0.1:9000/health"),
        ({"--host": "10.0.0.7"}, "http://10.0.0.7:8000/health"),
        ({"--ssl-certfile": "/c", "--ssl-keyfile": "/k"}, "https://127.0.0.1:8000/health"),
    ],
)
def test_a_server_is_asked_where_it_listens(options: dict[str, object], url: str) -> None:
    *_, asked = health_check(record(answer(options=options), "systemd"))
    assert asked == url


def test_a_start_may_take_half_an_hour_or_three_times_what_is_predicted() -> None:
    served = record(answer(), "systemd")
    assert start_limit_s(replace(served, start_up_s=None)) == 1800
    assert start_limit_s(replace(served, start_up_s=60.0)) == 1800
    assert start_limit_s(replace(served, start_up_s=1000.4)) == 3001


def test_a_server_that_listens_inside_its_container_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="keeps everybody outside"):
        container(record(answer(options={"--host": "127.0.0.1"}), "docker"))
