"""The audit: what is sampled, what becomes of a disputed question, and what the estimate says."""

import dataclasses
import random
from collections.abc import Sequence

import pytest

from dgrc.method import audit
from dgrc.records import Verdict
from tests.method.builders import chains, verified


def case(
    finding: str | None,
    verdicts: list[bool | None],
    opposing: Sequence[bool | None],
    supporting: Sequence[bool | None] = (),
) -> str | None:
    row = verified(chains("A", "A"), verdicts, "agreeing")

    def others(side: Sequence[bool | None]) -> tuple[Verdict, ...]:
        return tuple(Verdict(n, consistent, (), (), None) for n, consistent in enumerate(side))

    row = dataclasses.replace(row, audit=finding, supporting=others(supporting), opposing=others(opposing))
    return audit.outcome(row)


def test_about_the_share_asked_for_is_sampled_and_always_the_same() -> None:
    sampled = [id_ for id_ in range(4000) if audit.is_sampled(id_, 0.2)]
    assert 700 < len(sampled) < 900
    assert sampled == [id_ for id_ in range(4000) if audit.is_sampled(id_, 0.2)]
    assert set(sampled) < {id_ for id_ in range(4000) if audit.is_sampled(id_, 0.5)}
    assert not any(audit.is_sampled(id_, 0.0) for id_ in range(100))
    assert all(audit.is_sampled(id_, 1.0) for id_ in range(100))


def test_the_majorities_decide_whether_a_question_is_disputed() -> None:
    assert audit.finding(chains("A", "A"), chains("A", "B", "A")) == "agreed"
    assert audit.finding(chains("A", "A"), chains("B", "B", "A")) == "disputed"
    assert audit.finding(chains("A"), chains(None)) is None


@pytest.mark.parametrize(
    ("verdicts", "supporting", "opposing", "outcome"),
    [
        ([True, True], [], [], "confirmed"),
        ([True, False], [], [], "confirmed"),
        ([False, False], [], [True], "refuted"),
        ([False, None], [False], [False, True], "refuted"),
        ([False, False], [False, True], [False], "confirmed"),
        ([None, None], [True], [], "confirmed"),
        ([False, False], [True], [True], "undecided"),
        ([False, False], [False], [False], "undecided"),
        ([False, False], [], [None], "undecided"),
        ([None, None], [], [True], "undecided"),
        ([], [], [], "undecided"),
    ],
)
def test_a_disputed_answer_falls_if_facts_speak_against_it_and_for_the_auditor(
    verdicts: list[bool | None], supporting: list[bool | None], opposing: list[bool | None], outcome: str
) -> None:
    assert case("disputed", verdicts, opposing, supporting) == outcome


def test_what_was_not_disputed_keeps_its_finding() -> None:
    assert case("agreed", [], []) == "agreed"
    assert case(None, [], []) is None


def test_the_estimate_counts_undecided_ones_both_ways() -> None:
    found = audit.estimate(["agreed"] * 190 + ["confirmed"] * 2 + ["refuted"] * 6 + ["undecided"] * 2 + [None] * 100)
    assert (found.agreeing, found.audited, found.disputed, found.refuted, found.undecided) == (300, 200, 10, 6, 2)
    assert found.rate == pytest.approx(7 / 200)
    # Between Wilson's limits of 6/200 and 8/200 by two tails, 0.0138 and 0.0769, and by one, 0.0157 and 0.0697.
    assert 0.0138 < found.low < 0.0157 and 0.0697 < found.high < 0.0769


def test_where_all_is_decided_the_interval_is_wilsons() -> None:
    found = audit.estimate(["agreed"] * 194 + ["refuted"] * 6)
    assert (found.low, found.high) == (pytest.approx(0.0138, abs=1e-4), pytest.approx(0.0639, abs=1e-4))


@pytest.mark.parametrize("share_wrong", [0.0, 0.5, 1.0])
def test_the_interval_holds_the_truth_wherever_the_undecided_ones_lie(share_wrong: float) -> None:
    """Drawn anew 2,000 times: 3 % refuted, 2 % undecided, of which some share is wrong."""
    draw, held = random.Random(7), 0
    for _ in range(2000):
        said = draw.choices(["agreed", "refuted", "undecided"], [0.95, 0.03, 0.02], k=300)
        found = audit.estimate(said)
        held += found.low <= 0.03 + 0.02 * share_wrong <= found.high
    assert held >= 0.94 * 2000


def test_without_an_audit_nothing_is_known() -> None:
    found = audit.estimate([None] * 5)
    assert (found.audited, found.low, found.high) == (0, 0.0, 1.0)
