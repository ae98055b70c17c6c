"""What a project pays for its GPUs, by its planner.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.errors import PlannerError
from planner.plan import Answer, Cost
from planner.policy.file import read_policy
from planner.policy.prices import paid_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EUROS = """\
[prices]
per-gpu-hour = { H100 = 2.00, "p5.48xlarge" = 2.50, default = 3.00 }
date = 2026-11-01
currency = "EUR"
usd = 1.08
"""


def saved(folder: Path, text: str) -> Path:
    path = folder / "planner.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_prices_are_of_boards_of_node_types_and_of_the_rest(tmp_path: Path) -> None:
    paid = paid_by(read_policy(saved(tmp_path, EUROS)))
    assert [each.name for each in paid] == ["h100-sxm5-80gb", "p5.48xlarge", None]
    assert [each.usd_per_gpu_hour for each in paid] == pytest.approx([2.16, 2.7, 3.24])
    assert paid[0].source == "planner.toml, EUR 2 at 1.08"
    assert paid[0].date == "2026-11-01"


def test_dollars_need_no_worth_and_a_file_without_prices_has_none(tmp_path: Path) -> None:
    (paid,) = paid_by(read_policy(saved(tmp_path, "[prices]\nper-gpu-hour = {T4 = 0.4}\n")))
    assert (paid.usd_per_gpu_hour, paid.source, paid.date) == (0.4, "planner.toml", None)
    assert paid_by(read_policy(saved(tmp_path, ""))) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[prices]\nper-gpu-hour = {T4 = 0.4}\ncurrency = "EUR"\n', "worth is not said"),
        ("[prices]\nper-gpu-hour = {T4 = 0}\n", "no price for T4"),
        ("[prices]\nper-gpu-hour = {T4 = -1}\n", "per-gpu-hour"),
        ("[prices]\nper-gpu-hour = {nonsense-9 = 1}\n", "nonsense-9"),
        ("[prices]\nper-hour = {T4 = 1}\n", "unknown key"),
        ('[prices]\ndate = "yesterday"\n', "date"),
    ],
)
def test_what_is_no_price_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match=said):
        paid_by(read_policy(saved(tmp_path, text)))


@pytest.fixture
def cost(capsys: pytest.CaptureFixture[str]) -> Callable[..., Cost]:
    """The cost of the first layout that a command answers with."""

    def told(*words: str) -> Cost:
        assert run([*words, "--offline", "--format", "json"]) == 0
        found = Answer.model_validate_json(capsys.readouterr().out).layouts[0].cost
        assert found is not None
        return found

    return told


QWEN = ("--model", "Qwen/Qwen3-8B")


def test_answers_of_a_project_are_at_its_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cost: Callable[..., Cost]
) -> None:
    saved(tmp_path, EUROS)
    below = tmp_path / "deploy"
    below.mkdir()
    monkeypatch.chdir(below)
    for command in ("recommend", "estimate"):
        found = cost(command, *QWEN, "--gpus", "1xH100")
        assert found.usd_per_hour == pytest.approx(2.16)
        assert found.price_source == "planner.toml, EUR 2 at 1.08"
        assert found.price_date == "2026-11-01"
    typed = cost("recommend", *QWEN, "--gpus", "1xH100", "--price", "5")
    assert (typed.usd_per_hour, typed.price_source) == (5.0, "--price")


def test_what_is_bought_is_at_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cost: Callable[..., Cost]
) -> None:
    saved(tmp_path, "[prices]\nper-gpu-hour = {mi300x = 0.5}\n")
    monkeypatch.chdir(tmp_path)
    load = ("--concurrency", "16", "--among", "H100,mi300x")
    assert cost("recommend", *QWEN, *load).price_source == "planner.toml"
