"""Files that mean harm: each is refused with a message, soon, in little memory, in a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.console import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CPU_SECONDS = 2.0
#: a busy machine counts more processor time for the same work: then against a small file's
SMALL_FILES = 6
MEMORY_BYTES = 500 * 1024**2
#: a process that hangs takes no processor time; this machine may be busy
PATIENCE_SECONDS = 60
NINE = range(9)
TEXTS = {
    "aliases of aliases.yaml": "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{','.join(f'*a{n - 1}' for _ in NINE)}]\n" for n in range(1, 12)),
    "aliases in mappings.yaml": "a0: &a0 {k: v}\n"
    + "".join(
        f"a{n}: &a{n} {{{','.join(f'k{m}: *a{n - 1}' for m in NINE)}}}\n" for n in range(1, 12)
    ),
    "a mapping in itself.yaml": "model: &a\n  b: *a\n",
    "a list in itself.yaml": "model: &a [*a]\n",
    "a merge of itself.yaml": "a: &a\n  <<: *a\n  b: 1\n",
    "zero bytes.yaml": "model: a\0b\n",
    "deep lists.yaml": "model: " + "[" * 5000,
    "deep mappings.yaml": "".join(" " * n + "k:\n" for n in range(1000)),
    "very deep.yaml": "[" * 2_000_000,
    "deep keys.yaml": "? " * 5000,
    "deep.json": "[" * 2_000_000,
    "long line.yaml": "model: " + "x" * 3_000_000,
    "long name.yaml": "model: " + "x" * 700_000,
    "many words.yaml": "x " * 390_000,
    "many lines.yaml": "".join(f"k{n}: v\n" for n in range(300_000)),
    "as many lines as are read.yaml": "".join(f"k{n}: v\n" for n in range(7600)),
    "many documents.yaml": "---\n" * 1_000_000,
    "many anchors.yaml": "".join(f"k{n}: &a{n} v\n" for n in range(200_000)),
    "many comments.yaml": "# c\n" * 65_000,
    "empty lines.yaml": "\n" * 3_000_000,
    "tabs.yaml": "\t" * 3_000_000,
    "number.yaml": "model: " + "9" * 400_000,
    "number.json": '{"model": ' + "9" * 3_000_000 + "}",
    "number of base 60.yaml": "%YAML 1.1\n---\nmodel: " + "1:" * 200_000 + "1",
    "no day.yaml": "model: 2001-99-99\n",
    "list as key.yaml": "? {a: {b: c}}\n: 1\n",
    "python.yaml": "!!python/object/apply:os.system ['touch owned']\n",
    "line\nbreak.yaml": "model: [\n",
    "escape\x1b[2J.yaml": "model: [\n",
    "::error::.yaml": "model: [\n",
    "growing variables.sh": "#!/bin/sh\nA=xxxxxxxxxx\n"
    + f"A={'$A' * 11}\n" * 12
    + "vllm serve $A\n",
    "open quotes.sh": "#!/bin/sh\nvllm serve '" + "x\n" * 30_000,
    "long script.sh": "#!/bin/sh\n" + "vllm serve m\n" * 100_000,
    "many servers.sh": "#!/bin/sh\n" + "vllm serve m\n" * 4900,
}
LINKS = ("/dev/zero", "/dev/urandom", "/dev/stdin", "/etc/passwd", "/proc/self/mem", "itself.yaml")


@dataclass(frozen=True, kw_only=True)
class Ended:
    code: int
    said: str
    cpu_seconds: float
    memory_bytes: int


def validated(*arguments: str, folder: Path, program: tuple[str, ...] = ("-m", "planner")) -> Ended:
    """How ``planner validate`` ends, as the system counts it."""
    said = folder / "said"
    words = [sys.executable, *program, "validate", "--offline", "--gpus", "8xH100", *arguments]
    with said.open("wb") as out:
        process = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                process.kill()
                process.wait()
                pytest.fail(f"{arguments} hangs")
            time.sleep(0.01)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(
        code=process.returncode,
        said=said.read_text(encoding="utf-8"),
        cpu_seconds=used.ru_utime + used.ru_stime,
        memory_bytes=used.ru_maxrss * 1024,
    )


def soon(ended: Ended, folder: Path) -> bool:
    """Whether it took 2 s, or what 2 s are on a machine with nothing else to do."""
    if ended.cpu_seconds < CPU_SECONDS:
        return True
    (folder / "small.yaml").write_text("model: [\n", encoding="utf-8")
    small = validated("small.yaml", folder=folder)
    (folder / "small.yaml").unlink()
    return ended.cpu_seconds < SMALL_FILES * small.cpu_seconds


def check(ended: Ended, folder: Path) -> None:
    assert ended.code == 2, ended.said[-2000:]
    assert ended.said.startswith("planner: error: "), ended.said[:2000]
    assert "Traceback" not in ended.said
    assert not set(ended.said) & {"\x1b", "\0"}
    assert not any(line.startswith("::") for line in ended.said.splitlines())
    assert soon(ended, folder), ended.cpu_seconds
    assert ended.memory_bytes < MEMORY_BYTES


@pytest.mark.parametrize("name", TEXTS, ids=ascii)
def test_a_text_that_means_harm_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TEXTS[name], encoding="utf-8")
    check(validated(name, folder=tmp_path), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "said"])


def test_bytes_and_a_hundred_megabytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 400)
    (tmp_path / "utf16.yaml").write_bytes("model: x\n".encode("utf-16"))
    with (tmp_path / "large.yaml").open("wb") as large:
        large.write(b"model: x\n")
        large.truncate(100_000_000)
    for name in ("binary.yaml", "utf16.yaml", "large.yaml", "x" * 5000 + ".yaml"):
        check(validated(name, folder=tmp_path), tmp_path)


@pytest.mark.parametrize("to", LINKS)
def test_a_link_to_what_is_no_manifest_is_not_followed(to: str, tmp_path: Path) -> None:
    (tmp_path / "itself.yaml").symlink_to(to)
    ended = validated("itself.yaml", folder=tmp_path)
    check(ended, tmp_path)
    assert "root" not in ended.said


def test_a_pipe_and_a_device_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("pipe.yaml", "/dev/zero", "."):
        check(validated(name, folder=tmp_path), tmp_path)


def test_a_link_within_the_checkout_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "real.yaml").write_text("model: no/such-model\n", encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("a/real.yaml")
    assert "no/such-model is not known" in validated("link.yaml", folder=tmp_path).said


#: tells of every file that is opened after the program's own modules were found
WATCHED = """
import os, runpy, sys
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and "hidden" in arguments[0]:
        os.write(2, b"OPENED " + os.fsencode(arguments[0]) + b"\\n")
    if event in {"subprocess.Popen", "os.system", "socket.connect", "os.exec"}:
        os.write(2, b"DID " + event.encode() + b"\\n")
