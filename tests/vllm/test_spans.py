from __future__ import annotations

import pytest

from planner.vllm.registry import model_classes, served_by_transformers
from planner.vllm.spans import LAST_PATCH, Spans, judged_by, release_name, release_number
from planner.vllm.version import find_version


def test_a_name_without_a_patch_stands_for_the_last_one() -> None:
    assert find_version("0.8").release == (0, 8, LAST_PATCH)
    assert find_version("v0.8.3").release == (0, 8, 3)
    assert find_version("0.8.5.post1").name == "0.8.5"


@pytest.mark.parametrize("text", ["0.6.0", "0.6.0-0.7.2,0.8.4", "0.8.3-0.8.3"])
def test_spans_are_written_as_they_are_read(text: str) -> None:
    assert str(Spans.of(text)) == text


def test_spans_end_with_their_last_release() -> None:
    spans = Spans.of("0.6.0-0.7.2,0.8.4")
    held = {name: spans.holds([release_number(name)]) for name in ("0.7.2", "0.7.3", "0.8.4")}
    assert held == {"0.7.2": True, "0.7.3": False, "0.8.4": True}
    assert spans.next_after((0, 8, 0)) == (0, 8, 4)
    assert spans.last_before((0, 8, 0)) == (0, 7, 2)


def test_a_release_that_was_not_read_is_judged_by_its_neighbours() -> None:
    read = [release_number(name) for name in ("0.20.1", "0.20.2", "0.22.0")]
    assert judged_by((0, 21, LAST_PATCH), read) == ((0, 20, 2), (0, 22, 0))
    assert judged_by((0, 20, LAST_PATCH), read) == ((0, 20, 2),)
    assert judged_by((0, 22, 1), read) == ((0, 22, 0),)
    assert judged_by((0, 34, 0), read) == ((0, 22, 0),)


# name, last release without, first with: vLLM's registry of each
CAME = (
    ("Qwen3ForCausalLM", "0.8.3", "0.8.4"),
    ("Llama4ForConditionalGeneration", "0.8.2", "0.8.3"),
    ("DeepseekV3ForCausalLM", "0.6.5", "0.6.6"),
    ("GptOssForCausalLM", "0.10.0", "0.10.1"),
)


@pytest.mark.parametrize(("name", "without", "first"), CAME)
def test_classes_are_served_from_their_first_release_on(
    name: str, without: str, first: str
) -> None:
    classes = model_classes()
    assert classes.serving(name, release_number(without)) is None
    assert classes.serving(name, release_number(first)) is not None


def test_another_task_is_served_by_the_class_that_generates() -> None:
    entry = model_classes().serving("Qwen3ForTokenClassification", release_number("0.33"))
    assert entry is not None
    assert entry.name == "Qwen3ForCausalLM"


def test_pipelines_came_to_llama_4_one_patch_after_the_class() -> None:
    entry = model_classes().find("Llama4ForConditionalGeneration")
    assert entry is not None
    assert release_name(entry.pipeline.bounds[0][0]) == "0.8.4"


def test_transformers_stands_in_for_classes_that_vllm_never_has_or_gave_up() -> None:
    newest = release_number("0.33")
    assert served_by_transformers(["AlbertForMaskedLM"], newest)
    assert not served_by_transformers(["Qwen3ForCausalLM"], newest)
    assert not served_by_transformers(["Qwen3ForCausalLM"], release_number("0.8.3"))
