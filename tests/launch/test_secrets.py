"""Secrets go by name, whatever runs the plan."""

from __future__ import annotations

import pytest

from planner.errors import PlannerError
from planner.launch.base import find, launchers, settle
from planner.launch.parts.served import served
from tests.launch.served_cases import answer

ENVIRON = {
    "VLLM_API_KEY": "key-5ecret",
    "HF_TOKEN": "hf_5ecret",
    "HF_ENDPOINT": "https://me:5ecret@mirror.example",
    "OTHER": "5ecret",
}


@pytest.mark.parametrize("to", launchers())
def test_no_file_and_no_command_holds_a_secret(to: str) -> None:
    launcher = find(to)
    planned = answer()
    record = served(
        planned,
        planned.layouts[0],
        environ=ENVIRON,
        secrets=("OTHER",),
        settings=settle(launcher, to, {}),
    )
    texts = [file.text for file in launcher.files(record)]
    texts += [word for command in launcher.start(record) for word in command]
    assert not any("5ecret" in text for text in texts)


@pytest.mark.parametrize("to", launchers())
@pytest.mark.parametrize(
    ("options", "environment"),
    [({"--api-key": "5ecret"}, {}), ({"--hf-token": "5ecret"}, {}), ({}, {"HF_TOKEN": "5ecret"})],
)
def test_a_plan_that_holds_one_is_refused(
    to: str, options: dict[str, object], environment: dict[str, str]
) -> None:
    planned = answer(options=options, environment=environment)
    with pytest.raises(PlannerError) as caught:
        served(planned, planned.layouts[0], environ={}, settings=settle(find(to), to, {}))
    assert "5ecret" not in f"{caught.value.message}{caught.value.cause}{caught.value.fix}"
