"""Chains made elsewhere: both forms are read, bad rows are set aside with why, and what is recorded is not sampled."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dgrc.errors import QuestionFileError
from dgrc.questions.recorded import ChainStore, read_chain_files, teacher_chains, write_chains
from dgrc.records import Chain, Quarantined, content_id
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import CURATED, curate_here, scripted_config

RELEASED = "Which court hears it?\nA. crown\nB. mill"


def lines(file: Path, *rows: object) -> str:
    file.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return str(file)


def read(file: str) -> tuple[dict[int, list[Chain]], list[Quarantined]]:
    refused: list[Quarantined] = []
    ids = {"a": 1, "b": 2}
    released = content_id("Which court hears it?", ("crown", "mill"))
    return read_chain_files([file], ids, {1, 2, released}, refused.append), refused


def test_both_forms_are_read_and_rows_of_one_question_add_up(tmp_path: Path) -> None:
    found, refused = read(
        lines(
            tmp_path / "c.jsonl",
            {"id": "a", "chains": ["one", "two"]},
            {"id": "b", "model_predictions": {"output": "three"}, "conversations": []},
            {"id": "a", "model_predictions": {"output": ["four"]}},
            {"conversations": [{"from": "human", "value": RELEASED}], "model_predictions": {"output": "five"}},
        )
    )
    released = content_id("Which court hears it?", ("crown", "mill"))
    assert {id_: [c.text for c in chains] for id_, chains in found.items()} == {
        1: ["one", "two", "four"], 2: ["three"], released: ["five"],
    }
    assert not refused


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "unreadable"), ("[1]", "unreadable"), ({"id": "a"}, "unreadable"),
        ({"id": "a", "chains": []}, "unreadable"), ({"id": "a", "chains": [1]}, "unreadable"),
        ({"id": "a", "model_predictions": []}, "unreadable"),
        ({"id": "half \ud800", "chains": [1]}, "unreadable"),
        ({"id": "half \ud800", "chains": ["x"]}, "no_such_question"),
        ({"id": "z", "chains": ["x"]}, "no_such_question"), ({"chains": ["x"]}, "no_such_question"),
        ({"conversations": [{"from": "human"}], "chains": ["x"]}, "no_such_question"),
        ({"conversations": [{"from": "human", "value": 3}], "chains": ["x"]}, "no_such_question"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_with_its_place(tmp_path: Path, row: object, reason: str) -> None:
    file = lines(tmp_path / "c.jsonl", row, {"id": "a", "chains": ["good"]})
    found, (refused,) = read(file)
    assert (refused.reason, refused.source) == (reason, f"{file}:1")
    refused.source_id.encode()  # else it cannot be written
    assert [c.text for c in found[1]] == ["good"]


def test_chains_find_their_question_by_an_id_that_pandas_made_a_float(tmp_path: Path) -> None:
    path = lines(tmp_path / "c.jsonl", {"id": 7.0, "chains": ["one"]}, {"id": float("nan"), "chains": ["two"]})
    refused: list[Quarantined] = []
    found = read_chain_files([path], {"7": 1, "nan": 2}, {1, 2}, refused.append)
    assert [*found] == [1] and [(row.reason, row.source_id) for row in refused] == [("no_such_question", "")]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl cannot be read"):
        read(str(tmp_path / "absent.jsonl"))


def test_chains_are_kept_as_they_were(tmp_path: Path) -> None:
    chains = (Chain("text", "A", "stop", 5), Chain("cut", None, "length", 9))
    assert write_chains([(7, chains), (-3, ())], tmp_path / "s") == 2
    store = ChainStore(tmp_path / "s")
    assert (store.get(7), store.get(-3), store.get(1)) == (chains, (), None)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, curated_once: Path) -> tuple[RunDir, dict, RunDir]:
    """A curation, and a second one that takes the first one's chains from files."""
    folder = tmp_path_factory.mktemp("recorded")
    first, questions = RunDir(curated_once / "t"), curated_once / "q.jsonl"
    ids = {row["id"]: row["source_id"] for row in pq.ParquetDataset(first.dataset("questions")).read().to_pylist()}
    files = {}
    for role in ("teacher", "student"):
        rows = pq.ParquetDataset(first.dataset("cases")).read().to_pylist()
        made = [{"id": ids[row["id"]], "chains": [chain["text"] for chain in row[role]]} for row in rows]
        files[f"{role}_chains"] = (lines(folder / f"{role}.jsonl", *made),)
    config = scripted_config(folder, questions, "second")
    asked = config.questions.model_copy(update=files)
    # A student that is asked anything breaks the pass: no engine of its kind is to be started.
    student = config.student.model_copy(update={"script": "tests.no_such_module:student"})
    second, reports, _ = curate_here(config.model_copy(update={"questions": asked, "student": student}))
    return first, reports, second


def test_recorded_chains_are_not_sampled_and_give_the_same_cases(recorded: tuple[RunDir, dict, RunDir]) -> None:
    first, reports, second = recorded
    assert reports["ingest"]["recorded"] == {"teacher": CURATED, "student": CURATED}
    usage = reports["gather"]["usage"]
    assert {who: spent["calls"] for who, spent in usage.items() if who.endswith("sample")} == {
        "teacher/sample": 0, "student/sample": 0,
    }
    cases = [
        {row["id"]: (row["status"], [c["answer"] for c in row["teacher"]], row["diagnoses"]) for row in rows}
        for rows in (pq.ParquetDataset(run.dataset("cases")).read().to_pylist() for run in (first, second))
    ]
    assert cases[0] == cases[1]
    for kind in ("atomic", "cot"):
        ours, theirs = (run.curriculum() / kind / "train.jsonl" for run in (first, second))
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_later_round_finds_the_teachers_chains(recorded: tuple[RunDir, dict, RunDir]) -> None:
    first, _, _ = recorded
    chains = dict(teacher_chains(first.dataset("verdicts")))
    assert len(chains) == CURATED and all(len(made) == 3 for made in chains.values())
