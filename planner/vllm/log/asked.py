"""What was asked of a server, from the lines in which vLLM repeats it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from planner.errors import PlannerError
from planner.frozen import frozen
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.command import read_command
from planner.vllm.log.figures import EngineConfig
from planner.vllm.log.literal import pairs, value

if TYPE_CHECKING:
    from planner.vllm.option import Option

_HUB_SNAPSHOT = re.compile(r"models--(?P<owner>[\w.-]+?)--(?P<name>[\w.-]+?)/snapshots/")
#: of a compilation configuration, what bears on memory; the rest prints as no literal
_COMPILATION = (
    "mode",
    "level",
    "cudagraph_mode",
    "cudagraph_capture_sizes",
    "max_cudagraph_capture_size",
)
_SIZES = (
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "decode_context_parallel_size",
)
#: vLLM's name of the level at which it compiles nothing
_NOT_COMPILED = (0, "NONE")


@frozen
class Asked:
    """What somebody fixed, and what vLLM made of it."""

    model: str | None = None
    arguments: VllmArguments = field(default_factory=VllmArguments)
    arguments_known: bool = False
    config: EngineConfig = field(default_factory=EngineConfig)
    capture_sizes: tuple[int, ...] = ()
    graph_mode: str | None = None
    notes: tuple[str, ...] = ()


def read_asked(lines: Mapping[str, str], *, cut: frozenset[str] = frozenset()) -> Asked:
    """What was asked, from the texts of the lines by their fact's name.

    ``cut`` names those whose line was cut short, so that their last value may be half a one.
    """
    notes: list[str] = []
    printed = pairs(lines.get("config", ""), whole="config" not in cut)
    given, known = _given(lines, cut, notes)
    config = engine_config(printed)
    compilation = given.get("compilation_config") or {}
    compilation |= _compilation(printed.get("compilation_config", ""))
    mode = compilation.get("cudagraph_mode")
    return Asked(
        model=_model(given.pop("model", None) or value(printed.get("model", "")), lines),
        arguments=_settled(_arguments(given, notes), config),
        arguments_known=known,
        config=replace(config, compiled=_compiled(compilation, config)),
        capture_sizes=_whole_numbers(compilation.get("cudagraph_capture_sizes")),
        graph_mode=mode if isinstance(mode, str) else None,
        notes=tuple(notes),
    )


def _given(
    lines: Mapping[str, str], cut: frozenset[str], notes: list[str]
) -> tuple[dict[str, Any], bool]:
    """The options that were given, by name."""
    for name in ("given_args", "namespace"):
        if name in lines:
            texts = pairs(lines[name], whole=name not in cut)
            found = {key: _plain(key, text) for key, text in texts.items()}
            found.setdefault("model", found.get("model_tag"))
            return {key: each for key, each in found.items() if each is not None}, True
    if "command" in lines:
        try:
            command = read_command([lines["command"]])
        except PlannerError as error:
            notes.append(f"the command in the log is not read: {error.message}")
        else:
            return {"model": command.model, **command.arguments.given()}, "command" not in cut
    return {}, False


def _plain(key: str, text: str) -> Any:  # noqa: ANN401 - each option's own type
    return _compilation(text) or None if key == "compilation_config" else value(text)


def _compilation(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        level = value(text) if text else None
        return {"level": level} if isinstance(level, int) else {}
    found = pairs(text)
    return {key: value(found[key]) for key in _COMPILATION if found.get(key) not in {None, "None"}}


def _compiled(compilation: Mapping[str, Any], config: EngineConfig) -> bool | None:
    """Whether vLLM compiled the model; None where the log does not say."""
    if config.enforce_eager:
        return False
    level = compilation.get("mode", compilation.get("level"))
    return None if level is None else level not in _NOT_COMPILED


def _arguments(given: Mapping[str, Any], notes: list[str]) -> VllmArguments:
    """The options that bear on memory, each read as its text would be."""
    read: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if given.get(name) is None:
            continue
        try:
            read[name] = _read(option, given[name])
        except (TypeError, ValueError) as error:
            notes.append(f"{name} = {given[name]!r} is not read: it {error}")
    return VllmArguments(**read)


def _read(option: Option, given: Any) -> Any:  # noqa: ANN401
    if option.kind in {"switch", "on"}:
        if not isinstance(given, bool):
            raise ValueError("is neither True nor False")
        return given
    if isinstance(given, Mapping):
        return given
    if option.kind == "list":
        return tuple(option.read(str(item)) for item in given)
    return option.read(str(given))


def engine_config(printed: Mapping[str, str]) -> EngineConfig:
    """The line ``Initializing … with config``, its keys taken apart."""
    found = {key: value(text) for key, text in printed.items()}
    sizes: dict[str, Any] = {name: _positive(found.get(name)) for name in _SIZES}
    return EngineConfig(
        dtype=_text(found.get("dtype"), "torch."),
        quantization=_text(found.get("quantization")),
        kv_cache_dtype=_text(found.get("kv_cache_dtype")),
        device=_text(found.get("device_config")),
        max_model_len=_positive(found.get("max_seq_len")),
        enforce_eager=_switch(found.get("enforce_eager")),
        enable_prefix_caching=_switch(found.get("enable_prefix_caching")),
        speculative=found.get("speculative_config") not in {None, "None"},
        **sizes,
    )


def _settled(arguments: VllmArguments, config: EngineConfig) -> VllmArguments:
    """The same with what vLLM settled where nothing was given, so that it is not guessed again."""
    settled = {
        **{name: getattr(config, name) for name in _SIZES},
        "dtype": config.dtype,
        "enforce_eager": config.enforce_eager,
        "enable_prefix_caching": config.enable_prefix_caching,
        "kv_cache_dtype": None if config.kv_cache_dtype == "auto" else config.kv_cache_dtype,
    }
    missing: dict[str, Any] = {
        name: each for name, each in settled.items() if getattr(arguments, name) in {None, "auto"}
    }
    length: dict[str, Any] = (
        {} if config.max_model_len is None else {"max_model_len": config.max_model_len}
    )
    return replace(arguments, **missing, **length)


def _model(named: Any, lines: Mapping[str, str]) -> str | None:  # noqa: ANN401
    """The model's name; that of a hub's snapshot folder is the id."""
    name = named if isinstance(named, str) and named else lines.get("loaded_model")
    match = _HUB_SNAPSHOT.search(f"{name}/") if name else None
    return f"{match['owner']}/{match['name']}" if match else name


def _text(found: Any, prefix: str = "") -> str | None:  # noqa: ANN401
    return found.removeprefix(prefix) if isinstance(found, str) and found != "None" else None


def _positive(found: Any) -> int | None:  # noqa: ANN401
    whole = isinstance(found, int) and not isinstance(found, bool)
    return found if whole and found > 0 else None


def _switch(found: Any) -> bool | None:  # noqa: ANN401
    return found if isinstance(found, bool) else None


def _whole_numbers(found: Any) -> tuple[int, ...]:  # noqa: ANN401
    numbers = isinstance(found, list) and all(isinstance(n, int) for n in found)
    return tuple(found) if numbers else ()
