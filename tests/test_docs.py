"""Documents tell the truth: what they show is what the program answers, what they link exists."""

from __future__ import annotations

import re
from difflib import ndiff
from typing import TYPE_CHECKING

import pytest

from tests.console import BLOCK, ROOT, Session, matches, renewed, steps

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = ("docs", "examples", "hardware_db")
PAGES = sorted([*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))])
SHOWING = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]
FENCED = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Targets of a page's links that lie in the project."""
    return [to for to in LINK.findall(prose(page)) if "://" not in to]


def anchors(page: Path) -> set[str]:
    """What a link can point to within a page, as GitHub names headings."""
    headings = (re.sub(r"[^\w\- ]", "", each).lower() for each in HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings}


@pytest.fixture
def _reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns, nothing of this machine's caches, the examples at hand."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    for variable in ("FORCE_COLOR", "TERM", "HF_TOKEN", "VLLM_USE_MODELSCOPE"):
        monkeypatch.delenv(variable, raising=False)
    here = {"COLUMNS": "80", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}
    caches = dict.fromkeys(("HF_HOME", "MODELSCOPE_CACHE"), str(tmp_path / "no-cache"))
    for variable, value in (here | caches).items():
        monkeypatch.setenv(variable, value)


@pytest.mark.usefixtures("_reader")
@pytest.mark.parametrize("page", SHOWING, ids=name)
def test_a_command_answers_as_a_document_shows(page: Path, pytestconfig: pytest.Config) -> None:
    session, wrong = Session(), []

    def check(block: re.Match[str]) -> str:
        kind, lines = block[1], []
        for step in steps(kind, block[2]):
            output = session.output(kind, step)
            shown = list(step.shown)
            if not matches(step.shown, output):
                shown = renewed(step.shown, output)
                wrong.append("\n".join([*step.typed, *ndiff(step.shown, shown)]))
            lines += [*step.typed, *shown]
        return "\n".join([f"```{kind}", *lines, "```"])

    renewed_page = BLOCK.sub(check, page.read_text(encoding="utf-8"))
    if pytestconfig.getoption("update_snapshots"):
        page.write_text(renewed_page, encoding="utf-8")
    elif wrong:
        pytest.fail("--snapshot-update renews this:\n\n" + "\n\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_document_links_exists(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_document_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    left = [ROOT / "README.md"]
    while left:
        page = left.pop().resolve()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            left += [page.parent / link.partition("#")[0] for link in links(page)]
    assert [name(page) for page in PAGES if page.resolve() not in reached] == []


def test_the_readmes_first_screen_is_all_the_set_up() -> None:
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert "$ make run" in first_screen
    assert any("make test" in line for line in first_screen)


def test_the_design_names_every_room() -> None:
    rooms = {p.stem for p in (ROOT / "planner").iterdir() if not p.name.startswith((".", "_"))}
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)/?`", design))
    assert rooms - named - {"constants_data", "py"} == set()


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("a b c d", True),
        ("a ... d", True),
        ("... b ...", True),
        ("... b ... d", True),
        ("a b c", False),
        ("b ... d", False),
        ("... c b ...", False),
        ("... c ... b ...", False),
        ("a ... c", False),
    ],
)
def test_an_excerpt_is_the_output_with_gaps_only_at_its_dots(shown: str, *, same: bool) -> None:
    assert matches(tuple(shown.split()), ["a", "b", "c", "d"]) is same
