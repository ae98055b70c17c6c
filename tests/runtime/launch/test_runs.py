"""How each launcher's deployment is run from here."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.errors import UsageError
from planner.runtime.launch.runs.base import Here, find_run
from tests.launch.served_cases import answer, record

if TYPE_CHECKING:
    from pathlib import Path

    from planner.launch.base import Served


def over_two(to: str, **settings: str) -> Served:
    served = record(answer(8, 2, nodes=2), to, secrets=("MY_KEY",))
    return replace(served, settings={**served.settings, **settings})


@pytest.mark.parametrize("to", ["ssh", "ray"])
def test_hosts_are_run_by_the_starter_that_the_launcher_writes(to: str, tmp_path: Path) -> None:
    how, here = find_run(to), Here(environ={"MY_KEY": "word"}, folder=tmp_path)
    (part,) = how.parts(over_two(to, hosts="me@gpu-a,localhost"), here)
    folder = tmp_path / "nodes"
    program = str(folder / "start.py")
    assert part.argv == (sys.executable, program, "--secret", "MY_KEY", "me@gpu-a", "localhost")
    assert {path.name for path in folder.iterdir()} >= {"node-0.sh", "node-1.sh", "start.py"}
    assert how.url(over_two(to, hosts="me@gpu-a,b")) == "http://gpu-a:8000"
    assert how.url(over_two(to, hosts="localhost,b")) == "http://127.0.0.1:8000"
    assert how.url(over_two(to, hosts="me@2001:db8::1,b")) == "http://[2001:db8::1]:8000"


@pytest.mark.parametrize(
    ("to", "settings", "says"),
    [
        ("ssh", {}, "does not name its hosts"),
        ("ray", {}, "does not name its hosts"),
        ("ray", {"cluster": "auto"}, "on a host of that cluster"),
    ],
)
def test_nothing_is_run_where_the_hosts_are_not_known(
    to: str, settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    served, how = over_two(to, **settings), find_run(to)
    for ask in (
        lambda: how.parts(served, Here(environ={}, folder=tmp_path)),
        lambda: how.url(served),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert says in f"{caught.value.message} {caught.value.cause}"
