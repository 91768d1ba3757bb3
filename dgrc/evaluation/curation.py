"""How good the curation was, where truth is known: the proving world's tables, read after the fact.

Nothing here feeds back into curation or training. Chains and atoms are scored as they were written.
"""

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dgrc.method import audit
from dgrc.method.compare import majority_answer
from dgrc.method.screen import atom_id
from dgrc.proving.language import read_atom, read_steps
from dgrc.proving.world import World
from dgrc.records import VerifiedCase
from dgrc.storage.arrow import from_row
from dgrc.storage.run_dir import RunDir


def score_curation(run: RunDir, world: World) -> dict[str, float]:
    """Shares of right atoms and kept chains, and the verifier's precision and recall.

    Precision: of the chains the verifier passed, those right in every step. Recall: of the checked chains
    that are right in every step, those it passed.
    """
    atoms = [a for a in _rows(run.dataset("atoms"), ["question", "answer", "kept"]) if a["kept"]]
    right_atoms = [world.is_atom_right(a["question"], a["answer"]) for a in atoms]
    passed: list[tuple[bool, bool]] = []
    checked_right: list[bool] = []
    for row in _rows(run.dataset("verdicts"), ["text", "teacher", "verdicts"]):
        for verdict in row["verdicts"]:
            chain = row["teacher"][verdict["chain"]]
            fully = world.chain_fully_right(row["text"], chain["text"])
            if verdict["consistent"]:
                passed.append((world.is_answer_right(row["text"], chain["answer"]), fully))
            if fully and verdict["consistent"] is not None:
                checked_right.append(verdict["consistent"])
    return {
        "atoms_correct": _share(right_atoms),
        "kept_chains_correct": _share([answer for answer, _ in passed]),
        "kept_chains_fully_correct": _share([fully for _, fully in passed]),
        "verifier_precision": _share([fully for _, fully in passed]),
        "verifier_recall": _share(checked_right),
    }


def score_diagnoses(run: RunDir, world: World) -> dict[str, float]:
    """Whether the teacher can tell where chains part even where its own is the wrong one.

    `on_target`: of the atoms asked, those about facts that the two chains state differently, or one leaves out.
    `atoms_right`: of the kept atoms asked, those answered right. Both by whether the teacher's chain answers right.
    """
    answers = {row["id"]: row for row in _rows(run.dataset("atoms"), ["id", "question", "answer", "kept"])}
    on_target: dict[bool, list[bool]] = {True: [], False: []}
    right: dict[bool, list[bool]] = {True: [], False: []}
    for case in _rows(run.dataset("cases"), ["text", "teacher", "student", "auditor", "diagnoses"]):
        for diagnosis in case["diagnoses"]:
            ours = case["teacher"][diagnosis["teacher"]]
            one, two = read_steps(ours["text"]), read_steps(case[diagnosis["against"]][diagnosis["other"]]["text"])
            good = world.is_answer_right(case["text"], ours["answer"])
            for asked in diagnosis["atoms"]:
                fact = read_atom(asked)
                on_target[good].append(fact is not None and one.get(fact) != two.get(fact))
                atom = answers.get(atom_id(asked))
                if atom is not None and atom["kept"]:
                    right[good].append(world.is_atom_right(asked, atom["answer"]))
    return {
        f"{what}_teacher_{'right' if good else 'wrong'}": _share(values[good])
        for what, values in (("on_target", on_target), ("atoms_right", right))
        for good in (True, False)
    }


def score_agreeing(run: RunDir, world: World) -> dict[str, Any]:
    """Agreeing questions of a run that audited them all and checked their chains against the corpus: what was found
    against what is true. Shares of wrong answers are of the questions named; `covered` says whether the interval of the
    audit's estimate holds the truth."""
    outcomes, wrong, passed_wrong, refuted_wrong = [], [], [], []
    for row in _rows(run.dataset("verdicts"), list(VerifiedCase.__dataclass_fields__)):
        if row["status"] != "agreeing":
            continue
        case = from_row(VerifiedCase, row)
        bad = not world.is_answer_right(case.text, majority_answer(case.teacher))
        outcomes.append(audit.outcome(case))
        wrong.append(bad)
        if any(verdict.consistent for verdict in case.verdicts):
            passed_wrong.append(bad)
        if outcomes[-1] == "refuted":
            refuted_wrong.append(bad)
    found = audit.estimate(outcomes)
    truth = sum(wrong) / max(1, len(wrong))
    return {
        **dataclasses.asdict(found),
        "truth": round(truth, 4),
        "covered": found.low <= truth <= found.high,
        "half_width": round((found.high - found.low) / 2, 4),
        "refuted_are_wrong": _share(refuted_wrong),
        "corpus_passed": len(passed_wrong),
        "corpus_passed_wrong": _share(passed_wrong),
    }


def _rows(dataset: Path, columns: list[str]) -> list[dict[str, Any]]:
    return list(pq.ParquetDataset(dataset).read(columns=columns).to_pylist())


def _share(values: list[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else float("nan")
