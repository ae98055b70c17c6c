"""A plan: the document that ``recommend`` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.targets.planned import goal_of, workload_of
from planner.targets.target import Target
from planner.vllm.command import ServeCommand, read_command, write_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.finding import Location
    from planner.plan import Answer, HardwareGroup, Layout
    from planner.targets.document import Document, Word

KIND = "plans"
#: the five sizes of a layout, by the option that fixes each
_SIZES = {
    "tensor_parallel_size": "tensor_parallel_size",
    "pipeline_parallel_size": "pipeline_parallel_size",
    "data_parallel_size": "data_parallel_size",
    "enable_expert_parallel": "expert_parallel",
    "decode_context_parallel_size": "decode_context_parallel_size",
}


def is_plan(document: Any) -> bool:  # noqa: ANN401 - whatever a file holds
    """Whether a document says that it is a plan."""
    return isinstance(document, dict) and str(document.get("schema", "")).startswith("planner/")


def reads(document: Document) -> bool:
    """It says that it is a plan."""
    return is_plan(document.data)


def targets(document: Document, version: str | None) -> tuple[Target, ...]:
    """The first layout of a plan: the one it recommends.

    Raises:
        InvalidInputError: a key or a value that no plan has, no layout, or a plan that
            contradicts itself.
    """
    name, lines = document.name, document.lines
    plan = read_answer(name, document.data, lines)
    if not plan.layouts or plan.model is None:
        raise InvalidInputError(
            f"{name} holds no layout", cause="nothing fitted when it was written"
        )
    layout = plan.layouts[0]
    release = version or plan.vllm_version
    commands = _commands(plan.model.id, layout, release)
    _agree(name, layout, commands[0], lines)
    return (
        Target(
            name=name,
            commands=commands,
            gpus=tuple(gpus_text(group) for group in plan.hardware.groups) if plan.hardware else (),
            memory_taken=_taken(plan.hardware.groups) if plan.hardware else None,
            vllm_version=plan.vllm_version,
            workload=workload_of(name, plan),
            goal=goal_of(name, plan),
            places=_places(document, layout),
            words=tuple(_words(document, layout)),
        ),
    )


def _words(document: Document, layout: Layout) -> Iterator[tuple[Word, ...]]:
    """The words of the commands that start vLLM."""
    for index, command in enumerate(layout.commands):
        if command.argv and command.argv[0] != "ray":
            yield tuple(document.words("layouts", 0, "commands", index, "argv"))


def _places(document: Document, layout: Layout) -> dict[str, Location]:
    """Where the plan fixes each option."""
    return {
        flag.removeprefix("--").replace("-", "_"): document.place("layouts", 0, "vllm_args", flag)
        for flag in layout.vllm_args
    }


def read_answer(name: str, document: Any, lines: Mapping[str, int]) -> Answer:  # noqa: ANN401
    """All of a plan, checked.

    Raises:
        InvalidInputError: no plan at all, or a key or a value that no plan has.
    """
    if not is_plan(document):
        raise InvalidInputError(
            f"{name} is no plan",
            cause="a plan begins with schema: planner/1",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes one",
        )
    # a tenth of a second, and a command line needs none of it
    from pydantic import ValidationError

    from planner.plan import Answer

    try:
        return Answer.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        # a misspelt key is missing too: the line that holds it helps more
        first = min(errors, key=lambda e: e["type"] == "missing")
        path = ".".join(map(str, first["loc"]))
        line = f", line {lines[path]}" if path in lines else ""
        what = "no plan has this key" if first["type"] == "extra_forbidden" else first["msg"]
        raise InvalidInputError(
            f"{name}{line}: {path}: {what}",
            cause=f"the file says it is a plan of schema {document.get('schema')}",
            fix="write it anew: planner recommend --model MODEL --gpus GPUS -o plan.yaml",
        ) from None


def _commands(model: str, layout: Layout, version: str) -> tuple[ServeCommand, ...]:
    """The commands that start vLLM; those that join hosts start none."""
    written = [c for c in layout.commands if c.argv and c.argv[0] != "ray"]
    if not written:
        return (read_command(["vllm", "serve", model, *write_options(layout.vllm_args)], version),)
    return tuple(
        read_command([*(f"{k}={v}" for k, v in c.environment.items()), *c.argv], version)
        for c in written
    )


def _agree(name: str, layout: Layout, command: ServeCommand, lines: Mapping[str, int]) -> None:
    for option, key in _SIZES.items():
        written = getattr(command.arguments, option) or (1 if option.endswith("size") else False)
        if written != getattr(layout, key):
            line = lines.get(f"layouts.0.{key}")
            place = f", line {line}" if line else ""
            raise InvalidInputError(
                f"{name}{place}: {key} is {getattr(layout, key)}, its command says {written}",
                cause="a plan that was changed by hand in one place only",
                fix="change it in the commands too, or write the plan anew with planner recommend",
            )


def _taken(groups: tuple[HardwareGroup, ...]) -> int | None:
    """What other processes held of the fullest GPUs, where they held any."""
    return max((group.memory_taken_bytes for group in groups), default=0) or None


def gpus_text(group: HardwareGroup) -> str:
    """What ``--gpus`` takes to mean a group of hosts."""
    if group.gpus:
        return group.gpus
    fabric = f"@{group.fabric}" if group.fabric else ""
    return f"{group.nodes}x{group.gpus_per_node}x{group.accelerator}{fabric}"
