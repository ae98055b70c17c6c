"""Which vLLM layouts fit a model on a cluster, what each takes per GPU, and how to run it.

>>> from planner import recommend
>>> answer = recommend(model="Qwen/Qwen2.5-7B-Instruct", gpus="H100")  # doctest: +SKIP
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.api import estimate, recommend, validate
    from planner.errors import PlannerError
    from planner.plan import Answer
    from planner.request import Request

__all__ = ["Answer", "PlannerError", "Request", "estimate", "recommend", "validate"]

#: where each public name lives; imported when first asked for, so that ``--help`` stays light
_HOMES = {
    "Answer": "planner.plan",
    "PlannerError": "planner.errors",
    "Request": "planner.request",
    "estimate": "planner.api",
    "recommend": "planner.api",
    "validate": "planner.api",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":
        from importlib import metadata  # a tenth of the start-up, and rarely asked for

        return metadata.version("vllm-planner")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Package(ModuleType):
    """Keeps ``planner.recommend`` the function of the public interface.

    The flow written out lives in a module of the same name, and Python binds a module to its
    package when it is first imported.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
