"""Where student and teacher part. Chains with final answers flow in; a status and index pairs flow out.

Divergence is the method's only signal, so which answers are the same is decided once, for all steps: those that mean
the same (`meaning`, or a grader's word) are given one wording, and then two answers are the same if they have the same
canonical text. A chain without an answer never diverges.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from dgrc.method.reading import answer_forms
from dgrc.records import Chain, Divergence


def same_answer(a: str | None, b: str | None) -> bool | None:
    """Whether two answers are the same; None if either is missing, for then nothing can be said."""
    if a is None or b is None:
        return None
    return _text(a) == _text(b)


def _text(answer: str) -> str:
    """What is compared: normalized text, with measures spelled out that case tells apart (5 mW, 5 MW)."""
    return answer_forms.canonical(answer, "auto") or ""


def wordings(chains: Sequence[Chain]) -> list[str]:
    """The distinct answers, in order of appearance."""
    return list(dict.fromkeys(chain.answer for chain in chains if chain.answer is not None))


def unify(chains: Sequence[Chain], groups: Sequence[Sequence[str]]) -> tuple[Chain, ...]:
    """The chains with one wording for each group of answers, its first, so that all later steps see them as equal."""
    first = {answer: members[0] for members in groups for answer in members}
    return tuple(
        chain if chain.answer is None else dataclasses.replace(chain, answer=first.get(chain.answer, chain.answer))
        for chain in chains
    )


def status(teacher: Sequence[Chain], student: Sequence[Chain]) -> str:
    """`divergent` if any teacher and student answer differ, `agreeing` if some compare and none differ,
    `unparsed` if no two answers could be compared."""
    ours, theirs = _answers(teacher), _answers(student)
    if not ours or not theirs:
        return "unparsed"
    return "divergent" if len({*ours, *theirs}) > 1 else "agreeing"


def majority_answer(chains: Sequence[Chain]) -> str | None:
    """The most frequent answer, as first written; ties go to the answer seen first; None if none parsed."""
    first = next(iter(_answers(chains).values()), None)
    return None if first is None else chains[first].answer


def diverging_pairs(teacher: Sequence[Chain], student: Sequence[Chain], mode: str, limit: int) -> list[Divergence]:
    """The pairs of chains to diagnose, at most `limit`, the same for the same chains.

    `per_answer`: every student answer that differs from a teacher answer is paired once, and every teacher
    answer that a student contradicts is paired at least once; both most frequent first, taken in turn, so that
    a small limit still covers both sides. `all`: every differing pair. `majority`: the two majority answers.
    """
    if mode == "all":
        pairs = [
            Divergence(t, s)
            for t, teacher_chain in enumerate(teacher)
            for s, student_chain in enumerate(student)
            if same_answer(teacher_chain.answer, student_chain.answer) is False
        ]
    elif mode == "majority":
        ours, theirs = list(_answers(teacher).items())[:1], list(_answers(student).items())[:1]
        pairs = [Divergence(t, s) for said, t in ours for other, s in theirs if said != other]
    elif mode == "per_answer":
        pairs = _one_per_answer(_answers(teacher), _answers(student))
    else:
        raise ValueError(f"The pair mode `{mode}` is unknown; use per_answer, all or majority.")
    return pairs[: max(limit, 0)]


def _one_per_answer(ours: dict[str, int], theirs: dict[str, int]) -> list[Divergence]:
    by_student = [Divergence(_opposed(said, ours), s) for said, s in theirs.items() if {*ours} - {said}]
    covered = {pair.teacher for pair in by_student}
    by_teacher = [
        Divergence(t, _opposed(said, theirs)) for said, t in ours.items() if {*theirs} - {said} and t not in covered
    ]
    turns = max(len(by_student), len(by_teacher))
    return [pair for turn in range(turns) for pair in (*by_student[turn : turn + 1], *by_teacher[turn : turn + 1])]


def _opposed(said: str, answers: dict[str, int]) -> int:
    """The chain of the most frequent answer other than `said` (there is one)."""
    return next(index for answer, index in answers.items() if answer != said)


def _answers(chains: Sequence[Chain]) -> dict[str, int]:
    """Normalized answers, most frequent first, ties in order of appearance, each with its first chain's index."""
    said = [None if chain.answer is None else _text(chain.answer) for chain in chains]
    counts = Counter(answer for answer in said if answer is not None)
    return {answer: said.index(answer) for answer, _ in counts.most_common()}  # most_common() is stable
