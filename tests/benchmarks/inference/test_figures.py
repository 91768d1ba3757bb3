"""The arithmetic of `benchmarks.inference --real`, held against cases worked out by hand."""

import pytest

from benchmarks.inference.real.figures import Sent, alike, cost, enough, prefix_could, ratio_of, shares, tail


def test_a_ratio_is_of_pairs_and_has_students_interval() -> None:
    # Ratios 0.9, 1.0 and 1.1: mean 1, deviation 0.1, 4.303 * 0.1 / sqrt(3) = 0.2484
    assert ratio_of([9, 20, 33], [10, 20, 30]) == {"ratio": 1.0, "low": 0.7516, "high": 1.2484, "turns": 3}


def test_turns_end_once_the_interval_is_narrow_but_not_before_five_and_not_after_twelve() -> None:
    same = [1.0] * 12
    assert not enough(same[:4], same[:4])
    assert enough(same[:5], same[:5])
    apart = [0.8, 1.2] * 6
    assert not enough(apart[:11], same[:11])
    assert enough(apart, same)


def test_the_cache_could_give_whole_blocks_of_any_earlier_prompt() -> None:
    first, second = [1, 2, 3, 4, 5, 6], [1, 2, 3, 9, 9, 9, 9]
    sent = [Sent("a", first), Sent("b", [7, 7]), Sent("a", second), Sent("b", [1, 2, 3, 4, 8])]
    # blocks of 2: `second` shares three tokens, one block, with `first`; the last two blocks with it, of another step
    assert prefix_could(sent, 2) == {"a": {"tokens": 13, "could": 2}, "b": {"tokens": 7, "could": 4}}


def test_further_samples_find_their_own_prompt_but_for_its_last_token() -> None:
    assert prefix_could([Sent("a", [1, 2, 3, 4], n=3)], 2) == {"a": {"tokens": 12, "could": 4}}
    assert prefix_could([Sent("a", [1, 2, 3, 4, 5], n=3)], 2) == {"a": {"tokens": 15, "could": 8}}
    again = [Sent("a", [1, 2, 3, 4]), Sent("a", [1, 2, 3, 4])]
    assert prefix_could(again, 2) == {"a": {"tokens": 8, "could": 2}}


def test_a_block_is_known_by_all_that_stands_before_it() -> None:
    assert prefix_could([Sent("a", [1, 1, 5, 5]), Sent("a", [2, 2, 5, 5, 0])], 2)["a"]["could"] == 0


def test_shares_are_of_tokens_looked_for() -> None:
    counted = {"a": {"tokens": 100, "could": 50}, "b": {"tokens": 10, "could": 0}}
    assert shares(counted, {"a": (45, 100), "b": (0, 10)}) == {
        "a": {"got": 0.45, "could": 0.5, "of": 0.9, "tokens": 100},
        "b": {"got": 0.0, "could": 0.0, "of": 1.0, "tokens": 10},
    }


def test_the_cost_of_a_request_is_the_slope_and_what_is_left_is_of_the_second() -> None:
    # 2 ms a request, 30 ms a second beside 50 ms of an idle session
    assert cost((5, 0.09), (40, 0.16), 0.05) == {"a_request": 2.0, "a_second": 30.0}


def test_the_tail_is_where_less_than_half_runs() -> None:
    looks = [(0.0, 0), (1.0, 2), (2.0, 8), (3.0, 8), (6.0, 3), (8.0, 8), (9.0, 1), (10.0, 0)]
    found = tail(looks, 8, 1.0, 10.0)
    assert found == {"share": round(4 / 9, 4), "drain": round(1 / 9, 4), "mean": round((2 + 32 + 6 + 8 + 1) / 9, 1)}
    assert tail(looks[:2], 8, 1.0, 3.0) == {"share": 1.0, "drain": 1.0, "mean": 2.0}
    assert tail([], 8, 1.0, 3.0) == {"share": 0.0, "drain": 0.0, "mean": 0.0}


def test_replies_that_are_the_same() -> None:
    assert alike([[1, 2], [3], [4]], [[1, 2], [3], [5]]) == pytest.approx(0.6667)
