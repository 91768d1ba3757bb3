"""Atoms: asked, answered, screened. A recorded run flows in; figures flow out, ours beside theirs.

What our guards refuse is counted as a diagnosis would count it; our screens see the atoms with the one answer that each
has. Where a folder has their scores and vectors, their screens are repeated with our code on them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from benchmarks.recorded.chains import Figures
from benchmarks.recorded.run import Case, Recorded, Scored
from dgrc.config import MethodConfig
from dgrc.method import diagnose, judge, meaning, screen
from dgrc.method.echo import is_echo
from dgrc.method.prompts import Pack
from dgrc.method.reading import answer_forms
from dgrc.method.reading import read as read_answer
from dgrc.pipeline.counters import REFUSALS
from dgrc.pipeline.screen import by_meaning, near_duplicates, resolve

T = TypeVar("T")
PUBLISHED_IFD, PUBLISHED_COSINE, PUBLISHED_JUDGE = (0.35, 1.0), 0.85, 13
WORD_OVERLAP = 0.8
"""Of words, across the corpus: what is recommended for real text."""


@dataclass(frozen=True)
class Answered:
    """One atom as it was asked, with its answer as we read it (`answer`) and as it stands in tags (`tagged`)."""

    of: str
    question: str
    answer: str | None
    tagged: str | None


def asked(run: Recorded, pack: Pack) -> Figures:
    """Atoms asked, refused by reason and taken by our guards; all of them were taken by theirs."""
    refused, taken, total, pairs = Counter[str](), 0, 0, 0
    for case in run.cases:
        for pair in case.pairs:
            if pair.atoms:
                about = (case.text, *case.choices, case.teacher[pair.teacher], case.student[pair.student])
                kept, dropped, _ = diagnose.parse_reply(pack, json.dumps({"questions": list(pair.atoms)}), about)
                refused.update(refusal.reason for refusal in dropped)
                taken += len(kept)
                total, pairs = total + len(pair.atoms), pairs + 1
    return {
        "asked": total, "pairs": pairs, "ours": taken, "theirs": total, "difference": taken - total,
        "refused": {reason: refused[reason] for reason in REFUSALS},
    }  # fmt: skip


def answered(run: Recorded, pack: Pack) -> Figures:
    """Answers to atoms read by us and by tags, and those that are our pack's own words."""
    atoms = list(_answered(run.cases))
    counts = Counter[str]()
    for atom in atoms:
        counts["ours"] += atom.answer is not None
        counts["theirs"] += atom.tagged is not None
        counts["echo"] += atom.answer is not None and is_echo(pack, atom.answer)
    figures: Figures = {"answers": len(atoms), **{name: counts[name] for name in ("ours", "theirs", "echo")}}
    return figures | {"difference": counts["ours"] - counts["theirs"]}


def near_duplicate_figures(run: Recorded) -> Figures:
    """How many distinct atoms are left: by our words within a question and across the corpus, by vectors with our guard
    that numbers and negations must be the same, and by their screen."""
    atoms = list(_answered(run.cases))
    by_case = _by((atom.of, atom.question) for atom in atoms)
    clusters = list(near_duplicates([atom.question for atom in atoms], WORD_OVERLAP))
    figures: Figures = {
        "atoms": len(atoms), "same_words": sum(len(screen.distinct(q, 1.0)) for q in by_case.values()),
        "words_within_a_question": sum(len(screen.distinct(q, WORD_OVERLAP)) for q in by_case.values()),
        "words_across": len(atoms) - sum(len(members) - 1 for members in clusters),
    }  # fmt: skip
    vectors = _with_vectors(_in_range(run.scored))
    if vectors:
        grouped = _by((atom.of, atom) for atom in vectors)
        figures["vectors_within_a_question"] = sum(_left_by_vectors(group) for group in grouped.values())
    if run.after_duplicates is not None:
        figures["theirs"] = len(run.after_duplicates)
        ours = figures.get("vectors_within_a_question")
        figures["difference"] = ours - len(run.after_duplicates) if isinstance(ours, int) else None
    return figures


