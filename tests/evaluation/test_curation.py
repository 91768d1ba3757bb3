"""A small made run, held against the truth of the small proving world."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.evaluation.curation import score_curation
from dgrc.proving.language import chain_text, read_answer, read_question
from dgrc.proving.world import World
from dgrc.records import Atom, Chain, Verdict, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir

WORLD = World(0, "small")
QUESTION = next(s.question for s in WORLD.unlabeled if WORLD.solve(s.question) != "barred")
TRUE = WORLD.true_chain(QUESTION)


def wrong_step(answer_too: bool) -> str:
    """The true chain with one fact wrong, in its last look-up (which is the answer) or in its first."""
    scenario = read_question(QUESTION)
    assert scenario is not None
    if answer_too:
        return chain_text(scenario, lambda f: WORLD.confusable[f] if f.kind == "appeal" else WORLD.truth(f))
    limit = TRUE.split(" is ", 1)
    value, rest = limit[1].split(" ", 1)
    return f"{limit[0]} is {int(value) + 1} {rest}"


def atom(id_: int, right: bool, kept: bool = True) -> Atom:
    fact = list(WORLD.facts)[id_]
    answer = WORLD.truth(fact) if right else WORLD.confusable[fact]
    dropped = None if kept else "disagreement"
    return Atom(id_, fact.question, (), (1,), answer, "", 1.0, (answer,), kept, dropped, (), None)


def case(id_: int, *judged: tuple[str, bool | None]) -> VerifiedCase:
    chains = tuple(Chain(text, read_answer(text), "stop", 9) for text, _ in judged)
    verdicts = tuple(Verdict(i, consistent, (), (), None) for i, (_, consistent) in enumerate(judged))
    return VerifiedCase(id_, QUESTION, (), "divergent", chains, verdicts, (), None)


def score(folder: Path, atoms: list[Atom], cases: list[VerifiedCase]) -> dict[str, float]:
    run = RunDir(folder)
    for name, kind, rows in (("atoms", Atom, atoms), ("verdicts", VerifiedCase, cases)):
        run.dataset(name).mkdir(parents=True)
        records: list[Any] = [to_row(r) for r in rows]
        pq.write_table(pa.Table.from_pylist(records, schema=arrow_schema(kind)), run.dataset(name) / "0.parquet")
    return score_curation(run, WORLD)


def test_the_made_chains_are_what_they_are_called() -> None:
    assert WORLD.chain_fully_right(QUESTION, TRUE)
    for answer_too in (True, False):
        chain = wrong_step(answer_too)
        assert not WORLD.chain_fully_right(QUESTION, chain)
        assert WORLD.is_answer_right(QUESTION, read_answer(chain)) is not answer_too


def test_kept_atoms_alone_are_scored(tmp_path: Path) -> None:
    atoms = [atom(0, True), atom(1, True), atom(2, False), atom(3, False, kept=False)]
    assert score(tmp_path, atoms, [])["atoms_correct"] == pytest.approx(2 / 3, abs=1e-4)


def test_chains_are_scored_in_answer_and_in_every_step(tmp_path: Path) -> None:
    passed = [(TRUE, True), (TRUE, True), (wrong_step(False), True), (wrong_step(True), True)]
    rest: list[tuple[str, bool | None]] = [(TRUE, False), (TRUE, None), (wrong_step(True), False)]
    figures = score(tmp_path, [], [case(1, *passed), case(2, *rest)])
    assert figures["kept_chains_correct"] == 0.75
    assert figures["kept_chains_fully_correct"] == figures["verifier_precision"] == 0.5
    assert figures["verifier_recall"] == pytest.approx(2 / 3, abs=1e-4)  # the unchecked chain does not count


def test_nothing_to_score_is_no_number(tmp_path: Path) -> None:
    assert all(math.isnan(v) for v in score(tmp_path, [], []).values())
