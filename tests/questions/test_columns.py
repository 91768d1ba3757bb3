"""Question files in every form: what is read, what is refused with its place, what fails as a whole."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import FieldMap
from dgrc.errors import QuestionFileError
from dgrc.questions.columns import RawRow, find_files, read_rows

ROWS = [
    {"id": "a", "question": "Which court?", "choices": ["crown", "mill"], "label": "B"},
    {"id": "b", "question": "Which body?", "choices": None, "label": None},
]


def read(path: Path, **fields: Any) -> list[RawRow]:
    return list(read_rows(str(path), FieldMap(**fields)))


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def one_jsonl(folder: Path, row: Any, **fields: Any) -> RawRow:
    (raw,) = read(write(folder / "q.jsonl", json.dumps(row)), **fields)
    return raw


def write_form(path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    text = {
        ".jsonl": "\n".join(map(json.dumps, ROWS)),
        ".json": json.dumps(ROWS),
        ".csv": 'id,question,choices,label\na,Which court?,"[""crown"", ""mill""]",B\nb,Which body?,,\n',
        ".tsv": 'id\tquestion\tchoices\tlabel\na\tWhich court?\t["crown", "mill"]\tB\nb\tWhich body?\t\t\n',
    }[path.suffix]
    return write(path, text)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet", ".csv", ".tsv"])
def test_every_form_gives_the_same_rows(tmp_path: Path, suffix: str) -> None:
    court, body = read(write_form(tmp_path / f"q{suffix}"))
    assert (court.text, court.choices, court.label, court.source_id) == ("Which court?", ("crown", "mill"), "B", "a")
    assert (body.text, body.choices, body.source_id) == ("Which body?", (), "b")
    assert body.label in (None, "")  # CSV cannot tell nothing from an empty text
    assert court.error is None and body.error is None


@pytest.mark.parametrize(
    ("row", "choices"),
    [
        ({"a": "crown", "b": "mill"}, ("crown", "mill")),
        ({"a": "crown", "b": ""}, ("crown",)),  # a row may have fewer
        ({"a": None, "b": None}, ()),
        ({"a": None, "b": "mill"}, ("mill",)),  # the others move up
        ({"a": "x", "b": 7}, ("x", "7")),
        ({"a": float("nan"), "b": "nan"}, ("nan",)),
    ],
)
def test_options_may_stand_in_a_column_each(tmp_path: Path, row: dict[str, Any], choices: tuple[str, ...]) -> None:
    assert one_jsonl(tmp_path, {"question": "Which?", **row}, choices=("a", "b")).choices == choices


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"a": "x", "b": ["y"]}, "its option 2 is a list, text is wanted"),
        ({}, "none of the fields a, b"),
    ],
)
def test_options_in_columns_that_cannot_be_read_are_refused(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    assert says in (one_jsonl(tmp_path, {"question": "Which?", **row}, choices=("a", "b")).error or "")


@pytest.mark.parametrize(("suffix", "first"), [(".jsonl", 1), (".json", 1), (".parquet", 1), (".csv", 2)])
def test_places_count_as_an_editor_does(tmp_path: Path, suffix: str, first: int) -> None:
    path = write_form(tmp_path / f"q{suffix}")
    assert [r.place for r in read(path)] == [f"{path}:{first}", f"{path}:{first + 1}"]


def test_csv_columns_are_found_by_the_field_map(tmp_path: Path) -> None:
    path = write(tmp_path / "q.csv", "\ufeffnr,Frage,Loesung\n7,Welches Gericht?,Krone\n")
    (row,) = read(path, text="Frage", source_id="nr", label="Loesung", choices=None)
    assert (row.text, row.source_id, row.label) == ("Welches Gericht?", "7", "Krone")


def test_a_long_csv_cell_is_read_whole(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "q.csv", f'question\n"{"so it is, " * 30_000}"\n'))
    assert len(row.text) == 30_000 * 10 - 1


def test_conversations_need_no_field_map(tmp_path: Path) -> None:
    human = "Which court?\nA. crown\nB. mill\nAnswer with the letter."
    row = {"id": 7, "conversations": [{"from": "human", "value": human}, {"from": "gpt", "value": "B"}]}
    raw = one_jsonl(tmp_path, row)
    assert (raw.text, raw.choices, raw.label, raw.source_id) == ("Which court?", ("crown", "mill"), "B", "7")


def test_a_label_that_is_a_number_becomes_text(tmp_path: Path) -> None:
    assert one_jsonl(tmp_path, {"question": "How many?", "label": 7}).label == "7"
    assert one_jsonl(tmp_path, {"question": "How many?", "label": 0}).label == "0"


def test_ids_and_labels_of_whole_numbers_that_pandas_made_floats_are_those_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [7, None], "question": ["Which?", "How?"], "label": [2, None]})
    frame.to_parquet(tmp_path / "q.parquet")
    first, second = read_rows(str(tmp_path / "q.parquet"), FieldMap())
    assert (first.source_id, first.label, second.source_id, second.label) == ("7", "2", "", None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": 1, "frage": "x"}, r"no field 'question'.*'id', 'frage'"),
        ({"question": None}, r"field 'question' is null"),
        ({"question": 7}, r"field 'question' is a int, text is wanted"),
        ({"question": "x", "choices": "A, B"}, r"field 'choices' is not a JSON list: 'A, B'"),
        ({"question": "x", "choices": 7}, r"field 'choices' is not a list of texts, but a int"),
        ({"question": "x", "choices": ["y", [2]]}, r"its option 2 is a list, text is wanted"),
        ({"conversations": [{"from": "gpt", "value": "x"}]}, r"no turn with `from: human`"),
        ({"conversations": None}, r"no turn with `from: human`"),
        ({"conversations": ["x"]}, r"turn 1 of `conversations` is a str, an object with `from` and `value` is wanted"),
        ({"conversations": [{"from": "human", "value": 7}]}, r"human turn is a int, text is wanted"),
        (["x"], r"a JSON list where an object is wanted"),
        ({"question": "half \ud83d of a sign"}, r"half of a character"),
        ({"question": "x", "choices": ["y", "\udc00"]}, r"half of a character"),
        ({"question": "x", "id": "\udc00"}, r"half of a character"),
    ],
)
def test_a_row_of_the_wrong_kind_is_refused_alone(tmp_path: Path, row: Any, says: str) -> None:
    import re

    path = write(tmp_path / "q.jsonl", json.dumps(row) + "\n" + json.dumps({"question": "fine?"}))
    bad, good = read(path)
    assert bad.error is not None and re.search(says, bad.error), bad.error
    assert bad.place == f"{path}:1" and not bad.text
    assert good.text == "fine?" and good.error is None


@pytest.mark.parametrize("line", [b'{"question": ', b"[1", b'{"question": "\xff\xfe"}', b"[" * 100_000])
def test_a_line_that_is_no_json_is_refused_alone_and_blank_lines_are_none(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path / "q.jsonl", b'{"question": "one?"}\n\n' + line + b'\n{"question": "two?"}\n')
    one, bad, two = read(path)
    assert (one.text, two.text) == ("one?", "two?")
    assert bad.place == f"{path}:3" and bad.error is not None and bad.error.startswith("not valid JSON")
    assert two.place == f"{path}:4"


def test_a_csv_row_with_too_many_values_is_refused_alone(tmp_path: Path) -> None:
    bad, good = read(write(tmp_path / "q.csv", "id,question\n1,which court, and why?\n2,which body?\n"))
    assert bad.error is not None and "more values than the header" in bad.error
    assert good.text == "which body?"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.json", b"{garbage"),
        ("q.json", b'{\n"question": "not in a list"\n}'),
        ("q.json", b"[" * 100_000),
        ("q.json", b'["\xff"]'),
        ("q.parquet", b"PAR1 this is none"),
        ("q.csv", b"id,caf\xe9\n1,which court ?\n"),
    ],
)
def test_a_file_that_is_garbage_as_a_whole_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(QuestionFileError, match=r"cannot be read: .+ Mend or remove it") as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_files_come_in_order_and_once(tmp_path: Path) -> None:
    b, a = write(tmp_path / "b.jsonl", ""), write(tmp_path / "a.jsonl", "")
    assert find_files((str(b), f"{tmp_path}/*.jsonl")) == [str(b), str(a)]


def test_files_that_are_not_there_or_of_no_known_kind_are_named(tmp_path: Path) -> None:
    write(tmp_path / "q.txt", "")
    with pytest.raises(QuestionFileError, match=r"No question file matches '.*absent\.jsonl'.*\.tsv files"):
        find_files((str(tmp_path / "absent.jsonl"),))
    with pytest.raises(QuestionFileError, match=r"q\.txt has an unknown suffix; wanted is one of \.jsonl"):
        find_files((str(tmp_path / "*"),))
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(QuestionFileError, match=r"folder\.jsonl' is a folder, files are wanted.*/\*\.jsonl' say\."):
        find_files((str(tmp_path / "folder*"),))
    with pytest.raises(QuestionFileError, match=r"'\.' is a folder"):
        find_files(("",))
    with pytest.raises(QuestionFileError, match=r"`questions\.files`"):
        find_files(())


@pytest.mark.parametrize(
    ("said", "several"),
    [(True, True), (1, True), ("yes", True), ("TRUE", True), ("1", True), (False, False), (0, False), ("no", False),
     ("", False), (None, False), ("0", False), ("多项选择题", True), ("不定项选择题", True), ("单项选择", False),
     ("判断题", False)],
)  # fmt: skip
def test_a_column_says_whether_several_options_may_be_right(tmp_path: Path, said: Any, several: bool) -> None:
    raw = one_jsonl(tmp_path, {"question": "Which?", "choices": ["x", "y"], "several": said})
    assert (raw.error, raw.several) == (None, several)
    assert not one_jsonl(tmp_path, {"question": "Which?", "several": said}).several, "there are no options"
    assert not one_jsonl(tmp_path, {"question": "Which?", "choices": ["x", "y"], "several": said}, several=None).several


def test_a_cell_that_does_not_say_it_is_refused(tmp_path: Path) -> None:
    raw = one_jsonl(tmp_path, {"question": "Which?", "choices": ["x", "y"], "several": "three"})
    assert raw.error is not None and "'several' is 'three'; wanted is true or false" in raw.error
    many = [f"option {number}" for number in range(27)]
    assert "26 at most" in str(one_jsonl(tmp_path, {"question": "Which?", "choices": many, "several": 1}).error)


def test_options_that_come_lettered_lose_their_letters(tmp_path: Path) -> None:
    lettered = ["A、甲", "B、乙", "C、丙"]
    assert one_jsonl(tmp_path, {"question": "哪项？", "choices": lettered}).choices == ("甲", "乙", "丙")
    raw = one_jsonl(tmp_path, {"question": "哪项？A.甲 B.乙 C.丙", "label": "B"})
    assert (raw.text, raw.choices) == ("哪项？", ("甲", "乙", "丙"))
