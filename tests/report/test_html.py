"""The HTML report: whole, self-contained, and no text of anyone becomes markup."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import estimate, recommend
from planner.report.base import Page, find
from planner.report.parts.figures import figures
from tests.answers import broken, deepseek_r1, nothing_fits
from tests.answers import estimate as one_layout

if TYPE_CHECKING:
    from planner.plan import Answer

#: what somebody would type who means harm
HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style></pre><svg/onload=alert(1)>",
        "]]><!-- -->",
        "&lt;b&gt;&amp;#60;",
        "\x1b[31m\x00\x9b\ud800\u202e\u2028",
        "$\\frac{1}{2}$ {0} %s ${x}",
        "javascript:alert(1)",
    ]
)
ANY = st.one_of(HOSTILE, st.text(max_size=40).map("a{}".format))


class Read(HTMLParser):
    """Elements, attributes and text of a page as a browser takes them apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"!{data}")

    def unknown_decl(self, data: str) -> None:
        self.tags.append(f"!{data}")


def page(answer: Answer) -> str:
    return find("html").render(answer, Page())


def named(text: str) -> Answer:
    """An answer in which somebody's text stands everywhere where one can."""
    answer = nothing_fits()
    assert answer.model
    found = answer.findings[0]
    hostile: dict[str, Any] = {"message": text, "cause": text, "fix": text, "source": text}
    return answer.model_copy(
        update={
            "model": answer.model.model_copy(
                update={"id": text, "architecture": text, "source": text, "trust": text}
            ),
            "notes": (text,),
            "findings": (replace(found, **hostile),),
            "rejected": tuple(out.model_copy(update={"message": text}) for out in answer.rejected),
        }
    )


@settings(max_examples=60)
@given(ANY)
def test_no_text_becomes_markup(text: str) -> None:
    plain, hostile = Read(page(named("a model"))), Read(page(named(text)))
    assert hostile.tags == plain.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]


@given(HOSTILE)
def test_hostile_text_is_shown_as_it_is_written(text: str) -> None:
    shown = "".join(Read(page(named(text))).text)
    printable = "".join(c for c in text if c.isprintable())
    assert printable in "".join(c for c in shown if c.isprintable())


def test_no_script_runs_and_nothing_outside_the_file_is_named() -> None:
    read = Read(page(deepseek_r1()))
    assert not {"script", "link", "iframe", "object", "img", "base"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    named_addresses = [value for name, value in read.attributes if name in {"href", "src"}]
    assert all(value and value.startswith("#") for value in named_addresses)
    assert "url(http" not in page(deepseek_r1())
    assert "@import" not in page(deepseek_r1())


def test_every_id_is_there_once_and_every_reference_has_one() -> None:
    full = estimate(model="DeepSeek-R1", gpus="2x8xA100", offline=True, tensor_parallel_size=8,
                    pipeline_parallel_size=2, show_curves=True)  # fmt: skip
    attributes = Read(page(full)).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    referred = {v[1:] for n, v in attributes if n == "href" and v}
    referred |= {w for n, v in attributes if n in {"aria-labelledby", "aria-describedby"} and v
                 for w in v.split()}  # fmt: skip
    assert referred <= set(ids)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (deepseek_r1(), ["Layouts", "Commands", "Where each rank sits", "Rejected layouts (6)"]),
        (one_layout(), ["Arithmetic", "Commands"]),
        (nothing_fits(), ["Findings"]),
        (broken(), ["Findings"]),
    ],
)
def test_a_page_has_the_sections_that_its_answer_fills(answer: Answer, expected: list[str]) -> None:
    shown = Read(page(answer)).text
    assert all(heading in shown for heading in expected)


def test_findings_come_first_where_they_are_the_answer() -> None:
    def headings(answer: Answer) -> list[str]:
        return re.findall(r"<h2[^>]*>([^<]*)</h2>", page(answer))

    assert headings(broken())[:2] == ["Summary", "Findings"]
    assert headings(deepseek_r1()).index("Findings") > headings(deepseek_r1()).index("Commands")


def test_a_bare_model_has_a_page_too() -> None:
    text = page(estimate(model="Qwen/Qwen3-32B", offline=True))
    assert "the bare model" in text


def test_the_foot_says_when_it_was_made_and_by_which_command() -> None:
    paper = Page(command="planner recommend --model 'a b'", date="2026-12-01")
    text = find("html").render(deepseek_r1(), paper)
    assert "on 2026-12-01" in text
    assert "<code>planner recommend --model 'a b'</code>" in text


def test_each_figure_stands_with_its_interval_and_what_it_rests_on() -> None:
    answer = recommend(
        model="Qwen/Qwen3-8B", request_rate=3, among="L40S", offline=True,
        show_curves=True, show_sources=True, show_math=True,
    )  # fmt: skip
    best = answer.layouts[0]
    told = {each.name: each for each in figures(best)}
    assert told["Memory: weights"].interval == "exact"
    assert best.performance
    assert all(told[name].interval for name in ("First token", "Requests a second", "Start-up"))
    assert told["USD an hour"].rests_on.startswith("aws")
    assert told["USD a million tokens"].interval
    # what is bought has the same plots and sources as what is named
    page = find("html").render(answer, Page())
    assert all(title in page for title in ("Speed and load", "Arithmetic", "Constants and their"))
    assert best.curves
    assert best.curves.context


def test_without_matplotlib_a_report_says_what_to_type_before_any_work() -> None:
    script = (
        "import sys; sys.modules['matplotlib'] = None; from planner.cli.app import run; "
        "sys.exit(run(['recommend', '--model', 'nobody/nothing', '--gpus', 'T4', '-o', 'x.html']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'vllm-planner[report]'" in done.stderr
