from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.finding import Finding, Location, Origin, Severity
from planner.plan import Answer
from planner.policy.apply import apply
from planner.policy.policy import PerFile, Policy
from planner.targets.comments import Suppression

SEVERITIES = st.sampled_from(Severity)
ORIGINS = st.sampled_from(Origin)


def finding(code: str, severity: Severity, origin: Origin = Origin.POLICY) -> Finding:
    place = Location(file="a.yaml", line=4)
    return Finding(
        code=code, name="n", severity=severity, origin=origin, message="m", location=place
    )


def comment(*codes: str, about: int | None = 4, reason: str = "known") -> Suppression:
    return Suppression(file="a.yaml", line=3, about=about, codes=codes, reason=reason)


def answer(*found: Finding) -> Answer:
    return Answer(command="validate", vllm_version="0.33", findings=found)


def codes(found: Answer) -> list[str]:
    return [each.code for each in found.findings]


LATEST = finding("RUN025", Severity.WARNING)
SECRET = finding("RUN024", Severity.ERROR)
HEADS = finding("PAR001", Severity.ERROR, Origin.VLLM)


def test_a_comment_hides_what_it_names_where_it_stands() -> None:
    assert codes(apply(answer(LATEST, SECRET), Policy(), [comment("RUN025")])) == ["RUN024"]
    assert codes(apply(answer(LATEST), Policy(), [comment("RUN025", about=9)])) == ["RUN025"]
    assert codes(apply(answer(LATEST), Policy(), [comment("RUN025", about=None)])) == []


def test_what_vllm_refuses_stays_an_error_and_a_note_says_so() -> None:
    lowered = Policy(ignore=("PAR",), per_file={"*": PerFile(severity={"PAR001": "advice"})})
    for policy, comments in ((lowered, []), (Policy(), [comment("PAR001")])):
        kept = apply(answer(HEADS), policy, comments)
        assert kept.findings == (HEADS,)
        assert kept.notes == (
            "PAR001 in a.yaml cannot be ignored: vLLM itself refuses, or it does not fit",
        )


def test_a_policy_error_can_be_lowered_and_advice_raised() -> None:
    own = PerFile(severity={"RUN024": "advice", "RUN025": "error"})
    kept = apply(answer(SECRET, LATEST), Policy(per_file={"a.*": own}))
    assert [each.severity for each in kept.findings] == [Severity.ADVICE, Severity.ERROR]


@pytest.mark.parametrize(
    "wrong", [comment("RUN025", reason=""), comment(reason="why"), comment("RUN999")]
)
def test_a_comment_without_code_or_reason_counts_for_nothing(wrong: Suppression) -> None:
    assert codes(apply(answer(LATEST), Policy(), [wrong])) == ["RUN025", "RUN035"]


def test_unused_codes_are_told_where_strict() -> None:
    both = comment("RUN025", "RUN024")
    assert codes(apply(answer(LATEST), Policy(), [both])) == []
    (idle,) = apply(answer(LATEST), Policy(strict=True), [both]).findings
    assert (idle.code, "RUN024" in idle.message) == ("RUN036", True)


def test_what_was_not_judged_is_hidden_by_its_own_code_alone() -> None:
    unread = finding("RUN033", Severity.ERROR)
    for policy in (Policy(ignore=("RUN",)), Policy(select=("PAR",))):
        assert codes(apply(answer(unread), policy)) == ["RUN033"]
    assert codes(apply(answer(unread), Policy(ignore=("RUN033",)))) == []


def test_a_comment_about_comments_is_heeded() -> None:
    wrong = comment("RUN025", reason="")
    hidden = comment("RUN035", about=None)
    assert "RUN035" not in codes(apply(answer(LATEST), Policy(), [wrong, hidden]))


@given(st.lists(st.tuples(SEVERITIES, ORIGINS), max_size=6), st.booleans(), st.booleans())
def test_nothing_hides_what_vllm_refuses(
    kinds: list[tuple[Severity, Origin]], by_policy: bool, by_comment: bool  # noqa: FBT001
) -> None:  # fmt: skip
    found = [finding("RUN025", severity, origin) for severity, origin in kinds]
    policy = Policy(ignore=("RUN",) if by_policy else (), select=("PAR",) if by_policy else ())
    comments = [comment("RUN025")] if by_comment else []
    kept = apply(answer(*found), policy, comments).findings
    firm = [f for f in found if f.severity is Severity.ERROR and f.origin is not Origin.POLICY]
    assert list(kept) == (firm if by_policy or by_comment else found)


def test_findings_of_layouts_are_weighed_as_well() -> None:
    from tests.answers import deepseek_r1

    whole = deepseek_r1()
    layout = whole.layouts[0].model_copy(update={"findings": (replace(LATEST, location=None),)})
    kept = apply(whole.model_copy(update={"layouts": (layout,)}), Policy(ignore=("RUN025",)))
    assert kept.layouts[0].findings == ()
    assert "1 finding ignored by policy" in kept.notes
