"""Many cases from little typing: values with commas, and files with a case a line or a table."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from planner.errors import InvalidInputError, UsageError
from planner.runtime.measure.case import Case, SpeedPlan
from planner.vllm.command import arguments_of, write_options
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.vllm.arguments import VllmArguments
    from planner.vllm.tokens import Token

#: far above any designed set
MAX_CASES = 10_000
#: what an entry may say of the points to time
_POINTS = {"prefill_tokens", "decode_batches", "decode_context", "decode_points"}
_EXAMPLE = (
    '[[case]] with model = "Qwen/Qwen3-8B" and options = { tensor-parallel-size = 2 }, '
    "or the same as a JSON object on each line of a .jsonl file"
)


def grid(typed: Sequence[Token]) -> list[VllmArguments]:
    """Every combination of the options' values: a comma parts the values of one option.

    JSON and options that take several words are one value each.

    Raises:
        UsageError: a value that vLLM could not read, or too many combinations.
    """
    choices = [_choices(token) for token in typed]
    count = 1
    for each in choices:
        count *= len(each)
    _check_count(count)
    return [arguments_of(combination) for combination in product(*choices)]


def _choices(token: Token) -> list[Token]:
    parts = token.values[0].split(",") if len(token.values) == 1 else []
    whole = any(token.values and token.values[0].lstrip().startswith(c) for c in "{[")
    if len(parts) < 2 or whole:  # noqa: PLR2004 - one value is no choice
        return [token]
    return [replace(token, values=(part.strip(),)) for part in parts]


class Entry(BaseModel):
    """A case in a file; what it leaves out is taken from the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    model: str = ""
    options: dict[str, Any] = {}
    environment: dict[str, str] = {}
    timeout: float | None = None
    prefill_tokens: tuple[int, ...] | None = None
    decode_batches: tuple[int, ...] | None = None
    decode_context: int | None = None
    decode_points: tuple[tuple[PositiveInt, PositiveInt], ...] | None = None

    def over(self, default: Case) -> Case:
        """The case of this entry over what was typed."""
        speed = self.model_dump(include=_POINTS, exclude_none=True)
        return Case(
            label=self.name or default.label,
            model=self.model or default.model,
            arguments=_over(_arguments(self.options), default.arguments),
            environment={**default.environment, **self.environment},
            speed=replace(default.speed, **speed),
            timeout_s=self.timeout or default.timeout_s,
        )


def cases(
    models: Sequence[str],
    combinations: Sequence[VllmArguments],
    files: Sequence[str],
    default: Case,
) -> list[Case]:
    """Every case: of each file or, without files, one; for each model and combination.

    Raises:
        PlannerError: a file that cannot be read, a case without a model or that cannot be.
    """
    entries = [entry for name in files for entry in read_file(name)] if files else [Entry()]
    _check_count(len(models or [""]) * len(combinations) * len(entries))
    found = [
        entry.over(replace(default, model=model, arguments=arguments))
        for entry in entries
        for model in models or [""]
        for arguments in combinations
    ]
    for case in found:
        if not case.model:
            raise UsageError("no model is named", fix="planner measure --model Qwen/Qwen3-8B")
        case.check()
    return _named(found)


def _named(found: Sequence[Case]) -> list[Case]:
    """Names of model, layout and what varies: an option that all share tells none apart."""
    options = [{**case.arguments.given(), **dict(case.arguments.other)} for case in found]
    names = {name for each in options for name in each}
    varying = {n for n in names if len({repr(each.get(n)) for each in options}) > 1}
    return [
        case if case.label else replace(case, label=case.described(varying.__contains__))
        for case in found
    ]


def read_file(name: str) -> list[Entry]:
    """The cases of a TOML file (tables ``case``) or of JSON lines.

    Raises:
        InvalidInputError: it cannot be read as either, or has a key that no case has.
    """
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{name} cannot be read: {error}") from None
    raw = _toml(name, text) if path.suffix == ".toml" else _json_lines(name, text)
    found = []
    for place, entry in raw:
        try:
            found.append(Entry.model_validate(entry))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise InvalidInputError(
                f"{name}, {place}: {key}: {first['msg'].lower()}",
                cause=f"a case has {', '.join(Entry.model_fields)}",
            ) from None
    if not found:
        raise InvalidInputError(f"{name} holds no case", fix=_EXAMPLE)
    return found


def _toml(name: str, text: str) -> list[tuple[str, Any]]:
    import tomllib  # only for this kind of file

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{name} is not TOML: {error}") from None
    listed = document.pop("case", [])
    if document or not isinstance(listed, list):
        raise InvalidInputError(f"{name} holds something else than tables [[case]]", fix=_EXAMPLE)
    return [(f"case {number}", entry) for number, entry in enumerate(listed, 1)]


def _json_lines(name: str, text: str) -> list[tuple[str, Any]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append((f"line {number}", json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise InvalidInputError(
                    f"{name}, line {number} is not JSON: {error}", fix=_EXAMPLE
                ) from None
    return found


def _arguments(options: Mapping[str, Any]) -> VllmArguments:
    """Options by name, with or without dashes, read as if they had been typed."""
    flags = {f"--{name.lstrip('-').replace('_', '-')}": value for name, value in options.items()}
    table = known()
    for flag in flags:
        if flag not in table:
            raise UsageError(f"vLLM has no option {flag}", fix="vllm serve --help=all")
    return arguments_of(tokens(write_options(flags), table))


def _over(own: VllmArguments, default: VllmArguments) -> VllmArguments:
    return replace(default, **own.given(), other=(*default.other, *own.other))


def _check_count(count: int) -> None:
    if count > MAX_CASES:
        raise UsageError(
            f"these are {count:,} cases, more than {MAX_CASES:,}",
            cause="every value with commas multiplies them",
            fix="give fewer values",
        )


def speed_plan(
    prefill_tokens: tuple[int, ...] | None,
    decode_batches: tuple[int, ...] | None,
    decode_context: int | None,
    repeats: int | None,
    *,
    none: bool,
) -> SpeedPlan:
    """The points to time; ``none`` leaves all of them out."""
    if none:
        return SpeedPlan(prefill_tokens=(), decode_batches=())
    given = {
        "prefill_tokens": prefill_tokens,
        "decode_batches": decode_batches,
        "decode_context": decode_context,
        "repeats": repeats,
    }
    return SpeedPlan(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
