"""Time as people say it."""

import pytest

from dgrc.runtime.clock import clock


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (185, "3 min 05 s"), (3599, "59 min 59 s"),
        (3600, "1 h 00 min"), (7630, "2 h 07 min"), (100 * 3600, "100 h 00 min"),
    ],
)
def test_a_clock_reads_as_people_say_it(seconds: float, words: str) -> None:
    assert clock(seconds) == words
