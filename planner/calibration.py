"""What was learnt on this machine: shipped constants, corrected by vLLM's own logs.

``planner calibrate`` keeps in one TOML file what each log says of a constant; here the file is
read and laid over ``constants_data``. What a log says holds wherever the shipped constant that it
corrects holds: the same releases, platform family and model runner. The figures themselves are
worked out when they are asked for, so a later release of the planner, with other constants, is
corrected by the same logs.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from planner.constants import Constant, term
from planner.errors import InvalidInputError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: how far from the shipped figure, in widths of its interval's side, a start counts by itself
NEAR_WIDTHS = 2.0
#: beyond this many, no number of starts counts
FAR_WIDTHS = 10.0
#: setups that must agree before they outweigh what was shipped, and may narrow its interval
SEVERAL = 3
#: an interval is never narrowed to less than this share of the shipped one
_NARROWEST = 0.5
_DECILES = 10


@frozen
class Observation:
    """What one start says of one constant.

    Attributes:
        term, name: the constant; value: what it would have to be for the start to come out right.
        version, family, runner: what the start ran on, as in ``planner.constants``.
        setup: model, layout and batch; starts of one setup are repetitions, not further evidence.
        log: the hash of the log; file: its name; date: when it was read.
    """

    term: str
    name: str
    value: float
    version: tuple[int, int]
    family: str
    runner: str
    setup: str
    log: str
    file: str
    date: str


class ConstantSource(Protocol):
    """Where a case takes its constants from."""

    def term(
        self, name: str, version: tuple[int, int], family: str, runner: str
    ) -> Mapping[str, Constant]:
        """A term's constants by name, as ``planner.constants.term``."""
        ...


@frozen
class Calibration:
    """The shipped constants, corrected by observations; ``path`` is the file they lie in."""

    path: str = ""
    observations: tuple[Observation, ...] = ()

    def term(
        self, name: str, version: tuple[int, int], family: str, runner: str
    ) -> Mapping[str, Constant]:
        """A term's constants by name, those corrected that some start said something of."""
        shipped = term(name, version, family, runner)
        mine = [each for each in self.observations if each.term == name]
        if not mine:
            return shipped
        return {
            key: combined(
                constant, [each for each in mine if bears_on(each, constant, family, runner)]
            )
            for key, constant in shipped.items()
        }

    def files(self, version: tuple[int, int], family: str) -> tuple[str, ...]:
        """The file, where it changes a constant of a release on a platform family."""
        for each in self.observations:
            shipped = term(each.term, version, each.family, each.runner).get(each.name)
            if each.family == family and shipped is not None:
                mine = self.term(each.term, version, family, each.runner)[each.name]
                if mine != shipped:
                    return (self.path,)
        return ()


#: nothing was learnt, or nobody wants it
SHIPPED = Calibration()


def bears_on(seen: Observation, constant: Constant, family: str, runner: str) -> bool:
    """Whether an observation is of a shipped constant: the same entry holds where it was made."""
    if (seen.name, seen.family, seen.runner) != (constant.name, family, runner):
        return False
    return term(seen.term, seen.version, family, runner).get(seen.name) == constant


def combined(shipped: Constant, seen: Sequence[Observation]) -> Constant:
    """A constant from the shipped figure and what starts say.

    The median of all, in which the shipped figure has one voice and every setup one: a first
    start moves it half-way, one bad start among several does not count. Far figures do not count
    at all until ``SEVERAL`` setups say alike. The interval moves along; several setups may narrow
    it to half, or widen it.
    """
    from statistics import median, quantiles  # 10 ms, and few machines learnt anything

    values = list(counted(shipped, seen).values())
    if not values:
        return shipped
    mid = float(median([shipped.mid, *values]))
    down, up = shipped.mid - shipped.low, shipped.high - shipped.mid
    if len(values) >= SEVERAL:
        tenths = quantiles([shipped.mid, *values], n=_DECILES, method="inclusive")
        down = max(_NARROWEST * down, mid - tenths[0])
        up = max(_NARROWEST * up, tenths[-1] - mid)
    logs = dict.fromkeys(each.log for each in seen)
    return replace(
        shipped,
        low=max(0.0, mid - down),
        mid=mid,
        high=mid + up,
        source=f"logs of this machine: {', '.join(logs)}; before: {shipped.source}",
        date=max(each.date for each in seen),
        points=len(values),
    )


def counted(shipped: Constant, seen: Sequence[Observation]) -> dict[str, float]:
    """The figures that count, one a setup: near ones, or far ones that outnumber them."""
    from statistics import median  # as above

    by_setup: dict[str, list[float]] = defaultdict(list)
    for each in seen:
        by_setup[each.setup].append(each.value)
    figures = {setup: median(values) for setup, values in by_setup.items()}
    distances = {setup: distance(shipped, value) for setup, value in figures.items()}
    near = {s: v for s, v in figures.items() if distances[s] <= NEAR_WIDTHS}
    far = {s: v for s, v in figures.items() if NEAR_WIDTHS < distances[s] <= FAR_WIDTHS}
    alike = {value > shipped.mid for value in far.values()}
    outnumbering = len(far) >= max(SEVERAL, len(near) + 1) and len(alike) == 1
    return near | far if outnumbering else near


def distance(shipped: Constant, value: float) -> float:
    """How far a figure lies from the shipped one, in widths of its interval's side."""
    if value == shipped.mid:
        return 0.0
    if not isfinite(value) or value < 0:
        return float("inf")
    width = shipped.mid - shipped.low if value < shipped.mid else shipped.high - shipped.mid
    return abs(value - shipped.mid) / width if width > 0 else float("inf")


def calibration_path(environ: Mapping[str, str]) -> Path | None:
    """Where the file lies: ``$XDG_CONFIG_HOME/planner``, else ``~/.config/planner``.

    None where there is neither such a variable nor a home; a relative one is no place, as the
    XDG base directory specification has it.
    """
    named, home = environ.get("XDG_CONFIG_HOME", ""), environ.get("HOME", "")
    folder = Path(named) if named.startswith("/") else Path(home, ".config") if home else None
    return folder / "planner" / "calibration.toml" if folder else None


def load_calibration(environ: Mapping[str, str]) -> Calibration:
    """What was learnt on this machine; nothing where there is no file.

    Raises:
        InvalidInputError: the file is there and cannot be read.
    """
    path = calibration_path(environ)
    if path is None:
        return SHIPPED
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return SHIPPED
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    return Calibration(path=str(path), observations=observations(text, path))


def observations(text: str, path: Path) -> tuple[Observation, ...]:
    """What a calibration file's logs say.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        entries = tomllib.loads(text).get("constant", [])
        return tuple(_observation(entry, seen) for entry in entries for seen in entry["observed"])
    except (tomllib.TOMLDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _unreadable(path, reason) from None


def _observation(entry: Mapping[str, Any], seen: Mapping[str, Any]) -> Observation:
    value = float(seen["value"])
    if not (isfinite(value) and value >= 0):
        raise ValueError(f"{entry['name']} cannot be {value}")
    major, minor = str(seen["vllm"]).split(".")
    return Observation(
        term=str(entry["term"]),
        name=str(entry["name"]),
        value=value,
        version=(int(major), int(minor)),
        family=str(entry["platform"]),
        runner=str(entry["runner"]),
        setup=str(seen["setup"]),
        log=str(seen["log"]),
        file=str(seen.get("file", "")),
        date=str(seen["date"]),
    )


def _unreadable(path: Path, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} cannot be read: {reason}",
        cause="planner calibrate writes this file, and every answer reads it",
        fix=f"--no-calibration, or remove it: rm {path}",
    )
