"""Pictures: what they show is told in words, and a Markdown report has them beside it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from planner import recommend
from planner.cluster_map import cluster_map
from planner.report.base import find, written
from planner.report.parts.words import layout_name
from planner.report.plots.bars import memory_bars
from planner.report.plots.cluster import cluster_drawing, in_words
from planner.report.plots.figure import COLOURS, ROLES
from planner.report.plots.load import load_plot
from tests.answers import broken, deepseek_r1, nothing_fits

if TYPE_CHECKING:
    from planner.plan import Answer, HardwareGroup, Layout


@pytest.fixture(scope="module")
def answer() -> Answer:
    return recommend(
        model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100", offline=True, top=1, show_curves=True
    )


@pytest.fixture(scope="module")
def files(answer: Answer) -> dict[str, str]:
    return written(find("markdown"), answer, "out/my plan.md")


def parts(answer: Answer) -> tuple[HardwareGroup, Layout]:
    assert answer.hardware
    return answer.hardware.groups[0], answer.layouts[0]


def test_a_markdown_report_has_its_pictures_beside_it(files: dict[str, str]) -> None:
    folder = PurePath("out")
    names = [f"my plan-{name}.svg" for name in ("memory", "room", "load", "cluster")]
    assert list(files) == ["out/my plan.md", *(str(folder / name) for name in names)]
    assert all(f"]({name.replace(' ', '%20')})" in files["out/my plan.md"] for name in names)


def test_each_picture_is_whole_and_asks_for_nothing(files: dict[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".svg"):
            root = fromstring(text)  # noqa: S314 - our own
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert "<script" not in text
            named = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
            assert all(value.startswith("#") for value in named)


def test_plots_take_the_pages_colours(files: dict[str, str]) -> None:
    plot = files["out/my plan-room.svg"]
    assert "var(--series-1)" in plot
    assert not any(colour in plot for colour in ROLES)
    assert set(COLOURS) == set(ROLES.values())


def test_throughput_is_plotted_against_both_waits_each_with_its_limit() -> None:
    asked = recommend(
        model="Qwen/Qwen3-8B", gpus="2xL40S", offline=True, top=2, show_curves=True,
        concurrency=16, ttft_ms=750, tpot_ms=60,
    )  # fmt: skip
    drawn = load_plot(asked.layouts, "load")
    assert drawn is not None
    words = "".join(drawn.itertext())
    assert "ms for each further token" in words
    assert "ms until the first token" in words
    assert "limit 60 ms" in words
    assert "limit 750 ms" in words


@pytest.mark.parametrize("without", [nothing_fits(), broken()])
def test_findings_and_answers_without_layouts_have_no_pictures(without: Answer) -> None:
    assert list(written(find("markdown"), without, "x.md")) == ["x.md"]


def test_a_format_without_pictures_is_one_file() -> None:
    assert list(written(find("json"), deepseek_r1(), "x.json")) == ["x.json"]


def test_bars_tell_every_figure_in_words() -> None:
    _, best = parts(deepseek_r1())
    assert best.memory
    told = memory_bars(best.memory, "m").findtext("desc")
    assert told
    assert "Stage 0, layers 0-30, in GiB: weights 38.6" in told
    assert "free 2.84" in told


def test_the_cluster_tells_hosts_links_and_stages() -> None:
    group, best = parts(deepseek_r1())
    assert in_words(cluster_map(group, best), best) == (
        "2 hosts of 8 a100-sxm4-80gb, the GPUs of a host are joined by nvlink3, the hosts by "
        "ib-hdr. node 0: GPUs 0 to 7 stage 0. node 1: GPUs 0 to 7 stage 1."
    )


def test_every_gpu_is_drawn_with_its_rank() -> None:
    group, best = parts(deepseek_r1())
    drawn = cluster_drawing(cluster_map(group, best), best, "c")
    texts = [text.text for text in drawn.iter("text")]
    assert [t for t in texts if t and t.startswith("rank")] == [f"rank {n}" for n in range(16)]
    assert "PP1 TP7" in texts


def test_a_cluster_of_many_hosts_is_cut_and_says_so() -> None:
    group, best = parts(deepseek_r1())
    large = group.model_copy(update={"nodes": 40})
    drawn = cluster_map(large, best)
    assert "24 more hosts" in (in_words(drawn, best))
    texts = [text.text or "" for text in cluster_drawing(drawn, best, "c").iter("text")]
    assert any("24 more hosts" in text for text in texts)


def test_a_layout_without_a_place_is_told() -> None:
    group, best = parts(deepseek_r1())
    wide = best.model_copy(update={"pipeline_parallel_size": 4})
    assert "The layout wants 32 GPUs and finds no place." in in_words(
        cluster_map(group, wide), wide
    )


def test_the_load_plot_names_its_layouts_the_limit_and_the_load_of_the_answer() -> None:
    limited = recommend(
        model="Qwen/Qwen3-8B",
        gpus="2xH100",
        offline=True,
        top=2,
        tpot_ms=20,
        show_curves=True,
    )
    drawn = load_plot(limited.layouts, "load")
    assert drawn is not None
    texts = [text.text for text in drawn.iter("text")]
    assert {layout_name(layout) for layout in limited.layouts} <= set(texts)
    assert "limit 20 ms" in texts
    assert "the load of this answer" in texts
    assert load_plot(deepseek_r1().layouts, "load") is None
