"""Every number format against vLLM's own code, on four generations of GPUs."""

from __future__ import annotations

import pytest

from planner.errors import InvalidInputError
from planner.quant.read import read_quantization
from tests.quant.tiny import Answer, answers, config, formats, layout, misfits, parameter_bytes


def _of(form: str) -> list[Answer]:
    return [answer for answer in answers() if answer.format == form]


@pytest.mark.parametrize("form", formats())
def test_bytes_are_vllms_to_the_byte(form: str) -> None:
    accepted = [answer for answer in _of(form) if answer.parameter_bytes is not None]
    ours = [
        parameter_bytes(config(a.model, form), layout(a.tp, ep=a.ep), a.capability)
        for a in accepted
    ]
    assert ours == [[answer.parameter_bytes] for answer in accepted]


@pytest.mark.parametrize("form", formats())
def test_what_vllm_accepts_is_not_refused(form: str) -> None:
    for answer in _of(form):
        if answer.parameter_bytes is None:
            continue
        stated = config(answer.model, form)
        quantization = read_quantization(stated)
        assert quantization.method == answer.method
        assert quantization.min_capability <= answer.capability
        assert quantization.refusals == ()
        assert misfits(stated, layout(answer.tp, ep=answer.ep), answer.capability) == []


@pytest.mark.parametrize("form", formats())
def test_what_vllm_refuses_is_refused_for_the_same_reason(form: str) -> None:
    for answer in _of(form):
        if answer.parameter_bytes is None:
            assert any(reason in answer.error for reason in _reasons(answer)), answer


def _reasons(answer: Answer) -> list[str]:
    """Words of vLLM's that our refusals of a layout name."""
    stated = config(answer.model, answer.format)
    quantization = read_quantization(stated)
    reasons = [refusal.split(" is no longer")[0] for refusal in quantization.refusals]
    if answer.capability < quantization.min_capability:
        reasons += ["is not supported for the current GPU", "Failed to find a kernel"]
    try:
        found = misfits(stated, layout(answer.tp, ep=answer.ep), answer.capability)
    except InvalidInputError as error:
        # vLLM says it in two ways
        return [error.cause.split(": ")[-1], "For Fused MoE layers"]
    errors = [misfit.error for misfit in found]
    if "is not divisible by group_size" in errors:
        # vLLM found no kernel where these answers were made; with Humming it finds one, and refuses
        errors.append("Failed to find a kernel")
    return reasons + errors
