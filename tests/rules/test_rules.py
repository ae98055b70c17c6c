"""Every rule proves itself by its own examples."""

from __future__ import annotations

import inspect
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from planner.cli.app import run
from planner.errors import UnknownNameError
from planner.finding import Origin, Severity
from planner.rules.base import Rule, find_rule, host_findings, rules
from planner.runtime.calibrate.log_findings import log_findings
from planner.vllm.log import read_lines
from tests.host_facts import host, well

if TYPE_CHECKING:
    from types import ModuleType

    from _pytest.mark import ParameterSet

HEADINGS = ("What it checks:", "Why:", "Example:", "Fix:", "Source in vLLM:", "Versions:")


def examples(name: str) -> list[ParameterSet]:
    return [
        pytest.param(rule, example, id=f"{rule.CODE}-{number}")
        for rule in rules()
        for number, example in enumerate(getattr(rule, name))
    ]


def findings(
    rule: Rule, example: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> dict[str, str]:
    if rule.SCOPE == "log":
        found_here = log_findings(read_lines(["vllm", example]))
        return {each.code: each.severity for each in found_here}
    if rule.SCOPE == "host":
        return {each.code: each.severity for each in host_findings(host(example))}
    if rule.SCOPE in {"document", "file"}:
        file = tmp_path / ("manifest.sh" if example.startswith("#!") else "manifest.yaml")
        file.write_text(example, encoding="utf-8")
        gpus = "2x1xL40S" if "--nnodes" in example else "2xL40S"
        target = [str(file)] if rule.SCOPE == "document" else [str(tmp_path), "--strict"]
        run(["validate", *target, "--gpus", gpus, "--format", "json", "--offline"])
        return _codes(json.loads(capsys.readouterr().out))
    command = "recommend" if rule.SCOPE == "request" else "validate"
    options, _, serve = example.partition(" -- ")
    words = [command, *shlex.split(options), "--format", "json", "--offline"]
    run([*words, "--", *shlex.split(serve)] if serve else words)
    answer = json.loads(capsys.readouterr().out)
    return _codes(answer, layouts=rule.SCOPE != "request")


def _codes(answer: dict[str, Any], *, layouts: bool = True) -> dict[str, str]:
    found = list(answer["findings"])
    if layouts:
        found += [each for layout in answer["layouts"] for each in layout["findings"]]
    return {each["code"]: each["severity"] for each in found}


@pytest.mark.parametrize(("rule", "example"), examples("BAD"))
def test_a_bad_example_breaks_its_rule_and_gives_no_other_error(
    rule: Rule, example: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = findings(rule, example, capsys, tmp_path)
    assert found.get(rule.CODE) == rule.SEVERITY
    others = {code for code, severity in found.items() if severity == Severity.ERROR}
    assert others <= {rule.CODE}


@pytest.mark.parametrize(("rule", "example"), examples("GOOD"))
def test_a_good_example_keeps_its_rule(
    rule: Rule, example: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert rule.CODE not in findings(rule, example, capsys, tmp_path)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.CODE)
def test_a_rule_has_a_whole_manual_page_and_examples(rule: Rule) -> None:
    assert rule.BAD
    assert rule.GOOD
    for heading in HEADINGS:
        assert heading in (rule.__doc__ or "")


def test_codes_and_names_are_unique() -> None:
    assert len({rule.CODE for rule in rules()}) == len(rules())
    assert len({rule.NAME for rule in rules()}) == len(rules())


def test_nothing_is_wrong_with_the_machine_that_examples_are_laid_over() -> None:
    assert host_findings(well()) == ()


def test_a_rule_on_machines_also_knows_its_text_in_a_log() -> None:
    text = "RuntimeError: The NVIDIA driver on your system is too old (found version 12040)."
    assert [found.code for found in log_findings(read_lines(["vllm", text]))] == ["RUN005"]


def test_only_the_planners_own_rules_can_be_allowed() -> None:
    policy = {rule.CODE for rule in rules() if rule.ORIGIN is Origin.POLICY}
    assert {"PAR003", "PAR005"} <= policy


def test_a_rule_is_found_by_code_and_by_name() -> None:
    assert find_rule("par003").CODE == "PAR003"
    assert find_rule("tensor-parallel-leaves-scale-up-domain").CODE == "PAR003"


def test_a_mistyped_rule_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="PAR0O3") as caught:
        find_rule("PAR0O3")
    assert "PAR003" in caught.value.fix


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.CODE)
def test_a_rule_says_whether_its_fix_can_be_made(rule: Rule) -> None:
    source = Path(inspect.getfile(cast("ModuleType", rule))).read_text(encoding="utf-8")
    assert ("Repair(" in source) == hasattr(rule, "REPAIR")
    safe, unsafe = "safe=False" not in source, "safe=" in source
    kind = getattr(rule, "REPAIR", None)
    assert kind in {None, "either", "safe" if safe and not unsafe else "unsafe"}
