"""What is asked: a model, a cluster, a workload, and what is fixed beforehand."""

from __future__ import annotations

from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from planner.errors import UnknownNameError, UsageError, nearest
from planner.frozen import frozen
from planner.goal import Goal, Objective, check_no_servers, goal, goal_with_said
from planner.hardware.prices import OwnPrice  # noqa: TC001 - explore reads the annotations
from planner.keywords import bytes_of, option_value
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.workload import Workload, check_workload, with_said, workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Storage = Literal["nvme", "page-cache", "network", "volume", "block", "object", "hub", "unknown"]

#: share of a GPU where this planner chooses; vLLM's own default is lower
GPU_MEMORY_UTILIZATION = 0.95


@frozen
class Request:
    """All that an answer depends on, besides data files and the model itself."""

    model: str = ""
    """An id, a directory or a config.json; empty where a target names it."""
    gpus: tuple[str, ...] = ()
    """Clusters as typed: ``2x8xA100``, ``auto``, a cluster.toml; empty where a target names it."""
    memory_taken: int | None = None
    """Bytes of each GPU that other processes hold; None is what the cluster says of itself."""
    revision: str | None = None
    """The model's revision; None is its main one."""
    offline: bool = False
    """Ask no network."""
    refresh: bool = False
    """Ask the hub before anything that lies here."""
    vllm_version: str | None = None
    """Whose behaviour is predicted; None is the installed vLLM, else the newest known."""
    calibration: bool = True
    """Apply what was learnt from logs on this machine."""
    workload: Workload = field(default_factory=Workload)
    goal: Goal = field(default_factory=Goal)
    prices: tuple[OwnPrice, ...] = ()
    """What the project's file says of money; what ``goal`` says goes before it."""
    said: frozenset[str] = frozenset()
    """The options of both that were typed: those win over what a plan says of itself."""
    allow: tuple[str, ...] = ()
    """Codes of this planner's own rules that may be broken."""
    executor: Literal["mp", "ray"] = "mp"
    """How the hosts of a layout are brought together."""
    storage: Storage = "unknown"
    """Where the checkpoint lies, for the time a start takes."""
    top: int = 5
    """Layouts to answer with, at most."""
    show_math: bool = False
    """Carry each formula with its numbers."""
    show_curves: bool = False
    """Carry the points of plots."""
    show_sources: bool = False
    """Carry what the figures rest on."""
    pinned: VllmArguments = field(default_factory=VllmArguments)
    """What the user fixed of vLLM's options."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """vLLM's variables that the user set and that bear on the answer."""
    default_gpu_memory_utilization: float | None = GPU_MEMORY_UTILIZATION
    """Where none is pinned; None is the vLLM version's own default: somebody else's command."""

    @property
    def objective(self) -> Objective:
        """What the best layout is best at."""
        return self.goal.objective

    @property
    def names_load(self) -> bool:
        """Whether a load is named that hardware can be chosen for."""
        given = (self.workload.concurrency, self.workload.request_rate, self.goal.min_throughput)
        return any(each is not None for each in given)

    @property
    def is_own(self) -> bool:
        """Whether the options were typed here, rather than read from somebody else's command."""
        return self.default_gpu_memory_utilization is not None

    @property
    def gpu_memory_utilization(self) -> float | None:
        """The share of each GPU; None is the vLLM version's own default."""
        pinned = self.pinned.gpu_memory_utilization
        return self.default_gpu_memory_utilization if pinned is None else pinned


#: commands that take a plan in place of a model and GPUs
_OF_FILES = ("launch", "validate")
_WORKLOAD = tuple(f.name for f in fields(Workload) if f.name != "lengths")
_GOAL = tuple(f.name for f in fields(Goal))
_NOT_TYPED = {"workload", "pinned", "goal", "said"}
_REQUEST = tuple(f.name for f in fields(Request) if f.name not in _NOT_TYPED)


