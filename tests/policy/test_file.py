from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import PlannerError
from planner.finding import Severity
from planner.policy.file import find_policy, read_policy

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
gpus = "8xH100"
vllm-version = "0.33"
storage = "nvme"
select = ["RUN", "PAR"]
ignore = ["RUN025"]
fail-on = "warning"
allow = ["PAR003"]

[per-file."legacy/*"]
ignore = ["RUN031"]
severity = {RUN024 = "advice"}

[per-file."*.sh"]
severity = {RUN024 = "warning"}
"""


def saved(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    policy = read_policy(saved(tmp_path / "planner.toml", WHOLE))
    assert (policy.gpus, policy.vllm_version, policy.storage) == (("8xH100",), "0.33", "nvme")
    assert (policy.fail_on, policy.allow, policy.folder) == ("warning", ("PAR003",), str(tmp_path))
    old, new = str(tmp_path / "legacy" / "x" / "a.yaml"), str(tmp_path / "a.yaml")
    assert policy.wanted("RUN031", new)
    assert not policy.wanted("RUN031", old)
    assert not policy.wanted("RUN025", new)
    assert not policy.wanted("MEM001", new)


def test_the_last_pattern_that_speaks_of_a_rule_wins(tmp_path: Path) -> None:
    policy = read_policy(saved(tmp_path / "planner.toml", WHOLE))
    assert policy.severity("RUN024", str(tmp_path / "legacy" / "a.yaml")) is Severity.ADVICE
    assert policy.severity("RUN024", str(tmp_path / "legacy" / "a.sh")) is Severity.WARNING
    assert policy.severity("RUN024", str(tmp_path / "a.yaml")) is None


def test_the_nearest_file_upwards_counts_alone(tmp_path: Path) -> None:
    saved(tmp_path / "planner.toml", 'ignore = ["RUN025"]')
    inner = tmp_path / "team" / "deploy"
    saved(tmp_path / "team" / "pyproject.toml", '[tool.planner]\nselect = ["RUN"]')
    saved(inner / "pyproject.toml", "[project]\nname = 'x'")
    (inner / "a.yaml").touch()
    for first in (str(inner / "a.yaml"), str(inner), f"{inner}/**/*.yaml"):
        found = find_policy(first)
        assert (found.select, found.ignore) == (("RUN",), ())
    saved(inner / "planner.toml", "")
    assert find_policy(str(inner / "a.yaml")).select == ()


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("fail_on = 'error'", "unknown key 'fail_on'", "fail-on"),
        ("strict = true", "unknown key 'strict'", "select"),
        ("fail-on = 'never'", "fail-on is 'never'", "one of error, warning, advice"),
        ("ignore = 'RUN'", "ignore is 'RUN'", "a list"),
        ("select = ['RUM']", "no rule's code begins with RUM", "nearest"),
        ("[per-file.'*']\nseverity = {RUN999 = 'advice'}", "code is RUN999", "RUN0"),
        ("[per-file.'*']\nignored = []", "unknown key 'ignored'", "ignore"),
        ("a = [", "is not TOML", "mend"),
    ],
)
def test_what_no_policy_says_is_refused_with_the_nearest(
    tmp_path: Path, text: str, message: str, fix: str
) -> None:
    with pytest.raises(PlannerError) as caught:
        read_policy(saved(tmp_path / "planner.toml", text))
    assert message in caught.value.message
    assert fix in caught.value.fix
