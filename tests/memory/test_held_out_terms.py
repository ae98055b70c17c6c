"""Constants that are judged by other sources than they were fitted to."""

from __future__ import annotations

from scripts.memory.held_out_terms import held_out, refitted
from scripts.memory.runs import read_runs

RUNS = read_runs()


def test_no_source_is_judged_by_constants_of_its_own_half() -> None:
    names = sorted({run.source for run in RUNS})
    for now, then in held_out(RUNS).values():
        assert [row.run.name for row in now] == [row.run.name for row in then]
        for row in then:
            turn = names.index(row.run.source) % 2
            others = refitted([run for run in RUNS if names.index(run.source) % 2 != turn])
            assert row.run.refitted
            for constants in row.run.refitted.values():
                assert all(constant in others.values() for constant in constants.values())


#: of activations near 2 GiB, most of which are printed to two digits
_PRINTED = 0.001


def test_held_out_errors_are_no_smaller_than_those_of_the_constants_that_saw_the_runs() -> None:
    for now, then in held_out(RUNS).values():
        errors = [sorted(abs(row.error) for row in rows) for rows in (now, then)]
        middle = len(errors[0]) // 2
        assert not errors[0] or errors[0][middle] <= errors[1][middle] + _PRINTED


def test_a_constant_is_fitted_between_what_its_runs_imply() -> None:
    for constant in refitted(RUNS).values():
        assert constant.low <= constant.mid <= constant.high
