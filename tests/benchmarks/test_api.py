"""The benchmark of APIs, made short: it holds a rate and tells what a rude server did."""

import pytest

from benchmarks.api.__main__ import hold_limit, meet_rudeness
from benchmarks.api.server import a_minute


def test_a_rate_is_that_of_the_most_though_some_come_late() -> None:
    evenly = [0.1 * number for number in range(60)]
    assert a_minute(evenly) == 600
    late = [0.9, *evenly[1:]]  # between first and last there would be 59 in 5.0 s, 708 a minute
    assert 600 < a_minute(sorted(late)) < 615  # type: ignore[operator]
    assert a_minute([*evenly[:30], *(moment + 3 for moment in evenly[30:])]) < 480, "a gap is one"  # type: ignore[operator]
    assert a_minute([1.0, 2.0]) is None and a_minute([1.0] * 5) is None


@pytest.mark.usefixtures("ray_here")
def test_a_limit_is_held_and_used() -> None:
    held = hold_limit(limit=600, seconds=6)
    # The ledger leaves two of a hundred free, and the server counts by its own clock.
    assert held["over_limit"] == 0 and 0.9 < held["share_of_limit"] < 1
    assert held["answered"] >= held["answered_in_time"] >= 40 and held["connections"] >= 2


@pytest.mark.usefixtures("ray_here")
def test_nothing_is_lost_to_a_rude_server() -> None:
    rude = meet_rudeness(questions=60, faults=0.3)
    assert (rude["lost"], rude["doubled"], rude["answered"], rude["answered_more_than_once"]) == (0, 0, 60, 0)
    assert sum(rude["faults"].values()) > 5
