"""What people found wrong leaves the curriculum, with all that it decided; a run without marks stays as it is."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import MethodConfig
from dgrc.errors import RunDirError
from dgrc.method.screen import atom_id
from dgrc.method.verify import COMPARISON, CONTRADICTS, SUPPORTS, UNCHECKED, UNRELATED, VERIFIER
from dgrc.method.verify.anew import UNDECIDED, anew
from dgrc.pipeline.assemble.marked import MARKED, Changes, changes_by
from dgrc.pipeline.assemble.step import changes_of
from dgrc.pipeline.curate import curate
from dgrc.records import FactCheck, Verdict
from dgrc.storage.manifest import file_hashes, write_manifest
from dgrc.storage.marks.file import used_of, write
from dgrc.storage.marks.record import Mark, atom_sha, chain_sha
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import curate_here, scripted_config, write_questions
from tests.view.made import ANSWERS, ASKED, CASES, write_run

OPEN = Verdict(3, None, (2,), (), UNDECIDED)


def verdict(consistent: bool | None, facts: tuple[int, ...], against: tuple[int, ...] = ()) -> Verdict:
    return Verdict(3, consistent, facts, against, None if consistent is not None else UNCHECKED)


def checked(before: Verdict, *by: str) -> Verdict:
    """With a check of each fact: `c` contradicts, `s` supports, `u` unrelated; in capitals by the verifier."""
    names = {"c": CONTRADICTS, "s": SUPPORTS, "u": UNRELATED}
    checks = (
        FactCheck(fact, names[one.lower()], COMPARISON if one.islower() else VERIFIER, "said")
        for fact, one in zip(before.facts, by, strict=False)
    )
    return dataclasses.replace(before, checks=tuple(checks))


@pytest.mark.parametrize(
    ("before", "wrong", "corrected", "read_off", "after"),
    [
        (verdict(True, (1, 2)), {9}, {8}, True, verdict(True, (1, 2))),  # it was not held against them
        (verdict(False, (1, 2), (1, 2)), {1}, set(), True, verdict(False, (2,), (2,))),  # another one is enough
        (verdict(False, (1, 2), (1, 2)), set(), {1}, True, verdict(False, (2,), (2,))),
        (verdict(False, (1,), (1,)), {1}, set(), True, Verdict(3, None, (), (), UNCHECKED)),  # nothing is left
        (verdict(False, (1, 2), (1,)), {1}, set(), False, Verdict(3, None, (2,), (), UNDECIDED)),
        (verdict(True, (1, 2)), {1}, set(), False, verdict(True, (2,))),  # with fewer facts it is so too
        (verdict(True, (1, 2)), {1}, set(), True, Verdict(3, None, (2,), (), UNDECIDED)),  # 1 alone may speak for it
        (verdict(True, (1, 2)), set(), {1}, False, Verdict(3, None, (2,), (), UNDECIDED)),  # what is right may not
        (verdict(True, (1,)), {1}, set(), False, Verdict(3, None, (), (), UNCHECKED)),
        (verdict(None, (1, 2)), {1}, set(), True, verdict(None, (2,))),
        # what code compared with each fact that is left needs no model, whatever the others said
        (checked(verdict(True, (2, 1)), "s", "s"), {1}, set(), True, checked(verdict(True, (2,)), "s")),
        (checked(verdict(False, (2, 1), (1,)), "s", "c"), {1}, set(), True, checked(verdict(True, (2,)), "s")),
        (checked(verdict(True, (2, 1)), "u", "s"), {1}, set(), True, checked(verdict(None, (2,)), "u")),
        (checked(verdict(True, (2, 1)), "s", "s"), set(), {1}, True, checked(OPEN, "s")),
        (checked(verdict(True, (2, 1)), "S", "s"), {1}, set(), True, checked(OPEN, "S")),
        (checked(verdict(False, (1, 2), (1,)), "c"), {1}, set(), True, OPEN),
        (checked(verdict(True, (2, 1)), "S", "S"), {1}, set(), False, checked(verdict(True, (2,)), "S")),
    ],
)
def test_a_verdict_is_judged_anew_as_far_as_no_model_is_needed(
    before: Verdict, wrong: set[int], corrected: set[int], read_off: bool, after: Verdict
) -> None:
    assert anew(before, wrong, corrected, read_off) == after


def mark(
    what: str, id_: int, sha: str, chain: int | None = None, said: str = "wrong", answer: str | None = None
) -> Mark:
    return Mark(what, id_, chain, 1, said, "", answer, "", sha, None)


def on_atom(name: str, **more: Any) -> Mark:
    return mark("atom", atom_id(ASKED[name]), atom_sha(ASKED[name], ANSWERS[name], "The statute says so."), **more)


def on_chain(case: int, number: int, **more: Any) -> Mark:
    one = CASES[case].teacher[number]
    return mark("chain", CASES[case].id, chain_sha(one.thoughts, one.text), number, **more)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return write_run(tmp_path_factory.mktemp("runs") / "r")


def changes(run: RunDir, *marks: Mark, **method: Any) -> Changes:
    data = {name: run.dataset(name) for name in ("atoms", "verdicts")}
    return changes_by(marks, data, MethodConfig(**method), "drop")


def test_an_atom_that_is_wrong_leaves_with_what_it_decided(by_hand: RunDir) -> None:
    found = changes(by_hand, on_atom("notice"))
    assert found.atoms == {atom_id(ASKED["notice"]): None}
    said = {n: (v.consistent, v.reason) for n, v in found.chains[CASES[0].id].items()}
    # 0 and 2 had passed, 1 was contradicted by it. What 2 says was compared with the fact that is left: nothing.
    assert said == {0: (None, UNDECIDED), 1: (None, UNDECIDED), 2: (None, UNCHECKED)}
    assert found.chains[CASES[3].id][0].reason == UNCHECKED  # it was held against nothing else
    assert found.report() == {"atoms_wrong": 1, "chains_unchecked": 2, "chains_passed_undecided": 1,
                              "chains_dropped_undecided": 1}  # fmt: skip
    tagged = changes(by_hand, on_atom("notice"), prompts="proving")  # a verifier that is shown all facts at once
    assert tagged.chains[CASES[0].id][0] == Verdict(0, True, (atom_id(ASKED["writing"]),), (), None)


def test_a_corrected_answer_replaces_the_atoms(by_hand: RunDir) -> None:
    found = changes(by_hand, on_atom("limit", answer="五年"))
    assert found.atoms == {atom_id(ASKED["limit"]): "五年"} and found.report()["atoms_corrected"] == 1
    assert found.chains[CASES[1].id][0].reason == UNDECIDED


def test_a_chain_that_is_wrong_leaves_with_those_of_its_words(by_hand: RunDir) -> None:
    found = changes(by_hand, on_chain(0, 0))
    assert found.chains == {CASES[0].id: {0: Verdict(0, False, (), (), MARKED)}} and not found.atoms
    assert found.report() == {"chains_wrong": 1}


def test_marks_that_change_nothing_are_counted_by_why(by_hand: RunDir) -> None:
    found = changes(
        by_hand, on_atom("notice", said="right"), on_atom("nisab"), on_chain(0, 1), on_chain(0, 2, said="right"),
        mark("atom", atom_id(ASKED["writing"]), "0" * 64), mark("chain", CASES[0].id, "0" * 64, 0),
        mark("atom", 5, "0" * 64), mark("chain", 5, "0" * 64, 0), mark("chain", CASES[0].id, "0" * 64, 50),
    )
    assert not found and found.report() == {"without_effect": 4, "other_text": 2, "not_there": 3}


@pytest.mark.parametrize("text", ["name: x\n", '{"what": "atom"}\n'])
def test_a_file_that_holds_no_marks_is_refused(by_hand: RunDir, tmp_path: Path, text: str) -> None:
    (tmp_path / "m").write_text(text)
    config = scripted_config(tmp_path, tmp_path / "q")
    with pytest.raises(RunDirError, match="of its lines are no marks"):
        changes_of(by_hand, config, tmp_path / "m", print)


@pytest.mark.usefixtures("ray_here")
def test_only_the_curriculum_is_made_anew_and_an_empty_file_brings_it_back(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 12))
    run, reports, _ = curate_here(config)
    write_manifest(run, reports={}, seconds={})
    whole, state = file_hashes(run), json.loads((run.state("verify") / "done.json").read_text())
    rows = {kind: _rows(run, kind) for kind in ("atomic", "cot")}
    assert "marks" not in reports["assemble"] and not used_of(run).exists()

    first, second = (row["source"] for row in rows["atomic"][:2])
    marks = [_on(run, first, None), _on(run, second, "the right one"), mark("atom", 5, "x")]
    write(tmp_path / "marks.jsonl", marks)
    said = _curate(run, config, tmp_path / "marks.jsonl")
    atomic = {row["source"]: row["messages"][-1]["content"] for row in _rows(run, "atomic")}
    assert first not in atomic and "the right one" in atomic[second] and len(atomic) == len(rows["atomic"]) - 1
    assert len(_rows(run, "cot")) < len(rows["cot"])
    assert any("1 marks on what this round does not have" in line for line in said)
    assert any("not complete any more" in line for line in said) and not run.manifest_file.exists()
    for kind in ("atomic", "cot"):
        assert "that were found wrong, left out | 1 |" in (run.curriculum() / kind / "README.md").read_text()
    assert json.loads((run.state("verify") / "done.json").read_text()) == state

    again = _curate(run, config, None)  # whoever goes on with the run goes on with its marks
    assert any("assemble already done" in line for line in again) and used_of(run).exists()
    (tmp_path / "none").write_text("")
    _curate(run, config, tmp_path / "none")
    assert file_hashes(run) == whole


def _curate(run: RunDir, config: Any, marks: Path | None) -> list[str]:
    said: list[str] = []
    with run.lock():
        curate(run, config, said.append, marks=marks)
    return said


def _rows(run: RunDir, kind: str) -> list[dict[str, Any]]:
    lines = (run.curriculum() / kind / "train.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _on(run: RunDir, id_: int, answer: str | None) -> Mark:
    import pyarrow.parquet as pq

    rows = pq.ParquetDataset(run.dataset("atoms")).read().to_pylist()
    row = next(row for row in rows if row["id"] == id_)
    return mark("atom", id_, atom_sha(row["question"], row["answer"], row["rationale"]), answer=answer)
