import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.engines.api.rate_limit import Estimate, Pace, Window, backoff


@given(st.integers(1, 600), st.lists(st.floats(0, 20), min_size=1, max_size=200), st.floats(1, 1e6))
def test_no_minute_has_more_than_its_share(rate: int, gaps: list[float], start: float) -> None:
    """Whatever the pauses between the wishes, and wherever a minute begins."""
    pace, now, sent = Pace(rate), start, []
    for gap in gaps:
        now += gap
        delay = pace.delay(now)
        pace.take(1, now)
        sent.append(now + delay)
    assert all(sum(begin <= t < begin + 60 for t in sent) <= rate for begin in sent)


def test_an_unlimited_pace_never_waits() -> None:
    pace = Pace(None)
    pace.take(10**9, 0.0)
    assert pace.delay(0.0) == 0


def test_what_was_taken_too_much_is_given_back() -> None:
    pace = Pace(60)
    pace.take(30, 100.0)
    assert pace.delay(100.0) == pytest.approx(30 / 0.98)
    pace.correct(-20)
    assert pace.delay(100.0) == pytest.approx(10 / 0.98)
    pace.hold(200.0)
    assert pace.delay(100.0) == 100


def test_a_window_halves_once_for_what_was_under_way_together_and_grows_again() -> None:
    window = Window(64)
    assert window.size == 32
    for now in (10.0, 10.1, 10.2):
        window.shrink(now)
    assert window.size == 16
    window.shrink(12.0)
    assert window.size == 8
    for _ in range(8):
        window.grow()
    assert window.size == 8, "not yet a whole windowful more"
    window.grow()
    assert window.size == 9
    for _ in range(10_000):
        window.grow()
    assert window.size == 64
    for now in range(100, 120, 2):
        window.shrink(float(now))
    assert window.size == 1, "one request always gets through"


def test_of_those_who_wait_the_smallest_priority_enters_first() -> None:
    async def run() -> list[int]:
        window, entered = Window(1), []

        async def go(priority: int) -> None:
            await window.enter(priority)
            entered.append(priority)
            await asyncio.sleep(0.01)
            window.leave()

        await asyncio.gather(*(go(p) for p in (5, 3, 4, 1, 2)))
        assert window.reached == 1
        return entered

    assert asyncio.run(run()) == [5, 1, 2, 3, 4], "the first found the window empty"


def test_an_estimate_learns_what_requests_take() -> None:
    estimate = Estimate()
    assert estimate.tokens(100, 2, most=50) == 130
    for _ in range(5):
        estimate.learn(100, 2, prompt_tokens=25, completion_tokens=20)
    assert estimate.tokens(200, 3, most=50) == 50 + 30
    assert estimate.tokens(200, 3, most=5) == 50 + 15


def test_back_off_doubles_up_to_a_bound_and_is_jittered() -> None:
    for attempt, full in ((0, 0.5), (3, 4.0), (50, 30.0)):
        waits = {backoff(attempt) for _ in range(50)}
        assert len(waits) > 40 and full / 2 <= min(waits) and max(waits) <= full
