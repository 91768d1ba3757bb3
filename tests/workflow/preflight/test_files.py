"""Files of questions and chains that a configuration names: whether they are there, and what their first rows are."""

from pathlib import Path
from typing import Any

import pytest

from dgrc.config.method import MethodConfig
from dgrc.workflow.preflight import pack_called
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.rows import MOST_ROWS, ROWS, files_there, rows_fit
from tests.workflow.preflight.builders import config, written

WHOLE = ("curate", "train", "evaluate")
QUESTION = {"id": "a", "question": "which ?", "choices": ["x", "y"], "label": "A"}
BARE = {"question": "why ?"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def absent(parts: tuple[str, ...] = WHOLE, **settings: Any) -> list[Finding]:
    return list(files_there(config(**settings), parts))


def looked(parts: tuple[str, ...] = WHOLE, **settings: Any) -> tuple[list[Finding], list[str]]:
    """Findings and counts."""
    found = list(rows_fit(config(**settings), parts))
    return [one for one in found if isinstance(one, Finding)], [one for one in found if isinstance(one, str)]


def test_files_that_are_not_here_are_named_with_their_setting(here: Path) -> None:
    (here / "q.jsonl").write_text("")
    settings: dict[str, Any] = {
        "questions": {"files": ["q.jsonl", "gone/*.csv", "s3://bucket/q.jsonl"], "teacher_chains": ["chains.jsonl"]},
        "corpus": {"files": ["laws/*.txt"]},
        "evaluation": {"files": ["held.parquet", "proving:held_out"], "benchmarks": [{"files": ["test.tsv"]}]},
    }
    found = absent(**settings)
    assert [one.setting for one in found] == [
        "corpus.files", "questions.files", "questions.teacher_chains", "evaluation.files", "evaluation.benchmarks",
    ]  # fmt: skip
    for one, name in zip(found, ("laws/*.txt", "gone/*.csv", "chains.jsonl", "held.parquet", "test.tsv"), strict=True):
        assert repr(name) in one.words and one.stops
    assert absent(("train",), **settings) == []


def test_a_configuration_without_questions_is_told_so() -> None:
    (found,) = absent()
    assert found.setting == "questions.files" and found.words.startswith("no file is named")
    (found,) = absent(("questions",))
    assert found.setting == "corpus"
    assert absent(("train",)) == []


def test_rows_are_counted_by_what_they_have(here: Path) -> None:
    bare = {"question": "why ?"}
    files = [written(here / "a.jsonl", [QUESTION, QUESTION, bare, {"text": "no"}]), written(here / "b.jsonl", [bare])]
    assert looked(questions={"files": files}) == (
        [],
        [
            "questions.files: 5 rows of 2 files: 2 with options, 2 without, 2 with a label, 2 without, 1 not usable "
            "(no field 'question'; the row has 'text')"
        ],
    )


def test_of_many_rows_and_files_some_are_looked_at(here: Path) -> None:
    files = [written(here / f"{name}.jsonl", [QUESTION] * (ROWS + 1)) for name in range(7)]
    _, (said,) = looked(questions={"files": files})
    assert said.startswith(f"questions.files: the first {4 * ROWS} rows of 4 of 7 files:")


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv", "q.parquet"])
def test_a_wrong_column_stops_a_run_and_names_those_that_there_are(here: Path, name: str) -> None:
    import pandas

    frame = pandas.DataFrame([{"prompt": "why ?", "nr": "1"}] * 3)
    {"jsonl": frame.to_json, "csv": frame.to_csv, "parquet": frame.to_parquet}[name.split(".")[1]](
        here / name, **({"orient": "records", "lines": True} if name == "q.jsonl" else {"index": False})
    )  # type: ignore[operator]
    (found,), _ = looked(questions={"files": [name]})
    assert found.stops and found.setting == "questions.files"
    assert "no question was found in any row" in found.words and "no field 'question'; the row has 'prompt', 'nr'" in (
        found.words
    )
    assert looked(questions={"files": [name], "fields": {"text": "prompt"}})[0] == []
    for key in ("label", "source_id", "choices", "several"):
        (found,), _ = looked(questions={"files": [name], "fields": {"text": "prompt", key: "gone"}})
        assert found.stops and "gone" in found.words, key


def test_a_column_that_the_first_of_many_rows_lack_is_no_error_yet(here: Path) -> None:
    many = [*[BARE] * (MOST_ROWS + ROWS), QUESTION]
    (found,), _ = looked(questions={"files": [written(here / "q.jsonl", many)], "fields": {"source_id": "nr"}})
    assert not found.stops and found.setting == "questions.fields" and "'nr'" in found.words
    late = written(here / "late.jsonl", [*[{"text": "no"}] * (MOST_ROWS - 1), QUESTION])
    assert looked(questions={"files": [late]})[0] == [], "one that can be used is found behind many that cannot"


def test_what_to_do_is_said_of_that_which_is_wrong(here: Path) -> None:
    written(here / "nested.json", [{"data": [BARE, BARE]}])
    (found,), (count,) = looked(questions={"files": ["nested.json"]})
    assert "the row has 'data'; that is a list of objects: if these are the rows, make a file of" in found.words
    assert found.words.endswith("or the published form in `questions.form`.") and "1 row of 1 file" in count
    (here / "numbers.json").write_text("[1, 2]")
    (found,), _ = looked(questions={"files": ["numbers.json"]})
    assert found.words.endswith("a JSON int where an object is wanted."), "no column is wrong"
    written(here / "options.jsonl", [{**BARE, "A": "x", "B": "y"}])
    (found,), _ = looked(questions={"files": ["options.jsonl"]})
    assert found.words.endswith("or to null if these are no options."), "what to do is said once"


def test_a_file_that_cannot_be_read_or_is_empty_stops_a_run(here: Path) -> None:
    (here / "q.parquet").write_bytes(b"PAR1 no")
    (here / "none.jsonl").write_text("")
    (found,), _ = looked(questions={"files": ["q.parquet"]})
    assert found.stops and "q.parquet" in found.words and "cannot be read" in found.words
    (found,), _ = looked(questions={"files": ["none.jsonl"]})
    assert found.stops and "not a single row in none.jsonl" in found.words


def test_another_published_form_is_found_out(here: Path) -> None:
    file = written(here / "q.jsonl", [QUESTION])
    (found,), _ = looked(questions={"files": [file], "form": "medmcqa"})
    assert found.stops and found.setting == "questions.files"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**QUESTION, "label": None}, "no label"),
        ({**QUESTION, "label": "E"}, "'E'"),
        ({**QUESTION, "question": ""}, "the question has no text"),
    ],
)
def test_a_held_out_row_on_which_nothing_can_be_scored_stops_before_training(
    here: Path, row: dict[str, Any], words: str
) -> None:
    """`evaluate` refuses it, after all that was trained."""
    file = written(here / "e.jsonl", [QUESTION, row])
    (found,), (said,) = looked(evaluation={"files": [file]})
    assert found.stops and found.setting == "evaluation.files" and f"{file}:2" in found.words and words in found.words
    assert said.startswith("evaluation.files: 2 rows of 1 file")
    assert looked(("curate",), evaluation={"files": [file]})[0] == []


def test_chains_are_looked_for(here: Path) -> None:
    good = written(here / "good.jsonl", [{"id": "1"}, {"id": "2", "chains": ["so"]}])
    bad = written(here / "bad.jsonl", [{"id": "1", "text": "so"}])
    found, _ = looked(questions={"teacher_chains": [good], "student_chains": [bad]})
    assert [one.setting for one in found] == ["questions.student_chains"] and "no `chains`" in found[0].words


def test_the_pack_is_named_with_version_and_language_or_with_what_is_wrong_with_it() -> None:
    assert pack_called(MethodConfig(prompts="medical_zh")) == "medical_zh, version 4, zh"
    assert pack_called(MethodConfig(prompts="proving")) == "proving, version 1, language not declared"
    assert "There is no prompt pack `gone`" in pack_called(MethodConfig(prompts="gone"))
    assert "has no step `grade`" in pack_called(MethodConfig(prompts="proving", grader=True))
