from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import UnknownNameError, UsageError
from planner.report.base import Page, find, formats, of_file
from tests.answers import broken, deepseek_r1, estimate, nothing_fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Answer

    Golden = Callable[[str, str], None]

ANSWERS = [deepseek_r1, estimate, broken, nothing_fits]


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("json", "json"), ("yaml", "yaml"), ("markdown", "md"), ("html", "html")],
)
def test_each_format_has_its_golden_file(form: str, suffix: str, golden: Golden) -> None:
    golden(f"deepseek-r1.{suffix}", find(form).render(deepseek_r1(), Page()))


@pytest.mark.parametrize("form", formats())
@pytest.mark.parametrize("answer", ANSWERS)
def test_every_format_renders_every_answer(form: str, answer: Callable[[], Answer]) -> None:
    text = find(form).render(answer(), Page())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("plan.yaml", "yaml"),
        ("plan.yml", "yaml"),
        ("a.b/x.JSON", "json"),
        ("pr.md", "markdown"),
        ("out.txt", "table"),
        ("report.html", "html"),
    ],
)
def test_a_files_suffix_says_its_format(name: str, form: str) -> None:
    assert of_file(name) is find(form)


@pytest.mark.parametrize("name", ["plan", "plan.xlsx", ".yaml"])
def test_a_suffix_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="suffix"):
        of_file(name)


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        find("yml")
    assert caught.value.fix == "--format yaml"
    assert "json" in caught.value.cause


def test_markdown_shows_text_as_it_is() -> None:
    answer = nothing_fits()
    assert answer.model is not None
    model = answer.model.model_copy(update={"id": "a|b`c<img src=x>\n# d"})
    text = find("markdown").render(answer.model_copy(update={"model": model}), Page())
    assert r"a\|b\`c\<img src=x\> # d" in text
