"""The line that the user sees while a pass works."""

import threading
import time

import pytest
import ray

from dgrc.pipeline import progress
from dgrc.pipeline.progress import Board, line, progress_line, tell, told


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
    ray.get(board.add.remote({"rows": 3}, "worker", 1))
    lines, came = list[str](), threading.Event()

    def listen(text: str) -> None:
        lines.append(text)
        came.set()

    noted: list[tuple[int, float]] = []
    with told(listen):
        with progress_line("gather", board, 7, note=lambda rows, rate: noted.append((rows, rate))):
            assert came.wait(30)
        tell("a part was lost")
    assert noted[0][0] == 3 and noted[0][1] > 0
    assert "3/7 rows" in lines[0] and lines[-1] == "a part was lost"
    assert capsys.readouterr() == ("", "")
    with progress_line("gather", board, 7):
        while "3/7 rows" not in (drawn := capsys.readouterr().err):
            time.sleep(0.01)
    tell("nobody listens")
    assert drawn.startswith("  gather") and capsys.readouterr().err.endswith("nobody listens\n")