def contradictions(run: Recorded, method: MethodConfig) -> Figures:
    """Near-duplicates that answer otherwise, by our screen across the corpus; of their pairs those that mean the same
    and those where one says yes and another no. Theirs looks for none."""
    atoms = [atom for atom in _answered(run.cases) if atom.answer is not None]
    scored = _with_vectors(run.scored)
    clusters = list(near_duplicates([atom.question for atom in atoms], WORD_OVERLAP))
    found: Figures = {"theirs": 0, "words": _contradicting(clusters, atoms, method)}
    if scored:
        known = [Answered(atom.of, atom.question, read_answer(atom.reply, ())[0], None) for atom in scored]
        vectors = _unit([atom.vector for atom in scored])
        clusters = [
            [number for number in members if known[number].answer is not None]
            for members in by_meaning([atom.question for atom in known], vectors, PUBLISHED_COSINE)
        ]
        found["vectors"] = _contradicting([members for members in clusters if len(members) > 1], known, method)
    return found


def screens(run: Recorded) -> Figures:
    """Difficulty and the judge's scores as recorded: read, within the published range, and what was taught."""
    scores = [atom.judge for atom in run.scored if atom.judge is not None]
    whole = [score for score in scores if type(score) is int and 0 <= score <= judge.MOST]
    figures: Figures = {
        "scored": len(run.scored), "ifd_read": sum(1 for atom in run.scored if atom.ifd is not None),
        "ifd_in_range": len(_in_range(run.scored)), "judged": len(scores), "scores_read": len(whole),
        "scores_passing": sum(1 for score in whole if score >= PUBLISHED_JUDGE),
        "scores_at_most": sum(1 for score in whole if score == judge.MOST),
    }  # fmt: skip
    if run.taught is not None:
        figures |= {"taught": len(run.taught), "difference": sum(s >= PUBLISHED_JUDGE for s in whole) - len(run.taught)}
    return figures


def _answered(cases: Iterable[Case]) -> Iterator[Answered]:
    for case in cases:
        for pair in case.pairs:
            for question, reply in zip(pair.atoms, pair.replies, strict=True):
                said = reply or ""
                _, opened, rest = said.partition("<answer>")
                tagged = rest.partition("</answer>")[0].strip() if opened else ""
                yield Answered(case.id, question, read_answer(said, ())[0], tagged or None)


def _contradicting(clusters: Sequence[Sequence[int]], atoms: Sequence[Answered], method: MethodConfig) -> Figures:
    counts = Counter({"clusters": len(clusters)})
    for members in clusters:
        cluster = [atoms[number] for number in members]
        reasons = resolve([_row(atom) for atom in cluster], method.min_agreement)
        counts["resolved"] += screen.CONTRADICTED in reasons
        counts["dropped"] += screen.CONTRADICTION in reasons
        counts["atoms_kept"] += reasons.count(None)
        for place, one in enumerate(cluster):
            for other in cluster[:place]:
                a, b = one.answer or "", other.answer or ""
                counts["pairs"] += 1
                counts["pairs_that_mean_the_same"] += meaning.same(a, b, question=one.question)
                verdicts = {answer_forms.canonical(answer.split(",")[0], "yes_no") for answer in (a, b)}
                counts["pairs_of_yes_and_no"] += verdicts == {"yes", "no"}
    names = ("clusters", "resolved", "dropped", "atoms_kept", "pairs", "pairs_that_mean_the_same")
    figures: Figures = {name: counts[name] for name in (*names, "pairs_of_yes_and_no")}
    return figures | {"difference": counts["resolved"] + counts["dropped"]}


def _row(atom: Answered) -> dict[str, object]:
    return {"question": atom.question, "answer": atom.answer, "answers": [atom.answer], "agreement": 1.0}


def _in_range(scored: Iterable[Scored]) -> list[Scored]:
    low, high = PUBLISHED_IFD
    return [atom for atom in scored if atom.ifd is not None and low <= atom.ifd <= high]


def _with_vectors(scored: Iterable[Scored]) -> list[Scored]:
    """The atoms that have a vector, if all vectors are of one width."""
    found = [atom for atom in scored if any(atom.vector)]
    return found if len({len(atom.vector) for atom in found}) == 1 else []


def _left_by_vectors(group: Sequence[Scored]) -> int:
    clusters = by_meaning([atom.question for atom in group], _unit([a.vector for a in group]), PUBLISHED_COSINE)
    return len(group) - sum(len(members) - 1 for members in clusters)


def _unit(vectors: Sequence[Sequence[float]]) -> np.ndarray:
    found = np.asarray(vectors, dtype=np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _by(items: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for key, item in items:
        found[key].append(item)
    return dict(found)
