"""Files to questions and quarantine on Ray Data: every row accounted for, refusals named, hopeless input an error."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import Config, EngineConfig, QuestionsConfig
from dgrc.errors import PassError, QuestionFileError, StorageError
from dgrc.questions.columns import RawRow
from dgrc.questions.ingest import Ingested, PromptRoom, Reservoir, _parse, ingest
from dgrc.records import Question
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import scripted_config
from tests.tiny import make_tokenizer_dir

CONTEXT = 120


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(folder).to_pylist())


def with_limit(config: Config, limit: int) -> Config:
    return config.model_copy(update={"questions": config.questions.model_copy(update={"limit": limit})})


def ingest_here(config: Config) -> tuple[Ingested, list[dict[str, Any]], list[dict[str, Any]]]:
    run = RunDir.of(config)
    report = ingest(run, config)
    return report, rows_of(run.dataset("questions")), rows_of(run.quarantine)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_tokenizer_dir(tmp_path_factory.mktemp("model"))


@pytest.mark.usefixtures("ray_here")
def test_every_row_is_kept_or_quarantined_with_its_place_and_reason(tmp_path: Path, model: str) -> None:
    lines = [
        b'{"id": "a", "question": "which court ?", "answer": "crown"}',
        b'{"id": "b", "question": ',
        b'{"id": "c", "question": "   "}',
        b'{"id": "d", "question": " which court ? "}',
        b'{"id": "a", "question": "which body ?"}',
        b'{"id": "e", "question": "\xff"}',
        b'{"id": "f", "question": "' + b"why " * 50 + b'?"}',
        b'{"id": "g", "question": 7}',
        b'{"id": "h", "question": "which court ?", "choices": ["crown", "mill"]}',
    ]
    first, second = tmp_path / "1.jsonl", tmp_path / "2.csv"
    first.write_bytes(b"\n".join(lines))
    second.write_text("id,question\ni,which court ?\n,which province ?\n,which party ?\n")
    config = scripted_config(tmp_path, tmp_path / "[12].*")
    config = config.model_copy(update={"student": EngineConfig(model=model, max_model_len=CONTEXT)})
    report, kept, quarantined = ingest_here(config)

    reasons = {"unreadable": 3, "empty": 1, "repeated": 2, "repeated_id": 1, "too_long": 1}
    assert (report.read, report.kept, report.quarantined) == (12, 4, reasons)
    assert report.read == len(kept) + len(quarantined)
    assert [(q["source"], q["source_id"]) for q in kept] == [
        (f"{first}:1", "a"), (f"{first}:9", "h"), (f"{second}:3", ""), (f"{second}:4", ""),
    ]
    assert len({q["id"] for q in kept}) == 4 and kept[0]["label"] == "crown"
    by_place = {q["source"]: q for q in quarantined}
    assert {place: q["reason"] for place, q in by_place.items()} == {
        f"{first}:2": "unreadable", f"{first}:3": "empty", f"{first}:4": "repeated", f"{first}:5": "repeated_id",
        f"{first}:6": "unreadable", f"{first}:7": "too_long", f"{first}:8": "unreadable", f"{second}:2": "repeated",
    }
    assert by_place[f"{first}:4"]["detail"] == f"same text and choices as {first}:1"
    assert by_place[f"{first}:5"]["detail"] == f"same id 'a' as {first}:1"
    assert f"its context holds {CONTEXT}" in by_place[f"{first}:7"]["detail"]
    assert by_place[f"{first}:4"]["text"] == "which court ?"


@pytest.mark.usefixtures("ray_here")
def test_limit_counts_good_questions(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(["broken", *(json.dumps({"question": f"case {i} ?"}) for i in range(9))]))
    report, kept, quarantined = ingest_here(with_limit(scripted_config(tmp_path, path), 3))
    assert [q["text"] for q in kept] == ["case 0 ?", "case 1 ?", "case 2 ?"]
    assert (report.read, len(quarantined)) == (4, 1)


@pytest.mark.usefixtures("ray_here")
def test_what_comes_after_the_limit_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text("".join(json.dumps({"question": f"case {i} ?"}) + "\n" for i in range(9)))
    (tmp_path / "2.parquet").write_bytes(b"PAR1 this is none")
    config = scripted_config(tmp_path, tmp_path / "[12].*")
    assert ingest_here(with_limit(config, 9))[0].kept == 9
    with pytest.raises(QuestionFileError, match=r"2\.parquet cannot be read"):
        ingest_here(with_limit(config, 10))


@pytest.mark.usefixtures("ray_here")
@pytest.mark.parametrize(("sample", "refused"), [(None, {"chains_no_such_question": 1}), (4, {})])
def test_recorded_chains_are_matched_by_id_and_content(
    sample: int | None, refused: dict[str, int], tmp_path: Path
) -> None:
    questions = [{"id": i, "question": f"case {i} ?"} for i in range(9)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions))
    chains: list[dict[str, Any]] = [{"id": i, "chains": ["one"]} for i in range(8)]
    asked = [{"from": "human", "value": "case 8 ?"}]
    chains += [{"conversations": asked, "chains": ["two"]}, {"id": "absent", "chains": ["three"]}]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chains))
    config = scripted_config(tmp_path, tmp_path / "q.jsonl")
    settings = {"student_chains": (str(tmp_path / "c.jsonl"),), "sample": sample}
    config = config.model_copy(update={"questions": config.questions.model_copy(update=settings)})
    report, kept, _ = ingest_here(config)
    assert report.recorded == {"student": len(kept)} == {"student": sample or 9}
    assert report.quarantined == refused, "of a sample, the others are good all the same"


@pytest.mark.usefixtures("ray_here")
def test_a_file_of_garbage_is_one_paragraph(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text("{garbage")
    with pytest.raises(QuestionFileError, match=r"^The question file .*q\.json cannot be read") as caught:
        ingest_here(scripted_config(tmp_path, path))
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.usefixtures("ray_here")
def test_nothing_usable_is_an_error_that_counts_the_reasons(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"frage": "x"}\n{"question": ""}\n')
    with pytest.raises(PassError, match=r"None of the 2 rows.*'unreadable': 1, 'empty': 1.*`questions\.fields`"):
        ingest_here(scripted_config(tmp_path, path))
    assert len(rows_of(RunDir(tmp_path / "t").quarantine)) == 2


def test_room_is_counted_in_each_models_own_tokens(tmp_path: Path, model: str) -> None:
    config = scripted_config(tmp_path, tmp_path / "q.jsonl")
    teacher = EngineConfig(model=model, max_model_len=CONTEXT)
    student = EngineConfig(model=model, max_model_len=2 * CONTEXT)
    room = PromptRoom(config.model_copy(update={"teacher": teacher, "student": student}))
    assert room.problem("x" * (CONTEXT // 2), ()) is None
    problem = room.problem("x" * CONTEXT, ())
    assert problem is not None and problem.startswith("the teacher's prompt would have 1")
    both = PromptRoom(config.model_copy(update={"student": teacher}))
    assert "the student's" in str(both.problem("x" * CONTEXT, ()))


def test_a_sample_is_random_the_same_for_the_same_seed_and_knows_the_whole() -> None:
    def taken(seed: int, size: int) -> list[int]:
        reservoir = Reservoir(size, seed)
        for id_ in range(200):
            reservoir.add(Question(id_, "", "", (), None, "", "{}"))
        return [question.id for question in reservoir.taken]

    assert taken(0, 20) == taken(0, 20) != taken(1, 20)
    assert len(set(taken(0, 20))) == 20 and max(taken(0, 20)) > 100, "late questions have their chance"
    assert taken(0, 500) == list(range(200))
    counts = Counter(id_ for seed in range(300) for id_ in taken(seed, 20))
    assert all(5 < counts[id_] < 65 for id_ in range(200)), "each is drawn about 30 times in 300"


@pytest.mark.usefixtures("ray_here")
def test_a_broken_file_stops_or_is_put_on_record(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text('{"question": "which court ?"}\n')
    (tmp_path / "2.parquet").write_bytes(b"PAR1 this is none")
    (tmp_path / "3.jsonl").write_text('{"question": "which body ?"}\n')
    config = scripted_config(tmp_path, tmp_path / "[123].*")
    with pytest.raises(QuestionFileError, match=r"2\.parquet cannot be read"):
        ingest_here(config)
    going_on = config.questions.model_copy(update={"broken_files": "quarantine"})
    report, kept, quarantined = ingest_here(config.model_copy(update={"questions": going_on}))
    assert (report.read, report.kept, report.quarantined) == (3, 2, {"broken_file": 1})
    assert [row["text"] for row in kept] == ["which court ?", "which body ?"]
    (row,) = quarantined
    assert row["source"] == str(tmp_path / "2.parquet") and "cannot be read" in row["detail"]


def test_a_store_that_is_away_in_the_middle_of_a_file_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Iterator[RawRow]:
        yield RawRow("s3://b/q.jsonl:1", text="which court ?")
        try:
            raise StorageError("s3://b/q.jsonl cannot be used: the store does not answer")
        except StorageError as e:
            raise QuestionFileError(f"A question file cannot be read: {e}") from e

    monkeypatch.setattr("dgrc.questions.ingest.read_rows", away)
    (table,) = _parse(pa.table({"path": ["s3://b/q.jsonl"]}), QuestionsConfig())
    assert table["of_store"].to_pylist() == [False, True]


@pytest.mark.usefixtures("ray_here")
def test_files_are_not_quarantined_because_their_store_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(batch: pa.Table, questions: QuestionsConfig) -> pa.Table:
        row = RawRow(batch["path"][0].as_py(), error="the store does not answer", whole_file=True, of_store=True)
        return pa.Table.from_pylist([to_row(row)], schema=arrow_schema(RawRow))

    monkeypatch.setattr("dgrc.questions.ingest._parse", parse)
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": "which court ?"}))
    config = scripted_config(tmp_path, tmp_path / "q.jsonl")
    going_on = config.questions.model_copy(update={"broken_files": "quarantine"})
    with pytest.raises(QuestionFileError, match="the store does not answer"):
        ingest_here(config.model_copy(update={"questions": going_on}))


@pytest.mark.usefixtures("ray_here")
def test_very_many_files_are_read_in_order_by_few_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dgrc.questions.ingest.MOST_BLOCKS", 3)
    for number in range(40):
        (tmp_path / f"{number:03d}.jsonl").write_text(json.dumps({"question": f"case {number} . which court ?"}))
    report, kept, _ = ingest_here(scripted_config(tmp_path / "runs", tmp_path / "*.jsonl"))
    assert report.kept == 40 and [row["text"].split()[1] for row in kept] == [str(number) for number in range(40)]


def test_questions_of_which_several_options_may_be_right_need_words_for_it(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, tmp_path / "q.jsonl")
    room = PromptRoom(config)
    assert room.unasked(False) is None
    assert "pack 'proving' asks for one letter" in str(room.unasked(True))
    assert PromptRoom(scripted_config(tmp_path, tmp_path / "q.jsonl", prompts="legal")).unasked(True) is None
