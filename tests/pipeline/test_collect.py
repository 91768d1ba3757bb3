"""Cases to distinct atomic questions: one row an atom, its wordings and askers, the commonest wording in front."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import MethodConfig
from dgrc.method.screen import atom_id
from dgrc.pipeline.collect import collect
from dgrc.records import AtomQuestion, Case, Diagnosis
from dgrc.storage.arrow import arrow_schema, to_row


def write_cases(folder: Path, asked: dict[int, list[list[str]]]) -> Path:
    """Cases by question id, each with its diagnoses' atoms; one file a case, as passes write several."""
    folder.mkdir(parents=True)
    for id_, diagnoses in asked.items():
        made = tuple(Diagnosis(0, i, tuple(atoms), None, "") for i, atoms in enumerate(diagnoses))
        case = Case(id_, "text", (), "divergent", (), (), made, (), None)
        pq.write_table(pa.Table.from_pylist([to_row(case)], schema=arrow_schema(Case)), folder / f"{id_}.parquet")
    return folder


def collect_here(folder: Path, asked: dict[int, list[list[str]]], near: float = 1.0) -> tuple[Any, list[Any]]:
    counts = collect(write_cases(folder / "cases", asked), folder / "atoms", MethodConfig(near_duplicate=near))
    table = pq.read_table(folder / "atoms")
    assert table.schema.equals(arrow_schema(AtomQuestion))
    return counts, table.to_pylist()


def test_an_atom_asked_by_several_questions_is_one_row_in_its_commonest_wording(tmp_path: Path) -> None:
    counts, rows = collect_here(
        tmp_path,
        {
            3: [["What is the limit in garth?"]],
            1: [["what is the limit in garth ?"], ["Is the court bound?"]],
            2: [["What is the limit in garth?"]],
        },
    )
    assert (counts["asked"], counts["rows"]) == (4, 2)
    limit = next(r for r in rows if r["id"] == atom_id("What is the limit in garth?"))
    assert limit["question"] == "What is the limit in garth?"
    assert limit["variants"] == ["What is the limit in garth?", "what is the limit in garth ?"]
    assert limit["asked_by"] == [1, 2, 3]


def test_equally_common_wordings_go_by_the_alphabet(tmp_path: Path) -> None:
    _, (row,) = collect_here(tmp_path, {2: [["what is grace ?"]], 1: [["What is grace?"]]})
    assert row["variants"] == ["What is grace?", "what is grace ?"]


def test_an_atom_asked_twice_by_one_question_counts_once(tmp_path: Path) -> None:
    counts, (row,) = collect_here(tmp_path, {1: [["What is grace?"], ["What is grace?", "what is the grace ?"]]})
    assert (counts["asked"], counts["rows"]) == (1, 1)
    assert (row["variants"], row["asked_by"]) == (["What is grace?"], [1])


def test_near_duplicates_merge_inside_a_question_only(tmp_path: Path) -> None:
    near, other = "which limit binds claims of breach ?", "which limit binds old claims of breach ?"
    inside, _ = collect_here(tmp_path / "a", {1: [[near, other]]}, 0.8)
    across, _ = collect_here(tmp_path / "b", {1: [[near]], 2: [[other]]}, 0.8)
    assert [(c["asked"], c["rows"]) for c in (inside, across)] == [(1, 1), (2, 2)]


def test_rows_are_sorted_and_do_not_depend_on_the_order_of_cases(tmp_path: Path) -> None:
    asked = {i: [[f"What is fact {i % 4}?"]] for i in range(12)}
    _, rows = collect_here(tmp_path / "a", asked)
    _, again = collect_here(tmp_path / "b", dict(reversed(asked.items())))
    assert rows == again
    assert [r["id"] for r in rows] == sorted(atom_id(f"What is fact {n}?") for n in range(4))


def test_no_atom_at_all_is_an_empty_dataset(tmp_path: Path) -> None:
    counts, rows = collect_here(tmp_path, {1: [], 2: [[]]})
    assert (counts["asked"], rows) == (0, [])
