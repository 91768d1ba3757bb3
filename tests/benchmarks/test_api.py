"""The benchmark of APIs, made short: it holds a rate and tells what a rude server did."""

import pytest

from benchmarks.api.__main__ import hold_limit, meet_rudeness

pytestmark = pytest.mark.usefixtures("ray_here")


def test_a_limit_is_held_and_used() -> None:
    held = hold_limit(limit=600, seconds=6)
    # The server counts what is over the limit. The share is of answers, some sixty, of which the first may come late.
    assert held["over_limit"] == 0 and 0.85 < held["share_of_limit"] < 1 + 2 / 60
    assert held["answered"] >= held["answered_in_time"] >= 40 and held["connections"] >= 2


def test_nothing_is_lost_to_a_rude_server() -> None:
    rude = meet_rudeness(questions=60, faults=0.3)
    assert (rude["lost"], rude["doubled"], rude["answered"], rude["answered_more_than_once"]) == (0, 0, 60, 0)
    assert sum(rude["faults"].values()) > 5
