"""Validate over many files: what cannot be judged is said, and a project's policy is heeded."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from planner import plan
from planner.case.document import DocumentCase
from planner.describe import together
from planner.errors import ExitCode, InvalidInputError, PlannerError
from planner.finding import Location
from planner.lookups import Lookups
from planner.policy.apply import apply
from planner.policy.policy import Policy
from planner.rules.base import document_findings
from planner.rules.run033_deployment_not_judged import not_judged
from planner.rules.run034_input_out_of_reach import out_of_reach
from planner.validate import asked_of, judge, located, validate
from planner.vllm.version import newest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.finding import Finding
    from planner.request import Request
    from planner.targets.reading import Reading
    from planner.targets.target import Target

_NOTHING = Policy()


def review(
    request: Request,
    reading: Reading,
    policy: Policy = _NOTHING,
    environ: Mapping[str, str] | None = None,
) -> plan.Answer:
    """What is wrong with the deployments of a run, as far as the project wants to hear of it.

    A lone deployment that cannot be judged is an error; of several it is a finding.

    Raises:
        PlannerError: nothing can be judged.
    """
    process = os.environ if environ is None else environ
    if not reading.targets and not reading.failures:
        return apply(validate(_completed(request, policy), (), process), policy)
    lookups = Lookups()
    if request.gpus:
        # a cluster that nobody knows is wrong for all alike
        lookups.cluster(request.gpus)
    alone = len(reading.targets) + len(reading.failures) == 1 and not reading.searched
    answers = [_unread(failure.name, failure.error, request) for failure in reading.failures]
    for target in reading.targets:
        asked = _completed(asked_of(request, target), policy)
        try:
            answers.append(judge(asked, target, process, lookups))
        except PlannerError as error:
            if alone:
                raise
            answers.append(_unjudged(target, error, asked))
    answer = together(answers)
    answer = answer.model_copy(update={"notes": (*answer.notes, *reading.notes)})
    return apply(answer, policy, reading.suppressions)


def _completed(request: Request, policy: Policy) -> Request:
    """The request with what the policy knows where nothing else does."""
    return replace(
        request,
        gpus=request.gpus or policy.gpus,
        vllm_version=request.vllm_version or policy.vllm_version,
        storage=policy.storage or "unknown" if request.storage == "unknown" else request.storage,
    )


def _unread(name: str, error: PlannerError, request: Request) -> plan.Answer:
    target = plan.JudgedTarget.model_construct(
        file=name, part="", model=None, gpus=(), vllm_version=None, layout=None
    )
    here = (error.line, error.column) if isinstance(error, InvalidInputError) else (None, None)
    place = Location(file=name, line=here[0], column=here[1])
    return _answer(request, target, [_finding(error, place)])


def _unjudged(target: Target, error: PlannerError, request: Request) -> plan.Answer:
    """What can be said without the model: of what surrounds the server."""
    found = [
        _finding(error, target.location("model") or target.place),
        *document_findings(DocumentCase(target=target), request.allow),
    ]
    summary = plan.JudgedTarget.model_construct(
        file=target.name,
        part=target.part,
        model=target.model,
        gpus=request.gpus,
        vllm_version=request.vllm_version,
        layout=None,
    )
    return _answer(
        request, summary, [located(each, target, request.vllm_version) for each in found]
    )


def _finding(error: PlannerError, place: Location) -> Finding:
    return (out_of_reach if error.exit_code is ExitCode.UNAVAILABLE else not_judged)(error, place)


def _answer(
    request: Request, target: plan.JudgedTarget, findings: Sequence[Finding]
) -> plan.Answer:
    return plan.Answer.model_construct(
        command="validate",
        vllm_version=request.vllm_version or newest(),
        findings=tuple(findings),
        targets=(target,),
    )
