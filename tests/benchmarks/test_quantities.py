"""The comparison of parsers made short: the earlier one is what it was, and both are timed."""

import subprocess
import time

import pytest

from benchmarks.quantities import __main__ as quantities
from tests.paths import ROOT


def _in_history(commit: str) -> bool:
    return subprocess.run(["git", "cat-file", "-e", commit], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _in_history(quantities.BEFORE), reason="the earlier commit is not in this clone's history")
def test_the_earlier_parser_is_the_one_of_its_commit() -> None:
    before = quantities.earlier_parser(quantities.BEFORE)
    assert "value=1.5" in str(before("120/80")), "what was wrong then"
    assert before("the court") is None


def test_each_answer_is_timed_with_either() -> None:
    said: list[str] = []
    now, then = quantities.side_by_side(said.append, lambda _: time.sleep(0.001), ["a", "b"], 2)
    assert said == ["a"] * 3 + ["b"] * 3 and len(now) == 2
    assert all(took >= 1000 for took in then), "microseconds"
