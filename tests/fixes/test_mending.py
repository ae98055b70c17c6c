"""A fix takes its finding away and makes no error; a second run finds nothing to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InvalidInputError
from planner.finding import Severity
from planner.fixes.mending import fixable, mend, write
from planner.fixes.text import Change, Lines, applied, changed
from planner.policy.file import find_policy
from planner.policy.policy import Policy
from planner.rules.base import Rule, rules
from planner.targets.files import documents_of
from planner.targets.reading import read_all
from tests.fixes.mended import found, judge_on, mended, read

if TYPE_CHECKING:
    from planner.plan import Answer

MANIFESTS = Path(__file__).parent.parent / "data" / "manifests"
OLD = "model: Qwen/Qwen3-8B\nmax-model-len: 8192\nswap-space: 4 # planner: ignore VER003 later\n"
#: options that a fix may take away or change, and others that it must leave
OPTIONS = [
    ["--swap-space", "4"],
    ["--swap-space=4"],
    ["--task", "generate"],
    ["--task=embed"],
    ["--enable-reasoning"],
    ["--dtype", "bfloat16"],
    ["-tp", "2"],
    ["--tensor-parallel-size=16"],
    ["--enable-expert-parallel"],
    ["--max-model-len", "8192"],
    ["--max-model-len=900000"],
    ["--max-num-batched-tokens", "16"],
    ["--served-model-name", "a", "b: c"],
    ["--no-enable-chunked-prefill"],
    ["--some-thing", "else"],
]
COMMANDS = st.lists(st.sampled_from(OPTIONS), max_size=6, unique_by=lambda o: o[0].split("=")[0])


def errors(answer: Answer) -> set[tuple[str, str | None]]:
    return {
        (each.code, each.location.part if each.location else None)
        for each in found(answer)
        if each.severity is Severity.ERROR
    }


#: findings of the corpus that have a fix, safe or not
MENDED = 20
CORPUS = Path(__file__).parent.parent / "data" / "corpus"


def holds(file: Path, gpus: str, *, unsafe: bool) -> None:
    """Mend a file, and see that no error is new and that nothing is left to mend."""
    judge = judge_on(gpus)
    before = judge(read(file))
    made = mended(file, gpus, unsafe=unsafe)
    for each in made.files:
        file.write_bytes(each.after.encode())
    after = judge(read(file))
    assert errors(after) <= errors(before)
    assert len(found(after)) <= len(found(before)) or not made.fixed
    assert len(made.fixed) <= len(found(before))
    assert mended(file, gpus, unsafe=unsafe).files == ()
    if not made.refused:
        assert not fixable(after, unsafe=unsafe)


def items(words: list[str]) -> str:
    return "".join(f'      - "{word}"\n' for word in words)


def written(form: str, words: list[str]) -> str:
    """A command in one kind of file."""
    model = ["--model", "Qwen/Qwen3-8B"]
    quoted = [f"'{word}'" if " " in word else word for word in words]
    image = "vllm/vllm-openai:v0.33.0"
    service = f"services:\n  a:\n    image: {image}\n    command:"
    lines = "".join(f"      {word}\n" for word in ["--model", "Qwen/Qwen3-8B", *quoted])
    more = "".join(f" \\\n  {word}" for word in quoted)
    return {
        "items": f"{service}\n{items([*model, *words])}",
        "line": f"services: {{a: {{image: '{image}', command: {[*model, *words]}}}}}\n",
        "folded": f"{service} >\n{lines}",
        "script": f"#!/bin/sh\ndocker run {image} --model Qwen/Qwen3-8B{more} # end\n",
    }[form]


@given(
    form=st.sampled_from(["items", "line", "folded", "script"]),
    options=COMMANDS,
    unsafe=st.booleans(),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_fixes_of_any_command_make_no_error_and_are_made_once(
    tmp_path: Path, form: str, options: list[list[str]], *, unsafe: bool
) -> None:
    words = [word for option in options for word in option]
    file = tmp_path / ("a.sh" if form == "script" else "a.yaml")
    file.write_text(written(form, words), encoding="utf-8")
    holds(file, "2x4xT4", unsafe=unsafe)


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize(
    "name",
    sorted(
        str(path.relative_to(MANIFESTS))
        for path in MANIFESTS.rglob("*.y*ml")
        if path.parent.name != "other" and path.name != "not-a-number.yaml"
    ),
)
def test_fixes_of_a_manifest_make_no_error_and_are_made_once(
    name: str, tmp_path: Path, *, unsafe: bool
) -> None:
    file = tmp_path / Path(name).name
    file.write_bytes((MANIFESTS / name).read_bytes())
    holds(file, "2xL40S", unsafe=unsafe)


def test_fixes_of_the_corpus_make_no_error_and_are_made_once(tmp_path: Path) -> None:
    shutil.copytree(CORPUS, tmp_path / "corpus")
    policy = find_policy(str(tmp_path / "corpus"))
    judge = judge_on("", policy)
    before = read_all([str(tmp_path / "corpus")])
    was = judge(before)
    made = mend(before, was, judge, unsafe=True)
    write(made.files)
    after = read_all([str(tmp_path / "corpus")])
    now = judge(after)
    assert len(after.targets) == len(before.targets)
    assert errors(now) <= errors(was)
    assert len(made.fixed) >= MENDED
    assert mend(after, now, judge, unsafe=True).files == ()


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        pytest.param(rule, example, id=rule.CODE)
        for rule in rules()
        if rule.SCOPE == "document"
        for example in rule.BAD
    ],
)
def test_the_examples_of_a_rule_are_mended_where_it_has_a_fix(
    rule: Rule, example: str, tmp_path: Path
) -> None:
    file = tmp_path / ("a.sh" if example.startswith("#!") else "a.yaml")
    file.write_text(example, encoding="utf-8")
    gpus = "2x1xL40S" if "--nnodes" in example else "2xL40S"
    judge = judge_on(gpus)
    mendable = {each.code for each in fixable(judge(read(file)))}
    holds(file, gpus, unsafe=False)
    left = {each.code for each in found(judge(read(file)))}
    assert (rule.CODE in left) == (rule.CODE not in mendable)


def test_what_a_comment_or_a_policy_hides_is_not_fixed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    text = "services:\n  a:\n    image: vllm/vllm-openai:v0.33.0 # planner: ignore RUN031 why\n"
    file.write_text(
        text.replace("  a:\n", "  # planner: ignore RUN031 the host gives it\n  a:\n")
        + "    command: --model Qwen/Qwen3-8B --max-model-len 8192 -tp 2\n",
        encoding="utf-8",
    )
    # an error of the policy's own may be hidden, by a comment or by the project
    assert not mended(file, "2xH100").files
    file.write_text(file.read_text("utf-8").replace("ignore RUN031", "see"), encoding="utf-8")
    assert not mended(file, "2xH100", policy=Policy(ignore=("RUN031",))).files
    assert mended(file, "2xH100").files


def test_what_vllm_refuses_cannot_be_hidden_and_is_fixed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(OLD, encoding="utf-8")
    assert [each.code for each in mended(file, "H100").fixed] == ["VER003"]


def test_a_fix_that_would_make_an_error_is_told_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    # float16 is what the board can do, and what the model forbids
    file.write_text(
        "model: google/gemma-3-1b-it\ndtype: bfloat16\nmax-model-len: 2048\n", encoding="utf-8"
    )
    made = mended(file, "T4")
    assert not made.files
    assert "HWD001" in made.refused[0]
    assert "it would lead to HWD006" in made.refused[0]


def test_a_file_that_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(OLD, encoding="utf-8")
    made = mended(file, "H100")
    file.write_text(OLD + "# more\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="was changed while it was judged"):
        write(made.files)
    assert file.read_text("utf-8") == OLD + "# more\n"


def test_a_file_is_replaced_as_a_whole_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.sh"
    file.write_text("#!/bin/sh\nvllm serve Qwen/Qwen3-8B --swap-space 4\n", encoding="utf-8")
    file.chmod(0o750)
    link = tmp_path / "link.sh"
    link.symlink_to(file)
    write(mended(link, "H100").files)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o750
    assert file.read_text("utf-8") == "#!/bin/sh\nvllm serve Qwen/Qwen3-8B\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.sh", "link.sh"]


def test_a_diff_can_be_applied_whatever_ends_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("model: Qwen/Qwen3-8B\nmax-model-len: 8192\nswap-space: 4", encoding="utf-8")
    diff = mended(file, "H100").files[0].diff()
    assert diff.endswith("-swap-space: 4\n\\ No newline at end of file\n")


@given(st.text("ab\n\r\u2028é", max_size=30), st.data())
def test_edits_by_line_and_column_are_those_by_offset(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    change = Change(start=start, end=data.draw(st.integers(start, len(text))), text="x\n")
    assert applied(text, [Lines(text).edit(change)]) == changed(text, [change])


def test_documents_of_a_text_are_those_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(OLD, encoding="utf-8")
    assert documents_of(str(file), OLD)[0].data == {
        "model": "Qwen/Qwen3-8B",
        "max-model-len": 8192,
        "swap-space": 4,
    }
