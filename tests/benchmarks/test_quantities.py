"""The comparison of parsers made short: both are there, and what is slower is seen to be."""

import time

from benchmarks.quantities import __main__ as quantities


def test_the_earlier_parser_is_the_one_of_its_commit() -> None:
    before = quantities.earlier_parser(quantities.BEFORE)
    found = before("120/80")
    assert getattr(found, "value") == 1.5, "what was wrong then"  # noqa: B009 - a module that no type checker sees
    assert before("the court") is None


def test_the_slower_of_two_takes_longer() -> None:
    now, then = quantities.side_by_side(lambda said: None, lambda said: time.sleep(0.001), ["a", "b"], 2)
    assert len(now) == len(then) == 2 and all(a < 1000 <= b for a, b in zip(now, then, strict=True))
