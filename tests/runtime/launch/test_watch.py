from __future__ import annotations

from typing import TYPE_CHECKING

from planner.runtime.launch.watch import GrowingLog

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_come_whole_and_once_behind_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n", encoding="utf-8")
    log = GrowingLog(path, skip_bytes=len("before\n"))
    with path.open("a", encoding="utf-8") as file:
        file.write("one\ntw")
        file.flush()
        assert log.read() == ["one"]
        file.write("o\nthree")
        file.flush()
        assert log.read() == ["two"]
    assert log.read(all_of_it=True) == ["three"]
    assert log.read(all_of_it=True) == []
    assert list(log.tail) == ["one", "two", "three"]


def test_a_log_that_nobody_keeps_is_emptied_once_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    log = GrowingLog(path, most_bytes=100)
    with path.open("a", encoding="utf-8") as file:
        for number in range(50):
            file.write(f"line {number}\n")
            file.flush()
            assert log.read() == [f"line {number}"]
            assert path.stat().st_size <= 110
