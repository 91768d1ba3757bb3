"""The audit: what is sampled, what becomes of a disputed question, and what the estimate says."""

import dataclasses

import pytest

from dgrc.method import audit
from dgrc.records import Verdict
from tests.method.builders import chains, verified


def case(audit_finding: str | None, verdicts: list[bool | None], auditor: bool | None) -> str | None:
    row = verified(chains("A", "A"), verdicts, "agreeing")
    said = None if audit_finding != "disputed" else Verdict(0, auditor, (), (), None)
    return audit.outcome(dataclasses.replace(row, audit=audit_finding, auditor_verdict=said))


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
    ("verdicts", "auditor", "outcome"),
    [
        ([True, True], False, "confirmed"),
        ([True, False], True, "confirmed"),
        ([False, False], True, "refuted"),
        ([False, None], True, "refuted"),
        ([False, False], False, "undecided"),
        ([False, False], None, "undecided"),
        ([None, None], True, "undecided"),
        ([], None, "undecided"),
    ],
)
def test_a_disputed_answer_falls_if_facts_speak_against_it_and_for_the_auditor(
    verdicts: list[bool | None], auditor: bool | None, outcome: str
) -> None:
    assert case("disputed", verdicts, auditor) == outcome


def test_what_was_not_disputed_keeps_its_finding() -> None:
    assert case("agreed", [], None) == "agreed"
    assert case(None, [], None) is None


def test_the_estimate_counts_undecided_ones_both_ways() -> None:
    found = audit.estimate(["agreed"] * 190 + ["confirmed"] * 2 + ["refuted"] * 6 + ["undecided"] * 2 + [None] * 100)
    assert (found.agreeing, found.audited, found.disputed, found.refuted, found.undecided) == (300, 200, 10, 6, 2)
    assert found.rate == pytest.approx(7 / 200)
    # Wilson's intervals of 6/200 and 8/200 at 95 %: (0.0138, 0.0639) and (0.0204, 0.0769).
    assert (found.low, found.high) == (pytest.approx(0.0138, abs=1e-4), pytest.approx(0.0769, abs=1e-4))


def test_without_an_audit_nothing_is_known() -> None:
    found = audit.estimate([None] * 5)
    assert (found.audited, found.low, found.high) == (0, 0.0, 1.0)
