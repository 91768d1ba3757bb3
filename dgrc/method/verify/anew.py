"""A verdict without facts that a person found wrong. A verdict and the ids of these atoms flow in; what can be said of
the chain without asking a model flows out.

Something can be said where a fact that was not found wrong contradicts the chain too, where no fact is left, where code
compared the chain with each fact that is left (`extract`), or where the verifier was shown all facts and found the
chain consistent: then it is so with those that are left. A chain that was read off may have passed because it says what
the wrong fact says. Verdicts of earlier versions have no checks, only the facts that contradict.
"""

import dataclasses
from collections.abc import Collection

from dgrc.method.verify import COMPARISON, UNCHECKED, settled
from dgrc.records import Verdict

UNDECIDED = "a fact that it was held against was found wrong, and only a verifier could judge it anew"
"""Why a chain has no verdict any more."""


def anew(verdict: Verdict, wrong: Collection[int], corrected: Collection[int], read_off: bool) -> Verdict:
    """The verdict without these facts.

    Args:
        verdict: As it was.
        wrong: Atoms that are wrong, and nobody said what is right.
        corrected: Atoms that have another answer now, which no chain was held against.
        read_off: Whether chains are read off before they are judged (`extract`).
    """
    left = tuple(fact for fact in verdict.facts if fact not in wrong and fact not in corrected)
    against = tuple(fact for fact in verdict.contradicted_by if fact in left)
    checks = tuple(check for check in verdict.checks if check.fact in left)
    if len(left) == len(verdict.facts):
        return verdict
    if against or verdict.consistent is None:
        return dataclasses.replace(verdict, facts=left, contradicted_by=against, checks=checks)
    if any(fact in corrected for fact in verdict.facts):
        return Verdict(verdict.chain, None, left, (), UNDECIDED, checks)
    if not left:
        return Verdict(verdict.chain, None, (), (), UNCHECKED)
    if {check.fact for check in checks if check.by == COMPARISON} == {*left}:
        return settled(verdict.chain, left, checks)
    if verdict.consistent and not read_off:
        return dataclasses.replace(verdict, facts=left, checks=checks)
    return Verdict(verdict.chain, None, left, (), UNDECIDED, checks)
