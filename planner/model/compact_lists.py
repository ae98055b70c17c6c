"""Long lists in few characters, and back: the catalogue's per-layer lists and ignore lists.

A packed list is ``{"~": [part, …]}``. A part is a plain list of values, ``{"times": n, "of":
[…]}`` for a block that repeats, or ``{"from": a, "to": b, "step": s, "each": "layers.#.gate"}``
for names that count. A packed object is ``{"~keys": [[value, keys], …]}``: one entry for all
keys that share a value.
"""

from __future__ import annotations

import re
from typing import Any

_LIST = "~"
_OBJECT = "~keys"
_MARK = "#"
_LONGEST_BLOCK = 16
_SHORTEST_RUN = 4
_SHORTEST_OBJECT = 16


def unpack(value: Any) -> Any:  # noqa: ANN401 - a JSON value has no narrower type
    """A packed JSON value as it was; what is not packed stays."""
    if isinstance(value, list):
        return [unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _LIST in value:
        return [unpack(item) for part in value[_LIST] for item in _spread(part)]
    if _OBJECT in value:
        return {key: unpack(shared) for shared, keys in value[_OBJECT] for key in unpack(keys)}
    return {key: unpack(item) for key, item in value.items()}


def pack(value: Any) -> Any:  # noqa: ANN401 - as above
    """The same JSON value with its long lists and objects packed.

    >>> pack(["full", "local", "local"] * 4)
    {'~': [{'times': 4, 'of': ['full', 'local', 'local']}]}
    """
    if isinstance(value, dict):
        if _is_per_layer(value):
            return {_OBJECT: _by_value(value)}
        return {key: pack(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [pack(item) for item in value]
    parts = _parts(items)
    return {_LIST: parts} if any(isinstance(part, dict) for part in parts) else items


def _spread(part: Any) -> list[Any]:  # noqa: ANN401 - as above
    if isinstance(part, list):
        return part
    if "of" in part:
        return list(part["of"]) * int(part["times"])
    numbers = range(part["from"], part["to"] + 1, part.get("step", 1))
    return [part["each"].replace(_MARK, str(number)) for number in numbers]


def _parts(items: list[Any]) -> list[Any]:
    """Greedy from the left: the part that covers most, else one more plain value."""
    parts: list[Any] = []
    at = 0
    while at < len(items):
        covered, part = max(_repeat(items, at), _count(items, at), key=lambda found: found[0])
        if covered < _SHORTEST_RUN:
            covered, part = 1, [items[at]]
        if isinstance(part, list) and parts and isinstance(parts[-1], list):
            parts[-1].extend(part)
        else:
            parts.append(part)
        at += covered
    return parts


def _repeat(items: list[Any], at: int) -> tuple[int, Any]:
    best: tuple[int, Any] = (0, None)
    for length in range(1, min(_LONGEST_BLOCK, (len(items) - at) // 2) + 1):
        block = items[at : at + length]
        times = 1
        while _same(items[at + times * length : at + (times + 1) * length], block):
            times += 1
        if times > 1 and times * length > best[0]:
            best = times * length, {"times": times, "of": block}
    return best


def _same(one: list[Any], other: list[Any]) -> bool:
    """Equal in value and in type: 1, 1.0 and true are three things in JSON."""
    return one == other and repr(one) == repr(other)


def _count(items: list[Any], at: int) -> tuple[int, Any]:
    """The longest run of names from ``at`` on that differ in one evenly rising number."""
    first = items[at]
    if not isinstance(first, str) or _MARK in first or at + 1 == len(items):
        return 0, None
    for number in re.finditer(r"\d+", first):
        head, start, tail = first[: number.start()], number.group(), first[number.end() :]
        step = _number(items[at + 1], head, tail) - int(start)
        if step < 1 or str(int(start)) != start:
            continue
        end = at + 1
        while end < len(items) and items[end] == f"{head}{int(start) + (end - at) * step}{tail}":
            end += 1
        run = {"from": int(start), "to": int(start) + (end - at - 1) * step}
        every = {} if step == 1 else {"step": step}
        return end - at, {**run, **every, "each": f"{head}{_MARK}{tail}"}
    return 0, None


def _number(name: object, head: str, tail: str) -> int:
    """The number between head and tail, or -1 when the name is another one."""
    if not isinstance(name, str):
        return -1
    found = re.fullmatch(f"{re.escape(head)}([0-9]{{1,9}}){re.escape(tail)}", name)
    return int(found.group(1)) if found else -1


def _is_per_layer(value: dict[str, Any]) -> bool:
    """Whether many keys count layers and share few values."""
    if len(value) < _SHORTEST_OBJECT or not all(re.search(r"\d", key) for key in value):
        return False
    return 4 * len({repr(item) for item in value.values()}) <= len(value)


def _by_value(value: dict[str, Any]) -> list[list[Any]]:
    groups: dict[str, tuple[Any, list[str]]] = {}
    for key, item in value.items():
        groups.setdefault(repr(item), (item, []))[1].append(key)
    return [[item, pack(sorted(keys, key=natural))] for item, keys in groups.values()]


def natural(name: str) -> tuple[str, list[int]]:
    """A sort key that puts names of one pattern side by side, their numbers rising.

    >>> sorted(["b.10", "a", "b.9"], key=natural)
    ['a', 'b.9', 'b.10']
    """
    return re.sub(r"\d+", _MARK, name), [int(n) for n in re.findall(r"\d+", name)]
