"""Auditing questions on which student and teacher agree. Verified cases flow in, an estimate of shared errors out.

What both models get wrong alike never diverges. So a third model answers a sampled share of the agreeing questions;
where its majority parts from theirs the divergence is diagnosed as any other, and facts decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.method import compare
from dgrc.records import Chain, VerifiedCase, hash64

Z_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Audit:
    """What an audit found, over all agreeing questions.

    Attributes:
        agreeing: Agreeing questions of the corpus.
        audited: Those that the third model answered.
        disputed: Audited ones on which its majority answer is another.
        refuted: Disputed ones whose agreed answer the facts speak against.
        undecided: Disputed ones on which the facts gave no verdict.
        rate: Estimated share of agreeing questions whose agreed answer is wrong.
        low: Lower end of the rate's 95 % interval.
        high: Upper end.
    """

    agreeing: int
    audited: int
    disputed: int
    refuted: int
    undecided: int
    rate: float
    low: float
    high: float


AGREED, DISPUTED = "agreed", "disputed"


def is_sampled(question_id: int, share: float) -> bool:
    """Whether an agreeing question goes to the auditor: a draw by its id, the same in every run."""
    return (hash64("audit", str(question_id)) % 10**6) / 10**6 < share


def finding(teacher: Sequence[Chain], auditor: Sequence[Chain]) -> str | None:
    """`agreed` or `disputed`, by the majority answers; None if the question was not audited or cannot be compared."""
    same = compare.same_answer(compare.majority_answer(teacher), compare.majority_answer(auditor))
    return None if same is None else AGREED if same else DISPUTED


def outcome(case: VerifiedCase) -> str | None:
    """What became of an audited question: `agreed`, `confirmed`, `refuted` or `undecided`.

    A disputed answer is confirmed if one of its chains passes, and refuted if facts speak against its chains but not
    against the auditor's. Where both are contradicted the answer may still be right, for a wrong step can lead to it.
    """
    if case.audit != DISPUTED:
        return case.audit
    said = [verdict.consistent for verdict in case.verdicts]
    if True in said:
        return "confirmed"
    other = case.auditor_verdict.consistent if case.auditor_verdict is not None else None
    return "refuted" if False in said and other else "undecided"


def estimate(outcomes: Sequence[str | None]) -> Audit:
    """The share of wrong answers among agreeing questions, from the outcome of each (None: not audited).

    Refuted answers count as wrong and undecided ones as half a wrong one. The interval is Wilson's, widened to hold
    all undecided ones either way.
    """
    audited = [said for said in outcomes if said is not None]
    n, population = len(audited), len(outcomes)
    refuted, undecided = audited.count("refuted"), audited.count("undecided")
    disputed = n - audited.count(AGREED)
    if not n:
        return Audit(population, 0, 0, 0, 0, 0.0, 0.0, 1.0)
    rate = (refuted + undecided / 2) / n
    return Audit(population, n, disputed, refuted, undecided, rate, *_interval(refuted, undecided, n))


def _interval(refuted: int, undecided: int, n: int) -> tuple[float, float]:
    low, _ = _wilson(refuted / n, n)
    _, high = _wilson((refuted + undecided) / n, n)
    return low, high


def _wilson(share: float, n: int) -> tuple[float, float]:
    center = share + Z_95**2 / (2 * n)
    half = Z_95 * (share * (1 - share) / n + Z_95**2 / (4 * n * n)) ** 0.5
    return max((center - half) / (1 + Z_95**2 / n), 0.0), min((center + half) / (1 + Z_95**2 / n), 1.0)
