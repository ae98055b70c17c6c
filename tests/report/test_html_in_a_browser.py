"""The HTML report in a real browser: it asks for nothing, complains of nothing, can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner import estimate, recommend
from planner.report.base import Page as Paper
from planner.report.base import find
from tests.answers import broken, nothing_fits
from tests.browser import CHROMIUM, Page, browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.plan import Answer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


def r1() -> Answer:
    return recommend(
        model="deepseek-ai/DeepSeek-R1",
        gpus="2x8xA100",
        offline=True,
        show_math=True,
        show_curves=True,
    )


def pcie() -> Answer:
    return estimate(
        model="DeepSeek-R1-Distill-Qwen-32B",
        gpus="5xT4",
        offline=True,
        pipeline_parallel_size=5,
        show_math=True,
        show_curves=True,
    )


ANSWERS = [r1, pcie, broken, nothing_fits]


@pytest.fixture(scope="module", params=ANSWERS, ids=lambda answer: answer.__name__)
def page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("browser")
    file = folder / "report.html"
    file.write_text(find("html").render(request.param(), Paper()), encoding="utf-8")
    with browser(folder / "profile") as opened:
        opened.show(1200, 900)
        opened.open(file.as_uri())
        yield opened


def test_nothing_is_asked_for_but_the_file_itself(page: Page) -> None:
    assert len(page.requests()) == 1
    assert page.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(page: Page, scheme: str) -> None:
    page.show(1200, 900, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.show(1200, height, scheme=scheme)
    assert page.evaluate(CONTRAST) == []


def test_pictures_regions_and_landmarks_have_names(page: Page) -> None:
    named = page.names()
    roles = {role for role, _ in named}
    assert {"banner", "navigation", "main", "contentinfo", "heading"} <= roles
    nameless = [role for role, name in named if role in {"image", "region", "link"} and not name]
    assert nameless == []


@pytest.mark.parametrize("width", [320, 700, 1200])
def test_the_page_itself_never_scrolls_sideways(page: Page, width: int) -> None:
    page.show(width, 900)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_scrolls_by_itself_is_reached_by_keys(page: Page) -> None:
    page.show(320, 900)
    unreached = (
        "[...document.querySelectorAll('*')].filter((e) => e.scrollWidth > e.clientWidth + 1 "
        "&& getComputedStyle(e).overflowX === 'auto' && e.tabIndex < 0).length"
    )
    assert page.evaluate(unreached) == 0


def test_on_paper_nothing_is_hidden_and_the_page_is_light(page: Page) -> None:
    page.show(700, 900, scheme="light", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