sys.addaudithook(watch)
sys.argv[0] = "planner"
runpy.run_module("planner", run_name="__main__")
"""
TRICKS = {
    "config.sh": "#!/bin/sh\nvllm serve --config ../hidden.yaml\n"
    "vllm serve m --config hidden-link.yaml\nvllm serve m2 --config=hidden.yaml\n"
    "docker run vllm/vllm-openai:v0.33.0 --config hidden.yaml\n",
    "source.sh": "#!/bin/sh\n. ./hidden.env\n"
    "vllm serve $(cat hidden.yaml) --api-key `cat hidden.env`\n",
    "config.yaml": "model: no/such-model\nconfig: ../hidden.yaml\nchat-template: hidden.yaml\n",
    "compose.yaml": "include: [hidden.yaml]\nservices:\n  a:\n    image: vllm/vllm-openai:v0.11.0\n"
    "    env_file: hidden.env\n    extends: {file: hidden.yaml, service: a}\n"
    "    command: [--model, no/such-model, --config, hidden.yaml]\n",
}


@pytest.mark.parametrize("name", TRICKS)
def test_nothing_but_the_named_file_is_opened_and_nothing_is_run(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    for other in ("hidden.yaml", "deploy/hidden.yaml", "deploy/hidden.env"):
        (tmp_path / other).write_text("model: Qwen/Qwen3-8B\n", encoding="utf-8")
    (folder / "hidden-link.yaml").symlink_to("../hidden.yaml")
    (folder / name).write_text(TRICKS[name], encoding="utf-8")
    ended = validated(name, folder=folder, program=("-c", WATCHED))
    assert "OPENED" not in ended.said
    assert "DID" not in ended.said
    (folder / "real-hidden.yaml").symlink_to(name)
    watched = validated("real-hidden.yaml", folder=folder, program=("-c", WATCHED))
    assert "OPENED real-hidden.yaml" in watched.said, "the watch sees what is opened"
