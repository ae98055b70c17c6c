"""What people do, by keys alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import DataTable, Input, Static

from planner.estimate import estimate
from planner.explore.change import freed
from planner.recommend import recommend
from planner.tui.controls import Control
from planner.tui.screens.browse import Browse
from planner.tui.screens.card import Reading
from planner.tui.screens.compare import Compare
from planner.tui.screens.confirm import Confirm
from planner.tui.screens.launch import Launch
from planner.tui.screens.prompt import Prompt
from tests.tui.driving import R1, Driver, asked, driving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from planner.request import Request


def journey(steps: Callable[[Driver], Awaitable[None]], begin: Request | None = None) -> None:
    async def run() -> None:
        async with driving(begin) as driver:
            await steps(driver)

    asyncio.run(run())


def sizes(driver: Driver) -> tuple[int | None, int | None]:
    pinned = driver.app.request.pinned
    return pinned.tensor_parallel_size, pinned.pipeline_parallel_size


class TestWhatIf:
    def test_it_begins_with_the_best_layout(self) -> None:
        async def steps(d: Driver) -> None:
            best = recommend(R1, {}).layouts[0]
            assert d.app.view is not None
            assert d.app.view.layout is not None
            assert d.app.view.layout.commands == best.commands
            assert sizes(d) == (best.tensor_parallel_size, best.pipeline_parallel_size)

        journey(steps)

    def test_sizes_that_were_typed_are_kept_and_the_rest_is_the_best_for_them(self) -> None:
        async def steps(d: Driver) -> None:
            assert sizes(d)[0] == 4
            assert d.app.view is not None
            assert d.app.view.layout is not None
            assert d.app.view.layout.fit.verdict == "fits"

        begin = asked(model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100", tensor_parallel_size=4)
        journey(steps, begin)

    def test_an_arrow_changes_a_field_and_the_answer_is_that_of_estimate(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("tensor_parallel_size")
            await d.press("left")
            assert sizes(d)[0] == 6
            assert d.app.view is not None
            assert d.app.view.answer == estimate(d.app.request, {})
            assert "PAR001" in d.text

        journey(steps)

    def test_alternatives_are_those_of_recommend_for_the_same_options(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("max_num_seqs")
            await d.press("right", "right", "left")
            assert d.app.ranked == recommend(freed(d.app.request), {})

        journey(steps)

    def test_taking_an_alternative_puts_its_sizes_into_the_request(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("4", "down", "down", "enter")
            assert d.app.ranked is not None
            third = d.app.ranked.layouts[2]
            assert sizes(d) == (third.tensor_parallel_size, third.pipeline_parallel_size)

        journey(steps)

    def test_b_goes_back_to_the_best_and_u_takes_it_back(self) -> None:
        async def steps(d: Driver) -> None:
            best = d.app.request
            await d.to("tensor_parallel_size")
            await d.press("left")
            worse = d.app.request
            await d.press("b")
            assert d.app.request == best
            await d.press("u")
            assert d.app.request == freed(worse) or d.app.request == worse

        journey(steps)

    def test_a_value_is_typed_and_a_wrong_one_is_refused_in_place(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("max_model_len")
            await d.press("enter")
            assert isinstance(d.app.screen, Prompt)
            await d.write("much")
            await d.press("enter")
            assert isinstance(d.app.screen, Prompt)
            assert "much" in str(d.app.screen.query_one("#note", Static).content)
            d.app.screen.query_one(Input).value = ""
            await d.write("32K")
            await d.press("enter")
            assert d.app.request.pinned.max_model_len == 32768

        journey(steps)

    def test_backspace_lets_a_field_free_again(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("max_num_seqs")
            await d.press("right")
            assert d.app.request.pinned.max_num_seqs == 384
            await d.press("backspace")
            assert d.app.request.pinned.max_num_seqs is None

        journey(steps)


class TestFindings:
    def test_f_does_what_the_finding_says(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("tensor_parallel_size")
            await d.press("left")
            assert "PAR001" in d.text
            await d.press("f")
            assert sizes(d)[0] == 4
            assert "PAR001" not in d.text

        journey(steps)

    def test_enter_on_a_finding_shows_the_page_of_its_rule(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("3", "enter")
            assert isinstance(d.app.screen, Reading)
            assert "HWD005" in d.text
            await d.press("escape")
            await d.press("e")
            assert isinstance(d.app.screen, Reading)

        journey(steps)

    def test_a_finding_that_names_no_option_says_so(self) -> None:
        async def steps(d: Driver) -> None:
            before = d.app.request
            await d.press("f")
            assert d.app.request == before
            assert "names no option" in d.text

        journey(steps)


class TestPin:
    def test_two_plans_are_compared_figure_by_figure(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("c")
            assert not isinstance(d.app.screen, Compare)
            await d.press("space")
            await d.to("max_num_seqs")
            await d.press("right")
            await d.press("c")
            assert isinstance(d.app.screen, Compare)
            rows = d.app.screen.query_one(DataTable).row_count
            await d.press("d")
            assert d.app.screen.query_one(DataTable).row_count < rows
            assert "KV tokens" in d.text

        journey(steps)


class TestWorkload:
    def test_a_kind_is_chosen_by_keys_and_the_answer_is_recommends_for_it(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("w")
            await d.press("right")
            chosen = d.app.request.workload.lengths
            assert chosen is not None
            assert chosen.name == "chat"
            await d.press("enter")
            d.app.screen.query_one(Input).value = "rag"
            await d.press("enter")
            assert "rag" in d.text
            same = replace(R1, workload=asked(workload="rag").workload)
            assert d.app.view is not None
            assert d.app.view.answer.workload == estimate(same, {}).workload
            await d.press("backspace")
            assert d.app.request.workload == R1.workload

        journey(steps)

    def test_a_typing_error_names_the_kinds_and_the_file(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("w", "enter")
            d.app.screen.query_one(Input).value = "chatt"
            await d.press("enter")
            assert "no workload is called chatt" in d.text
            assert isinstance(d.app.screen, Prompt)

        journey(steps)

    def test_page_down_goes_from_group_to_group(self) -> None:
        async def steps(d: Driver) -> None:
            groups = []
            for _ in range(7):
                assert isinstance(d.app.focused, Control)
                groups.append(d.app.focused.knob.group)
                await d.press("pagedown")
            assert groups[:6] == list(dict.fromkeys(groups))
            assert groups[6] == groups[0]
            await d.press("pageup", "pageup")
            assert isinstance(d.app.focused, Control)
            assert d.app.focused.knob.group == groups[5]

        journey(steps)


class TestFiles:
    def test_a_plan_is_saved_and_opened_again(self, tmp_path: Path) -> None:
        plan = str(tmp_path / "plan.yaml")

        async def steps(d: Driver) -> None:
            await d.to("max_num_seqs")
            await d.press("right")
            await d.press("s")
            d.app.screen.query_one(Input).value = plan
            await d.press("enter")
            kept = d.app.view
            assert kept is not None
            await d.to("tensor_parallel_size")
            await d.press("left")
            await d.press("o")
            assert d.app.screen.query_one(Input).value == plan
            await d.press("enter")
            assert d.app.view is not None
            assert d.app.view.layout is not None
            assert kept.layout is not None
            assert d.app.view.layout.memory == kept.layout.memory
            assert d.app.view.layout.commands == kept.layout.commands

        journey(steps)

    def test_load_and_targets_are_saved_with_it(self, tmp_path: Path) -> None:
        plan = str(tmp_path / "plan.yaml")
        load = asked(workload="chat", request_rate=0.5, ttft_ms=2000.0).workload
        begin = replace(R1, workload=load)

        async def steps(d: Driver) -> None:
            await d.press("s")
            d.app.screen.query_one(Input).value = plan
            await d.press("enter")
            await d.to("input_tokens")
            await d.press("right")
            assert d.app.request.workload != begin.workload
            await d.press("o", "enter")
            assert d.app.request.workload == begin.workload

        journey(steps, begin)

    def test_a_file_that_is_there_is_not_written_over_without_a_word(self, tmp_path: Path) -> None:
        plan = tmp_path / "plan.yaml"
        plan.write_text("mine", encoding="utf-8")

        async def steps(d: Driver) -> None:
            await d.press("s")
            d.app.screen.query_one(Input).value = str(plan)
            await d.press("enter")
            assert isinstance(d.app.screen, Confirm)
            await d.press("n")
            assert plan.read_text(encoding="utf-8") == "mine"

        journey(steps)

    def test_leaving_with_changes_asks_first(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("max_num_seqs")
            await d.press("right", "q")
            assert isinstance(d.app.screen, Confirm)
            await d.press("escape")
            assert d.app.is_running

        journey(steps)


class TestBrowsers:
    def test_a_model_is_found_by_a_part_of_its_name(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("m")
            assert isinstance(d.app.screen, Browse)
            await d.write("qwen3-32b")
            await d.press("down", "up", "enter")
            assert d.app.request.model == "Qwen/Qwen3-32B"
            assert d.app.view is not None
            assert d.app.view.answer == estimate(d.app.request, {})

        journey(steps)

    def test_from_empty_a_model_and_gpus_are_chosen(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("m")
            await d.write("qwen3-8b")
            await d.press("enter")
            assert d.app.request.model.startswith("Qwen/Qwen3-8B")
            await d.press("g")
            await d.write("l40s")
            await d.press("enter")
            assert isinstance(d.app.screen, Prompt)
            d.app.screen.query_one(Input).value = "4xL40S"
            await d.press("enter")
            assert d.app.request.gpus == ("4xL40S",)
            assert d.app.view is not None
            assert d.app.view.layout is not None

        journey(steps, asked())

    def test_a_name_that_nobody_knows_is_told_and_mended(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("m")
            await d.write("nobody/nothing")
            await d.press("enter")
            assert d.app.view is None
            assert "error" in d.text
            await d.press("u")
            assert d.app.view is not None

        journey(steps)


class TestLaunch:
    def test_each_launcher_has_a_page_that_can_be_copied(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("l")
            assert isinstance(d.app.screen, Launch)
            assert "vllm serve" in d.text
            await d.press("right", "y")
            assert "services:" in d.app.clipboard

        journey(steps, asked(model="Qwen/Qwen3-8B", gpus="4xL40S"))

    def test_files_are_written_to_a_folder(self, tmp_path: Path) -> None:
        async def steps(d: Driver) -> None:
            await d.press("l", "s")
            d.app.screen.query_one(Input).value = str(tmp_path)
            await d.press("enter")
            assert (tmp_path / "node-0.sh").exists()

        journey(steps)

    def test_y_copies_the_commands(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("y")
            assert d.app.clipboard.startswith("vllm serve deepseek-ai/DeepSeek-R1")

        journey(steps)


class TestHelp:
    def test_help_is_about_what_has_the_focus(self) -> None:
        async def steps(d: Driver) -> None:
            await d.to("kv_cache_dtype")
            await d.press("f1")
            assert "--kv-cache-dtype" in d.text
            await d.press("escape", "2", "question_mark")
            assert "fullest rank" in d.text

        journey(steps)

    def test_jump_mode_goes_to_the_part_of_a_letter(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("ctrl+o", "s")
            assert d.app.focused is not None
            assert d.app.focused.id == "memory"
            await d.press("ctrl+o", "a")
            assert isinstance(d.app.focused, Control)

        journey(steps)

    def test_the_palette_lists_what_keys_do(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("ctrl+p")
            await d.write("launch")
            await d.pilot.pause(0.3)
            await d.press("enter")
            assert isinstance(d.app.screen, Launch)

        journey(steps)


class TestText:
    def test_t_shows_every_drawing_as_a_table(self) -> None:
        async def steps(d: Driver) -> None:
            await d.press("t")
            assert "tokens of each" in d.text
            assert "from" in d.text
            await d.press("t")
            assert "tokens of each" not in d.text

        journey(steps)


def test_no_key_needs_a_plan_to_be_there() -> None:
    async def steps(d: Driver) -> None:
        for key in (
            "left",
            "enter",
            "escape",
            "f",
            "e",
            "l",
            "y",
            "s",
            "c",
            "t",
            "b",
            "u",
            "space",
        ):
            await d.press(key)
        assert d.app.is_running
        assert d.app.view is None

    journey(steps, asked())
