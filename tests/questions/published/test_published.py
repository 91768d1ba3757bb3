"""Published benchmarks in the forms in which they are given out: the right option, and refusals that name the file."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.errors import EvaluationError
from dgrc.questions.columns import RawRow
from dgrc.questions.published import published_rows


def lines(path: Path, *rows: Any) -> str:
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def parquet(path: Path, *rows: Any) -> str:
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return str(path)


def table(path: Path, *rows: list[str], separator: str = ",") -> str:
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return str(path)


def right(raw: RawRow) -> str:
    assert raw.label is not None and raw.error is None
    return raw.choices["ABCDE".index(raw.label)]


def medmcqa(cop: int, right: str) -> dict[str, Any]:
    options = {"opa": "a", "opb": "b", "opc": "c", "opd": "d"}
    return {"id": f"m{cop}", "question": f"which is {right} ?", **options, "cop": cop}


def test_medmcqa_counts_from_one_in_json_and_from_zero_in_parquet(tmp_path: Path) -> None:
    ones = lines(tmp_path / "train.json.jsonl", medmcqa(1, "a"), medmcqa(4, "d"), medmcqa(2, "b"))
    zeros = parquet(tmp_path / "train.parquet", medmcqa(0, "a"), medmcqa(3, "d"), medmcqa(1, "b"))
    for path in (ones, zeros):
        rows = published_rows("medmcqa", path)
        assert [right(row) for row in rows] == ["a", "d", "b"]
        assert all(f"which is {right(row)} ?" == row.text for row in rows)
    assert published_rows("medmcqa", ones)[0].source_id == "m1"


def test_medmcqa_that_cannot_be_told_or_has_no_answers_is_refused(tmp_path: Path) -> None:
    for cops, words in (((1, 2, 3), "cannot be told"), ((0, 4), "from 0 and from 1"), ((-1, -1), "no labels")):
        path = lines(tmp_path / "x.jsonl", *(medmcqa(cop, "?") for cop in cops))
        with pytest.raises(EvaluationError, match=words):
            published_rows("medmcqa", path)


def test_medqa_in_both_forms_of_its_options(tmp_path: Path) -> None:
    options = {"A": "aspirin", "B": "rest", "C": "ice", "D": "heat"}
    row = {"question": "what helps ?", "answer": "ice", "options": options, "answer_idx": "C", "meta_info": "step1"}
    pairs = {**row, "options": [{"key": key, "value": value} for key, value in reversed(options.items())]}
    for path in (lines(tmp_path / "a.jsonl", row), parquet(tmp_path / "b.parquet", pairs)):
        (raw,) = published_rows("medqa", path)
        assert (right(raw), raw.choices) == ("ice", ("aspirin", "rest", "ice", "heat"))


def test_mmlu_of_its_authors_and_of_the_hub(tmp_path: Path) -> None:
    of_authors = table(tmp_path / "law_test.csv", ["who, then ?", "x", "y", "z", "w", "B"])
    of_hub = parquet(tmp_path / "t.parquet", {
        "question": "who, then ?", "subject": "law", "choices": ["x", "y", "z", "w"], "answer": 1,
    })  # fmt: skip
    for path in (of_authors, of_hub):
        (raw,) = published_rows("mmlu", path)
        assert (raw.text, right(raw)) == ("who, then ?", "y")


def test_casehold_of_its_authors_and_of_lexglue(tmp_path: Path) -> None:
    holdings = [f"holding that {i}" for i in range(5)]
    head = ["", "citing_prompt", *(f"holding_{i}" for i in range(5)), "label"]
    of_authors = table(tmp_path / "casehold.csv", head, ["17", "as in (<HOLDING>)", *holdings, "3.0"])
    of_lexglue = parquet(tmp_path / "c.parquet", {"context": "as in (<HOLDING>)", "endings": holdings, "label": 3})
    for path in (of_authors, of_lexglue):
        (raw,) = published_rows("casehold", path)
        assert right(raw) == "holding that 3"
        assert raw.text.endswith("as in (<HOLDING>)")
    assert published_rows("casehold", of_authors)[0].source_id == "17"


def test_legalbench_fills_its_prompt_and_offers_the_labels(tmp_path: Path) -> None:
    folder = tmp_path / "hearsay"
    folder.mkdir()
    (folder / "base_prompt.txt").write_text(
        "Is there hearsay?\n\nQ: solved one\nA: Yes\n\nQ: {{text}} Is there hearsay?\nA:\n"
    )
    rows = [["index", "text", "answer"], ["0", "She said so.", "Yes"], ["1", "He pointed.", "No"]]
    first, second = published_rows("legalbench", table(folder / "test.tsv", *rows, separator="\t"))
    assert first.text == "Is there hearsay?\nQ: She said so. Is there hearsay?"
    assert "solved one" not in first.text
    assert (first.choices, right(first), right(second)) == (("No", "Yes"), "Yes", "No")


def test_a_legalbench_task_of_many_answers_is_asked_openly(tmp_path: Path) -> None:
    rows = [["index", "text", "answer"], *([str(i), f"clause {i}", f"topic {i}"] for i in range(9))]
    raw = published_rows("legalbench", table(tmp_path / "test.tsv", *rows, separator="\t"))[4]
    assert (raw.text, raw.choices, raw.label) == ("clause 4", (), "topic 4")


@pytest.mark.parametrize(
    ("form", "row", "words"),
    [
        ("medqa", {"question": "q"}, r"not of this form: no column 'options'; .*columns 'question'.*form `medqa`"),
        ("mmlu", {"question": "q", "choices": ["a"], "answer": 7}, "option 7 of 1"),
        ("medqa", {"question": "", "options": {"A": "x", "B": "y"}, "answer_idx": "A"}, "no question"),
    ],
)
def test_what_is_of_another_form_is_refused_and_named(tmp_path: Path, form: str, row: Any, words: str) -> None:
    path = lines(tmp_path / "rows.jsonl", row)
    with pytest.raises(EvaluationError, match=words):
        published_rows(form, path)


def test_a_broken_row_or_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text('{"question": ')
    with pytest.raises(EvaluationError, match=r"broken.jsonl:1 cannot be used: not valid JSON"):
        published_rows("medqa", str(tmp_path / "broken.jsonl"))
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(EvaluationError, match="has no rows"):
        published_rows("medqa", str(tmp_path / "empty.jsonl"))
    ragged = table(tmp_path / "law.csv", ["q", "x", "y", "z", "w", "B"], ["q", "x"])
    with pytest.raises(EvaluationError, match="fewer values than the header has columns"):
        published_rows("mmlu", ragged)
