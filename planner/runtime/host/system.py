"""What the kernel tells of a machine: memory, its limits, devices on the bus, folders."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from planner.hardware.host import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_NVIDIA = "0x10de"
#: PCI classes of VGA and 3D controllers; an NVSwitch is a bridge
_DISPLAY = ("0x0300", "0x0302")
#: version 1 of control groups writes a number near 2**63 for no limit
_NO_LIMIT = 2**60
#: the column of a socket's state in /proc/net/tcp, and the state that waits for connections
_STATE = 3
_LISTENING = "0A"
#: a cache on a slow disk must not hold up the answer
_COUNT_S = 2.0


def system_name() -> str:
    """Kernel and processor: ``Linux x86_64``."""
    return f"{platform.system()} {platform.machine()}"


def glibc_release() -> str:
    """Of the C library that this Python runs on; empty where it is another."""
    name, version = platform.libc_ver()
    return version if name == "glibc" else ""


def memory(root: Path = Path("/")) -> dict[str, int | None]:
    """Memory of the host: all of it, and what can be had without swapping."""
    found = {}
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if rest.strip().endswith("kB"):
            found[name] = int(rest.split()[0]) * 1024
    return {
        "memory_bytes": found.get("MemTotal"),
        "memory_available_bytes": found.get("MemAvailable"),
    }


def memory_limit(root: Path = Path("/")) -> dict[str, int | None]:
    """The tightest limit of this process's control group and those above it, and what is used.

    Used is without the cache of files, which the kernel gives up. Both versions of control groups.
    """
    limits = []
    for group, limit_file, used_file, cache in _groups(root):
        limit = _number(group / limit_file)
        if limit is not None and limit < _NO_LIMIT:
            used = max((_number(group / used_file) or 0) - _stat(group, cache), 0)
            limits.append((limit - used, limit, used))
    if not limits:
        return {"memory_limit_bytes": None, "memory_limit_used_bytes": None}
    _, limit, used = min(limits)
    return {"memory_limit_bytes": limit, "memory_limit_used_bytes": used}


def _groups(root: Path) -> Iterator[tuple[Path, str, str, str]]:
    """This process's control group and its parents, with the names of their files."""
    base = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            top = base
            names = ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            top = base / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # in a container the path is the host's, and the group is mounted as the root
        group = top / path.strip("/")
        while group != top.parent:
            yield group, *names
            group = group.parent


def shared_memory(path: Path = Path("/dev/shm")) -> dict[str, int | None]:  # noqa: S108
    """The file system through which processes share memory."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return {"shm_bytes": None, "shm_free_bytes": None}
    return {"shm_bytes": usage.total, "shm_free_bytes": usage.free}


def listening_ports(root: Path = Path("/")) -> tuple[int, ...]:
    """TCP ports on which some process of this machine listens."""
    ports = set()
    for name in ("tcp", "tcp6"):
        for line in _text(root / "proc/net" / name).splitlines()[1:]:
            fields = line.split()
            if len(fields) > _STATE and fields[_STATE] == _LISTENING:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return tuple(sorted(ports))


def pci_gpus(root: Path = Path("/")) -> int:
    """NVIDIA display controllers on the bus."""
    devices = (root / "sys/bus/pci/devices").glob("*")
    return sum(
        _text(device / "vendor").strip() == _NVIDIA and _text(device / "class")[:6] in _DISPLAY
        for device in devices
    )


def kernel_driver(root: Path = Path("/")) -> str:
    """Version of the NVIDIA module that is loaded; empty where there is none."""
    found = re.search(
        r"Kernel Module.*?\s(\d+(?:\.\d+)+)", _text(root / "proc/driver/nvidia/version")
    )
    return found[1] if found else ""


def devices(kind: str, root: Path = Path("/")) -> tuple[str, ...]:
    """Names of the devices of a kind: ``net`` interfaces, ``infiniband`` adapters."""
    return tuple(sorted(each.name for each in (root / "sys/class" / kind).glob("*")))


def folder(name: str, path: Path, *, count: bool = True) -> Folder:
    """A folder that is written to: whether it can be, what lies in it, what its disk has left.

    ``count`` adds up its files.
    """
    above = next(each for each in (path, *path.parents) if each.exists())
    try:
        free = shutil.disk_usage(above).free
    except OSError:
        free = None
    return Folder(
        name=name,
        path=str(path),
        exists=path.exists(),
        writable=os.access(above, os.W_OK | os.X_OK),
        used_bytes=_size(path) if count and path.is_dir() else None,
        free_bytes=free,
    )


def _size(path: Path) -> int | None:
    """Bytes of the files below a folder, links not followed; None: too many, or barred."""
    end = time.monotonic() + _COUNT_S
    waiting, total = [str(path)], 0
    while waiting:
        if time.monotonic() > end:
            return None
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found = entry.stat(follow_symlinks=False)
                        total += found.st_size if stat.S_ISREG(found.st_mode) else 0
        except OSError:
            return None
    return total


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _stat(group: Path, name: str) -> int:
    """An entry of a control group's memory.stat."""
    pairs = (line.split() for line in _text(group / "memory.stat").splitlines())
    return next((int(value) for key, value in pairs if key == name), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
