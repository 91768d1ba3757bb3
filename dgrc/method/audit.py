"""Auditing questions on which student and teacher agree. Verified cases flow in, an estimate of shared errors out.

What both models get wrong alike never diverges. So a third model answers a sampled share of the agreeing questions;
where its majority parts from theirs the divergence is diagnosed as any other, and facts decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from dgrc.method import compare
from dgrc.method.interval import wilson_at
from dgrc.records import Chain, VerifiedCase, hash64


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

    A disputed answer is confirmed if a chain that leads to it passes, be it the teacher's or another model's, and
    refuted if facts speak against the teacher's chains but not against one of the auditor's that leads elsewhere. Where
    all are contradicted, or both sides pass, it may be right or wrong: a wrong step can lead to a right answer.
    """
    if case.audit != DISPUTED:
        return case.audit
    said = [verdict.consistent for verdict in case.verdicts]
    supported = True in said or any(verdict.consistent for verdict in case.supporting)
    opposed = False in said and any(verdict.consistent for verdict in case.opposing)
    if supported == opposed:
        return "undecided"
    return "confirmed" if supported else "refuted"


def estimate(outcomes: Sequence[str | None]) -> Audit:
    """The share of wrong answers among agreeing questions, from the outcome of each (None: not audited).

    Refuted answers count as wrong and undecided ones as half a wrong one. The share is known only to lie between two
    bounds, all undecided ones right or all wrong, so its interval is that of Imbens and Manski (Econometrica 72, 2004):
    from Wilson's lower limit of the one to his upper limit of the other.
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
    least, most = refuted / n, (refuted + undecided) / n
    error = max((share * (1 - share) / n) ** 0.5 for share in (least, most))
    z = _critical((most - least) / error if error else 0.0)
    return wilson_at(least, n, z)[0], wilson_at(most, n, z)[1]


def _critical(apart: float) -> float:
    """How many standard errors to go beyond bounds that are `apart` standard errors from each other.

    The share can be at one end only, so the further apart they are the less does the other end's tail count: from 1.960
    where they coincide (two tails) to 1.645 (one).
    """
    normal = NormalDist()
    low, high = normal.inv_cdf(0.95), normal.inv_cdf(0.975)
    for _ in range(40):
        middle = (low + high) / 2
        if normal.cdf(middle + apart) - normal.cdf(-middle) < 0.95:
            low = middle
        else:
            high = middle
    return high
