from __future__ import annotations

import subprocess
import sys

import pytest

import planner
from planner.errors import PlannerError


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import sys, planner; print([m for m in sys.modules if m.startswith('planner.')])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_every_public_name_can_be_had() -> None:
    assert {name for name in planner.__all__ if getattr(planner, name, None)} == set(
        planner.__all__
    )
    assert set(planner.__all__) <= set(dir(planner))
    assert planner.__version__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fly'"):
        _ = planner.fly


def test_errors_carry_the_exit_code_of_the_process() -> None:
    with pytest.raises(PlannerError, match="no model is named") as caught:
        planner.recommend(gpus="8xH100")
    assert caught.value.exit_code == 2


def test_the_function_stays_a_function_when_its_module_is_imported() -> None:
    script = (
        "import planner, planner.recommend; from planner.recommend import recommend as flow; "
        "from planner import recommend; assert recommend is planner.recommend is not flow; "
        "print(recommend.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "recommend\n"
