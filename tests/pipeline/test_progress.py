"""The lines that the user sees while a pass works."""

import re
import threading
import time

import pytest
import ray

from dgrc.pipeline import progress
from dgrc.pipeline.progress import Board, asked, line, progress_line, redrawn, tell, told
from dgrc.storage.underway import AskedRole


def test_the_line_tells_rows_rate_time_left_calls_and_tokens() -> None:
    counts = {"rows": 500, "calls": 4_000, "tokens": 1_000_000, "in_flight": 1_250}
    words = " ".join(line("gather", counts, 2_000, 100.0).split())
    told = "gather 500/2,000 rows 5.0/s 5 min 00 s left 4,000 calls 1,000,000 tokens 10,000 tokens/s 1,250 in flight"
    assert words == told


def test_before_the_first_row_no_time_is_promised() -> None:
    assert "starting" in line("gather", {"calls": 3}, 2_000, 1.0)
    assert "starting" in line("gather", {}, 2_000, 0.0)


def test_at_the_end_nothing_is_left() -> None:
    assert " 0 s left" in line("gather", {"rows": 7}, 7, 3.0)


def test_a_caller_is_told_the_lines_that_are_else_drawn(
    ray_here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SELDOM_S", 0.05)
    board = Board.remote()  # type: ignore[attr-defined]
    for worker, waiting in (("a", 5), ("b", 7), ("a", 2)):
        ray.get(board.add.remote({"rows": 1, "calls/teacher": 1}, worker, {"teacher": waiting, "student": 1}))
    lines, came = list[str](), threading.Event()

    def listen(text: str) -> None:
        lines.append(text)
        if text.startswith("    teacher"):
            came.set()

    noted: list[tuple[int, float, list[AskedRole]]] = []
    with told(listen):
        with progress_line("gather", board, 7, note=lambda *said: noted.append(said)):
            assert came.wait(30)
        tell("a part was lost")
    rows, rate, roles = noted[0]
    assert rows == 3 and rate > 0 and [(one.role, one.queue) for one in roles] == [("student", 2), ("teacher", 9)]
    assert "3/7 rows" in lines[0] and "11 in flight" in lines[0] and lines[-1] == "a part was lost"
    assert lines[1].split()[:2] == ["student", "2"] and lines[2].split()[:2] == ["teacher", "9"]
    assert capsys.readouterr() == ("", "")
    with progress_line("gather", board, 7):
        while "3/7 rows" not in (drawn := capsys.readouterr().err):
            time.sleep(0.01)
    tell("nobody listens")
    assert drawn.startswith("  gather") and capsys.readouterr().err.endswith("nobody listens\n")


def test_each_role_has_its_queue_rate_and_cache_hits_where_they_are_known() -> None:
    counts = {
        "calls": 700, "in_flight/teacher": 12, "calls/teacher": 500, "tokens/teacher": 9_000, "read/teacher": 4_000,
        "cached/teacher": 1_000, "in_flight/student": 0, "calls/student": 200, "tokens/student": 10, "read/student": 9,
    }  # fmt: skip
    student, teacher = asked(counts, 100.0)
    assert teacher == AskedRole("teacher", 12, 5.0, 90.0, 0.25) and student == AskedRole("student", 0, 2.0, 0.1, None)
    wanted = "teacher 12 in flight 5.0 replies/s 90 tokens/s 25% of what is read was cached"
    assert " ".join(teacher.told().split()) == wanted and "cached" not in student.told()
    assert asked({"in_flight/teacher": 3}, 0.0) == [AskedRole("teacher", 3, 0.0, 0.0)], "before the first reply"


def test_on_a_terminal_lines_are_drawn_over_and_what_others_write_between_is_kept() -> None:
    screen = Screen(30, 8)
    screen.feed(redrawn(["first 1", "x" * 80, "third 1"], 30))
    screen.feed("a warning of somebody\n")
    screen.feed(redrawn(["first 2", "second 2"], 30) + "\n" * 2)
    screen.feed("the end")
    assert screen.text() == ["a warning of somebody", "first 2", "second 2", "the end"]


class Screen:
    """As much of a terminal as lines need: what is written, line feeds, back to a line's begin, up, erase below."""

    def __init__(self, columns: int, height: int):
        self._rows, self._columns, self._y, self._x = [""] * height, columns, 0, 0

    def feed(self, text: str) -> None:
        for part in re.findall(r"\x1b\[\d*[A-Z]|[^\x1b]", text):
            if part == "\n":
                self._y, self._x = self._y + 1, 0
            elif part == "\r":
                self._x = 0
            elif part == "\x1b[J":
                kept = self._rows[self._y][: self._x]
                self._rows[self._y :] = [kept] + [""] * (len(self._rows) - self._y - 1)
            elif part[0] == "\x1b":
                assert part[-1] == "F"
                self._y, self._x = self._y - int(part[2:-1]), 0
            else:
                row = self._rows[self._y]
                self._rows[self._y] = row[: self._x].ljust(self._x) + part + row[self._x + 1 :]
                self._x += 1
                assert self._x < self._columns, "folded"

    def text(self) -> list[str]:
        return [row.rstrip() for row in self._rows if row.strip()]
