"""Items by hand: chains, atoms and verdicts of questions that are numbered."""

from collections.abc import Sequence

from dgrc.evaluation.truth.items import AgreeingItem, AskedItem, AtomItem, ChainItem, ChainTruth, Items, VerdictItem

RIGHT, WRONG = ChainTruth(True, 3, 0), ChainTruth(False, 3, 2)
BY_LUCK = ChainTruth(True, 3, 1)
"""A right answer after a wrong step."""


def chain(question: int, truth: ChainTruth = RIGHT, role: str = "teacher", read: bool = True) -> ChainItem:
    return ChainItem(question, role, read, True, truth)


def atom(question: int, right: bool | None, kept: bool = True, answer: str | None = "5 mg") -> AtomItem:
    return AtomItem((question,), f"atom of {question}", answer, kept, right, None if right is None else "5 mg")


def verdict(question: int, passed: bool | None, truth: ChainTruth = RIGHT) -> VerdictItem:
    return VerdictItem(question, passed, None, truth)


def items(
    chains: Sequence[ChainItem] = (),
    atoms: Sequence[AtomItem] = (),
    asked: Sequence[AskedItem] = (),
    verdicts: Sequence[VerdictItem] = (),
    agreeing: Sequence[AgreeingItem] = (),
) -> Items:
    return Items(tuple(chains), tuple(atoms), tuple(asked), tuple(verdicts), tuple(agreeing))
