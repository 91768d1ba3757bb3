"""Published questions in a run: kept or quarantined as others are, and never asked without their options."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dgrc.config import Config, FieldMap, QuestionsConfig
from dgrc.errors import PassError, QuestionFileError
from dgrc.questions.columns import RawRow
from dgrc.questions.ingest import Ingested, _parse
from dgrc.storage.arrow import from_row
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import scripted_config
from tests.questions.test_ingest import ingest_here, rows_of


def ingest_without_ray(config: Config, monkeypatch: pytest.MonkeyPatch) -> tuple[Ingested, list[Any], list[Any]]:
    """As a run reads them, one file after the other in this process."""

    def parsed(files: list[str], questions: QuestionsConfig) -> Iterator[list[RawRow]]:
        for table in _parse(pa.table({"path": files}), questions):
            yield [from_row(RawRow, row) for row in table.to_pylist()]

    monkeypatch.setattr("dgrc.questions.ingest._parsed", parsed)
    return ingest_here(config)


def with_questions(config: Config, **settings: Any) -> Config:
    return config.model_copy(update={"questions": config.questions.model_copy(update=settings)})


def test_questions_in_a_published_form_are_kept_or_quarantined_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"A": "甲", "B": "乙", "C": ""}
    row = {"question": "何者？", "option": options, "question_type": "多项选择题", "answer": "BA"}
    rows = [
        {**row, "id": 1}, {**row, "id": 2, "question": "何者们？", "question_type": "单项选择题", "answer": "C"},
        {**row, "id": 3, "option": [["x"]]}, {**row, "id": 4}, {**row, "id": 5, "question": " "}, {"id": 6},
    ]  # fmt: skip
    path = tmp_path / "cmb.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    config = with_questions(scripted_config(tmp_path, path, prompts="general"), form="cmb")
    report, kept, quarantined = ingest_without_ray(config, monkeypatch)
    assert [(q["source_id"], q["choices"], q["label"], q["several"]) for q in kept] == [
        ("1", ["甲", "乙"], "AB", True), ("2", ["甲", "乙"], None, False),
    ]  # fmt: skip
    assert (report.read, report.kept, report.labels_left_out) == (6, 2, 1)
    said = {row["source"].rpartition(":")[2]: row["detail"] for row in quarantined}
    assert said["3"] == "its option 1 is a list, text is wanted" and said["5"] == "it has no question"
    assert said["4"] == f"same text and choices as {path}:1"
    assert said["6"].startswith("it is not of this form: no column 'question'")


def test_published_rows_without_their_form_are_refused_and_not_asked_without_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dev.json"
    rows = [{"id": n, "question": f"q {n} ?", "opa": "w", "opb": "x", "opc": "y", "opd": "z", "cop": n} for n in (1, 4)]
    path.write_text("\n".join(map(json.dumps, rows)))
    config = scripted_config(tmp_path, path)
    with pytest.raises(PassError, match=r"None of the 2 rows .*'unreadable': 2"):
        ingest_without_ray(config, monkeypatch)
    row = rows_of(RunDir.of(config).quarantine)[0]
    assert (row["source_id"], "`questions.form: medmcqa`" in row["detail"]) == ("1", True)
    _, kept, _ = ingest_without_ray(with_questions(config, form="medmcqa"), monkeypatch)
    assert [(q["choices"], q["label"]) for q in kept] == [(["w", "x", "y", "z"], "A"), (["w", "x", "y", "z"], "D")]


@pytest.mark.parametrize("limit", [None, 1])
def test_a_column_that_a_setting_names_and_no_row_has_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    for name, row in (("1", {"question": "q ?", "topic": "law"}), ("2", {"question": "r ?", "gold": "crown"})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    config = with_questions(scripted_config(tmp_path, tmp_path / "[12].jsonl"), limit=limit)
    right = with_questions(config, fields=FieldMap(source_id="gold", label="no such label"))
    report, _, _ = ingest_without_ray(right, monkeypatch)
    assert report.kept == (limit or 2), "one file may have it and another not, and curation reads no label"
    wrong = with_questions(config, fields=FieldMap(source_id="gold", choices="optoins"))
    with pytest.raises(QuestionFileError, match=r"'optoins', which `questions\.fields` names; the first has 'que"):
        ingest_without_ray(wrong, monkeypatch)


def test_labels_decide_nothing_about_which_questions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": n, "question": f"q {n} ?", "choices": ["x", None, "y"]} for n in range(4)]
    labels = ["A", "B", "nonsense", None]
    found = []
    for shift in range(4):
        path = tmp_path / f"{shift}" / "q.jsonl"
        path.parent.mkdir()
        path.write_text("\n".join(json.dumps({**row, "answer": labels[(n + shift) % 4]}) for n, row in enumerate(rows)))
        _, kept, quarantined = ingest_without_ray(scripted_config(path.parent, path), monkeypatch)
        found.append([(q["id"], q["choices"]) for q in kept])
        assert "A" in [q["label"] for q in kept], "they are read"
        assert not quarantined
    assert found[0] == found[1] == found[2] == found[3] and len(found[0]) == 4


@pytest.mark.parametrize(("form", "name", "text"), [(None, "no.csv", "question\n"), ("legalbench", "t/train.tsv", "")])
def test_a_file_without_rows_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str | None, name: str, text: str
) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "base_prompt.txt").write_text("Is it so?\n\nQ: {{text}}\nA:")
    (tmp_path / name).write_text(text or "index\tanswer\ttext\n")
    asked = tmp_path / "asked.jsonl" if form is None else folder / "test.tsv"
    asked.write_text('{"question": "Who?"}\n' if form is None else "index\tanswer\ttext\n0\tYes\tThe cat.\n")
    config = with_questions(scripted_config(tmp_path, asked), files=(str(asked), str(tmp_path / name)), form=form)
    report, _, refused = ingest_without_ray(config, monkeypatch)
    assert (report.kept, report.quarantined) == (1, {"no_rows": 1})
    assert refused[0]["source"] == str(tmp_path / name) and refused[0]["detail"] == "the file holds no rows"