def request(**keywords: Any) -> Request:  # noqa: ANN401 - each is checked by its name
    """Build a request from keywords spelled as the options, vLLM's with underscores.

    Raises:
        UnknownNameError: a keyword that no option has, with the nearest ones.
        UsageError: a value that makes no sense.
    """
    for name in keywords:
        if name not in (known := (*_REQUEST, "workload", *_WORKLOAD, *_GOAL, *OPTIONS, "other")):
            like = nearest(name, known, likeness=0.6)
            raise UnknownNameError(
                f"no option is called {name}",
                fix=f"perhaps {' or '.join(like)}" if like else "planner recommend --help",
            )
    own = _of(_REQUEST, keywords)
    if keywords.get("distributed_executor_backend") == "ray":
        own.setdefault("executor", "ray")
    if "memory_taken" in own:
        own["memory_taken"] = bytes_of("memory_taken", own["memory_taken"])
    for name in ("gpus", "allow"):
        if name in own:
            own[name] = _several(own[name])
    own["allow"] = tuple(code.upper() for code in own.get("allow", ()))
    built = Request(
        **own,
        said=frozenset(_of(("workload", *_WORKLOAD, *_GOAL), keywords)),
        workload=workload({n: keywords[n] for n in ("workload", *_WORKLOAD) if n in keywords}),
        goal=goal(_of(_GOAL, keywords)),
        pinned=VllmArguments(
            **{n: option_value(n, v) for n, v in _of(tuple(OPTIONS), keywords).items()},
            other=tuple(keywords.get("other") or ()),
        ),
    )
    _check(built)
    return built


def require(asked: Request, command: str, *, gpus: bool = True, target: str = "") -> None:
    """Say what is missing before anything is looked up.

    Args:
        asked: what was typed, or what a target stands for.
        command: of the planner, to name in the remedy.
        gpus: whether GPUs must be named.
        target: what was typed that is judged: a file, or ``-- vllm serve …``; empty for options.

    Raises:
        UsageError: no model, or no cluster.
    """
    if not asked.names_load:
        check_no_servers(asked.goal)
    subject = "" if target else f" --model {asked.model or 'deepseek-ai/DeepSeek-R1'}"
    named = f" --gpus {asked.gpus[0] if asked.gpus else '2x8xA100'}"
    example = f"planner {command}{subject}{named}{target and f' {target}'}"
    if not asked.model:
        file = f", or planner {command} plan.yaml" if command in _OF_FILES else ""
        raise UsageError("no model is named", fix=f"{example}{file}")
    if gpus and not asked.gpus:
        cause = "--gpus auto takes those of this machine"
        if command == "recommend":
            cause += "; with a load, such as --concurrency 64, hardware for it is looked for"
        raise UsageError("no GPUs are named", cause=cause, fix=example)


def judged(
    asked: Request,
    *,
    model: str | None,
    revision: str | None,
    gpus: tuple[str, ...],
    memory_taken: int | None = None,
    vllm_version: str | None,
    arguments: VllmArguments,
    environment: Mapping[str, str],
    load: Workload | None = None,
    wanted: Goal | None = None,
) -> Request:
    """The request that somebody else's deployment stands for; what was typed beside it wins.

    Nothing of it was chosen here, so vLLM's own defaults hold where it is silent.
    """
    return replace(
        asked,
        model=asked.model or model or "",
        revision=asked.revision or revision,
        gpus=asked.gpus or gpus,
        memory_taken=_first(asked.memory_taken, None if asked.gpus else memory_taken),
        vllm_version=asked.vllm_version or vllm_version,
        pinned=arguments,
        environment={**asked.environment, **environment},
        workload=with_said(load, asked.workload, asked.said) if load else asked.workload,
        goal=goal_with_said(wanted, asked.goal, asked.said) if wanted else asked.goal,
        said=frozenset(),
        default_gpu_memory_utilization=None,
    )


def _first(*given: int | None) -> int | None:
    return next((each for each in given if each is not None), None)


def _of(names: Sequence[str], keywords: Mapping[str, Any]) -> dict[str, Any]:
    return {name: keywords[name] for name in names if keywords.get(name) is not None}


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check(built: Request) -> None:
    check_workload(built.workload)
    choices = {
        "executor": Literal["mp", "ray"],
        "storage": Storage,
    }
    for name, known in choices.items():
        if getattr(built, name) not in get_args(known):
            raise UsageError(
                f"{name} is {getattr(built, name)!r}", fix=f"one of {', '.join(get_args(known))}"
            )
