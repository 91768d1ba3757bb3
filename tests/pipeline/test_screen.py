"""Atoms across the corpus: paraphrases that agree teach once, those that contradict each other are settled or go."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import MethodConfig
from dgrc.method.screen import atom_id
from dgrc.pipeline.index import FactIndex, build_index
from dgrc.pipeline.screen import MOST_WORDINGS, known_ids, resolve, reused_folder, screen_corpus
from dgrc.records import Atom, AtomQuestion
from dgrc.storage.arrow import arrow_schema, to_row

LONG = "how many years does the code of garth allow a widow to bring a suit for breach of contract after notice ?"
SAME = "after notice how many years does the code of garth allow a widow to bring a suit for breach of contract ?"
ALIKE = "how many years does the code of garth allow a widow to bring any suit for breach of contract after notice ?"
OTHER = "how many years does the code of corvin allow a farmer to bring a suit for libel after notice ?"


def atom(question: str, answer: str | None, *answers: str) -> Atom:
    said = answers or (answer or "",) * 5
    agreement = said.count(answer or "") / len(said)
    why = None if answer else "unanswered"
    return Atom(atom_id(question), question, (question,), (1,), answer, "", agreement, said, not why, why, (), None)


def write(folder: Path, rows: list, record: type) -> Path:
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([to_row(r) for r in rows], schema=arrow_schema(record)), folder / "p.parquet")
    return folder


def screened(folder: Path, *atoms: Atom, near: float = 0.8, min_agreement: float = 0.6) -> tuple[dict, dict[str, dict]]:
    method = MethodConfig(near_duplicate_corpus=near, min_agreement=min_agreement)
    report = screen_corpus([write(folder / "answers", list(atoms), Atom)], folder / "none", folder / "atoms", method)
    rows = pq.ParquetDataset(folder / "atoms").read().to_pylist()
    return report, {row["question"]: row for row in rows}


def test_paraphrases_that_agree_are_one_for_the_curriculum_and_both_facts(tmp_path: Path) -> None:
    report, rows = screened(tmp_path, atom(LONG, "5", "5", "5", "4", "5", "5"), atom(ALIKE, "5"), atom(OTHER, "3"))
    assert (report["kept"], report["near_duplicates"]) == (2, 1)
    assert rows[ALIKE]["kept"], "the one whose answers agree better stays"
    assert (rows[LONG]["kept"], rows[LONG]["dropped_because"]) == (False, "near_duplicate")
    assert rows[LONG]["cluster"] == rows[ALIKE]["cluster"] == min(atom_id(LONG), atom_id(ALIKE))
    assert rows[OTHER]["cluster"] == atom_id(OTHER)
    assert build_index(tmp_path / "atoms", tmp_path / "facts") == 3
    assert [fact.question for fact in FactIndex(tmp_path / "facts").get([atom_id(LONG)])] == [LONG]


def test_a_contradiction_is_settled_by_all_their_answers(tmp_path: Path) -> None:
    report, rows = screened(tmp_path, atom(LONG, "5"), atom(ALIKE, "4", "4", "4", "4", "5", "5"))
    assert (report["kept"], report["contradictions_resolved"], report["contradictions_dropped"]) == (1, 1, 0)
    assert rows[LONG]["kept"] and rows[ALIKE]["dropped_because"] == "contradicted"
    assert build_index(tmp_path / "atoms", tmp_path / "facts") == 1


def test_a_contradiction_without_a_winner_drops_both(tmp_path: Path) -> None:
    report, rows = screened(tmp_path, atom(LONG, "5"), atom(ALIKE, "4"))
    assert (report["kept"], report["contradictions_dropped"]) == (0, 1)
    assert {row["dropped_because"] for row in rows.values()} == {"contradiction"}


def test_other_facts_numbers_and_orders_stay_apart(tmp_path: Path) -> None:
    report, _ = screened(tmp_path, atom(LONG, "5"), atom(SAME, "4"), atom(OTHER, "3"), atom(LONG + " in 1990", "2"))
    assert report == {
        "kept": 4, "rows": 4, "near_duplicates": 0, "contradictions_resolved": 0, "contradictions_dropped": 0,
    }


def test_it_can_be_off_and_what_was_dropped_before_stays_so(tmp_path: Path) -> None:
    report, rows = screened(tmp_path, atom(LONG, "5"), atom(ALIKE, "4"), atom(OTHER, None), near=1.0)
    assert report == {"kept": 2, "rows": 3}
    assert rows[OTHER]["dropped_because"] == "unanswered"


@pytest.mark.parametrize("again", [False, True])
def test_atoms_of_earlier_rounds_stay_and_know_who_asked_them_again(tmp_path: Path, again: bool) -> None:
    first = write(tmp_path / "1" / "answers", [atom(LONG, "5")], Atom)
    second = write(tmp_path / "2" / "answers", [atom(OTHER, "3")], Atom)
    reused = reused_folder(tmp_path / "2" / "atom_questions")
    asked = [AtomQuestion(atom_id(LONG), LONG, (LONG,), (7,))] if again else []
    write(reused, asked, AtomQuestion)
    screen_corpus([first, second], reused, tmp_path / "2" / "atoms", MethodConfig())
    rows = {r["question"]: r for r in pq.ParquetDataset(tmp_path / "2" / "atoms").read().to_pylist()}
    assert set(rows) == {LONG, OTHER}
    assert rows[LONG]["asked_by"] == ([1, 7] if again else [1])
    assert known_ids([first, second]) == {atom_id(LONG), atom_id(OTHER)}


def test_embeddings_find_paraphrases_by_meaning_but_numbers_must_be_the_same(tmp_path: Path) -> None:
    asked = ["what is the limit ?", "within which time ?", "what is the limit in 1990 ?", "which court ?"]
    vectors = np.array([[1, 0], [0.96, 0.28], [0.96, 0.28], [0, 1]], np.float32)
    by_text = dict(zip(asked, vectors, strict=True))
    answers = write(tmp_path / "answers", [atom(question, "5") for question in asked], Atom)
    method = MethodConfig(near_duplicate_cosine=0.95)
    embed = lambda texts: np.stack([by_text[text] for text in texts])  # noqa: E731
    report = screen_corpus([answers], tmp_path / "none", tmp_path / "atoms", method, embed)
    assert (report["kept"], report["near_duplicates"]) == (3, 1)
    rows = {r["question"]: r for r in pq.ParquetDataset(tmp_path / "atoms").read().to_pylist()}
    assert rows[asked[0]]["cluster"] == rows[asked[1]]["cluster"] != rows[asked[2]]["cluster"]


def test_chinese_paraphrases_are_one_and_other_facts_stay_apart(tmp_path: Path) -> None:
    first = "用人单位自用工之日起超过一个月未与劳动者订立书面劳动合同的，应当每月支付几倍的工资？"
    alike = "用人单位自用工之日起，超过1个月未与劳动者订立书面劳动合同，应当每月支付几倍的工资?"
    number = first.replace("一个月", "三个月")
    denied = first.replace("未与", "与")
    report, rows = screened(tmp_path, atom(first, "2"), atom(alike, "2"), atom(number, "2"), atom(denied, "1"))
    assert (report["kept"], report["near_duplicates"], report["contradictions_resolved"]) == (3, 1, 0)
    assert {question for question, row in rows.items() if row["kept"]} >= {number, denied}


def test_answers_in_other_words_are_no_contradiction(tmp_path: Path) -> None:
    report, rows = screened(
        tmp_path, atom(LONG, "five years", "5 years"), atom(ALIKE, "60 months", "5 years", "60 months")
    )
    assert (report["kept"], report["near_duplicates"]) == (1, 1)
    assert (report["contradictions_resolved"], report["contradictions_dropped"]) == (0, 0)
    assert sorted(row["dropped_because"] or "" for row in rows.values()) == ["", "near_duplicate"]


def test_wordings_beyond_the_bound_are_groups_of_their_own() -> None:
    answers = [f"{number} years" for number in range(MOST_WORDINGS + 20)]
    rare = {"question": LONG, "answer": "zero years", "answers": ["zero years"], "agreement": 1.0}
    often = {"question": ALIKE, "answer": "0 years", "answers": answers * 3, "agreement": 1.0}
    assert resolve([often, rare], 0.0) == [None, "contradicted"]
    assert resolve([{**often, "answers": answers[:9]}, rare], 0.0) == [None, "near_duplicate"]
