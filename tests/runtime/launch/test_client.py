"""The address of a server: taken apart, or refused without showing what is secret in it."""

from __future__ import annotations

import pytest

from planner.errors import InvalidInputError
from planner.runtime.launch.client import Client


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/v1/", "http://[::1]:8000"),
        ("https://models.example.org/chat/v1", "https://models.example.org/chat"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, url: str) -> None:
    assert Client(typed).url == url


@pytest.mark.parametrize(
    "typed", ["", "ftp://a", "http://", "http://[::1", "http://a:99999", "http://a:b", "a\x1b[2J"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInputError, match="is no address of a server") as refused:
        Client(typed)
    assert "\x1b" not in refused.value.message


def test_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInputError, match="holds a name or a password") as refused:
        Client("http://me:hunter2@127.0.0.1:8000")
    assert "hunter2" not in str(refused.value) + refused.value.message + refused.value.fix
