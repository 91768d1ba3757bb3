"""The point `cases`: a run and its truth flow in; three questions told whole flow out, picked by rule.

The best: a chain passed and is right, where the student's own first answer is wrong; of these the one with most kept
atoms. The one that went wrong: a chain passed whose answer is wrong; if there is none, a right chain was rejected. The
typical one: of the commonest kind of outcome, the one in the middle of its ids.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from benchmarks.real.bench import Bench
from dgrc.evaluation.score import is_right
from dgrc.method.screen import atom_id
from dgrc.proving.natural.problem import Problem
from dgrc.records import Case, VerifiedCase, content_id
from dgrc.storage.arrow import from_row
from dgrc.storage.run_dir import RunDir

LONGEST = 4000
"""Characters of a text: replies are bounded by their tokens, so that hardly one is cut; one that is says so."""
BEST, TYPICAL, WRONG = "best", "typical", "went_wrong"


@dataclass(frozen=True)
class Told:
    """A question of the run: its kind of outcome, whether the student's first answer is right, kept atoms, the tale."""

    id: int
    outcome: str
    student_right: bool
    kept: int
    tale: dict[str, Any]


def cases(bench: Bench) -> dict[str, Any]:
    """The three."""
    bench.points.need("curate")
    told = tell(bench.run, list(bench.problems().values()))
    return {"rule": " ".join((__doc__ or "").split("\n\n")[1].split()), "cases": pick(told)}


def pick(told: Sequence[Told]) -> dict[str, Any]:
    """The best, the typical one, and the one that went wrong; those that there are, none of them twice."""
    order = sorted(told, key=lambda one: one.id)
    right = [one for one in order if one.outcome == "passed right"]
    best = max(right, key=lambda one: (not one.student_right, one.kept), default=None)
    wrong = next((one for kind in ("passed wrong", "rejected right") for one in order if one.outcome == kind), None)
    rest = [one for one in order if one not in (best, wrong)]
    commonest = Counter(one.outcome for one in rest).most_common(1)
    same = [one for one in rest if commonest and one.outcome == commonest[0][0]]
    typical = same[len(same) // 2] if same else None
    chosen = {BEST: best, TYPICAL: typical, WRONG: wrong}
    return {name: {"outcome": one.outcome, **one.tale} for name, one in chosen.items() if one is not None}


def tell(run: RunDir, problems: Sequence[Problem]) -> list[Told]:
    """Every question of the run whose truth is known."""
    truth = {content_id(problem.text, ()): problem for problem in problems}
    verified = {case.id: case for case in _read(run, "verdicts", VerifiedCase)}
    atoms = {row["id"]: row for row in pq.ParquetDataset(run.dataset("atoms")).read().to_pylist()}
    return [
        _told(case, verified[case.id], atoms, truth[case.id])
        for case in _read(run, "cases", Case)
        if case.id in truth and case.id in verified
    ]


def _read(run: RunDir, dataset: str, kind: type) -> list[Any]:
    return [from_row(kind, row) for row in pq.ParquetDataset(run.dataset(dataset)).read().to_pylist()]


def _told(case: Case, verified: VerifiedCase, atoms: dict[int, dict[str, Any]], problem: Problem) -> Told:
    right = [_right(chain.answer, problem) for chain in verified.teacher]
    verdicts = [
        {"chain": v.chain, "passed": v.consistent, "reason": v.reason, "facts": len(v.facts),
         "contradicted_by": len(v.contradicted_by)}
        for v in verified.verdicts
    ]  # fmt: skip
    passed = [right[v.chain] for v in verified.verdicts if v.consistent]
    rejected = [right[v.chain] for v in verified.verdicts if v.consistent is False]
    asked = dict.fromkeys(atom for diagnosis in case.diagnoses for atom in diagnosis.atoms)
    known = [atoms[id_] for id_ in dict.fromkeys(atom_id(atom) for atom in asked) if id_ in atoms]
    tale = {
        "question": problem.text,
        "truth": problem.answer,
        "template": problem.template,
        "steps": [{"question": step.question, "answer": step.answer} for step in problem.steps],
        "status": case.status,
        "teacher": [_chain(c.text, c.answer, good) for c, good in zip(verified.teacher, right, strict=True)],
        "student": [_chain(c.text, c.answer, _right(c.answer, problem)) for c in case.student],
        "atoms": [
            {key: row[key] for key in ("question", "answer", "agreement", "kept", "dropped_because")} for row in known
        ],
        "verdicts": verdicts,
    }
    student_right = bool(case.student) and _right(case.student[0].answer, problem)
    kept = sum(row["kept"] for row in known)
    return Told(case.id, outcome(case.status, passed, rejected), student_right, kept, tale)


def outcome(status: str, passed: Sequence[bool], rejected: Sequence[bool]) -> str:
    """What became of a question, in two or three words; the worst that its verdicts did comes first."""
    if passed:
        return "passed wrong" if not all(passed) else "passed right"
    if rejected:
        return "rejected right" if any(rejected) else "rejected wrong"
    return f"{status}, no verdict"


def _right(answer: str | None, problem: Problem) -> bool:
    return is_right(answer, problem.answer, (), question=problem.text)


def _chain(text: str, answer: str | None, right: bool) -> dict[str, Any]:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]} [cut here, {len(text):,} characters]"
    return {"text": cut, "answer": answer, "right": right}
