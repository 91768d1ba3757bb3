"""Options in every form that rows have them in, and labels that go with them: none is lost, none made of nothing."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import FieldMap
from dgrc.questions.columns import RawRow, pick, read_rows
from dgrc.questions.options import Choices, Unusable, pairs

NAN = float("nan")


def asked(choices: Any, label: Any = None, name: str = "choices", **fields: Any) -> RawRow:
    row = {"question": "Which?", name: choices, "label": label}
    return pick("q:1", row, FieldMap(**{"choices": name, **fields}))


@pytest.mark.parametrize(
    ("choices", "texts"),
    [
        (["a", "b"], ("a", "b")),
        ({"A": "a", "B": "b"}, ("a", "b")),
        ({"B": "b", "A": "a"}, ("a", "b")),
        ({"A": "a", "B": "b", "C": "", "D": None, "E": NAN}, ("a", "b")),
        ({"option_b": "b", "option_a": "a"}, ("a", "b")),
        ({"10": "k", "9": "j"}, ("j", "k")),
        ({"yes": "a", "no": "b"}, ("a", "b")),
        ([{"key": "A", "value": "a"}, {"key": "B", "value": "b"}], ("a", "b")),
        ([{"label": "B", "text": "b"}, {"label": "A", "text": "a"}], ("a", "b")),
        ([{"text": "a"}, {"text": "b"}], ("a", "b")),
        ([{"A": "a"}, {"B": "b"}], ("a", "b")),
        ({"text": ["a", "b"], "label": ["A", "B"]}, ("a", "b")),
        ({"text": ["b", "a"], "label": ["B", "A"]}, ("a", "b")),
        ({"choices": ["a", "b"], "labels": [1, 0]}, None),
        ({"texts": ["a", "b"], "labels": [0, 0]}, ("a", "b")),
        ('["a", "b"]', ("a", "b")),
        ('{"A": "a", "B": "b"}', ("a", "b")),
        ([("A", "a"), ("B", "b")], ("a", "b")),
        ("A. a\nB. b", ("a", "b")), ("(A) a\r\n(B) b", ("a", "b")), ("A a\nB b", ("a", "b")),
        ("A、a\nB、b", ("a", "b")),
        ("Ａ．甲\nＢ．乙", ("甲", "乙")), ("【A】甲\n【B】乙", ("甲", "乙")),
        ("A a\nB b\nD d", None),  # an option is lost: neither is D a part of B
        ("A a\nB b by\nK. pneumoniae", ("a", "b by K. pneumoniae")),
        (["A. a", "", "C. c"], ("a", "c")), (["A. a", "B. b", "C. "], ("a", "b")), (["", "B) b", "C) c"], ("b", "c")),
        ({"A": "A、甲", "B": "", "C": "C、丙"}, ("甲", "丙")), (["A.", "B.", "C."], ("A.", "B.", "C.")),
        (["A. a", None, "B. b"], ("a", "b")), (["Vitamin", "", "C. difficile"], ("Vitamin", "C. difficile")),
        ([1.0, 2.5, NAN], ("1", "2.5")),  # pandas' floats
        ("A a\n  goes on\nB b", ("a goes on", "b")), ("A a\nB\nC c", ("a", "c")), ("Aa\nBb", None),
        ([1, 2.5, True, Decimal("0.1"), datetime.date(2026, 1, 2)], ("1", "2.5", "True", "0.1", "2026-01-02")),
        (["a", None, "b", "", "  ", NAN, pd.NA], ("a", "b")),
        (["nan", "None", "null", "N/A"], ("nan", "None", "null", "N/A")),
        ([], ()), ({}, ()), (None, ()), (NAN, ()), ("", ()), ([None, ""], ()), ({"A": None, "B": ""}, ()),
    ],
)  # fmt: skip
def test_options_are_read_in_every_form(choices: Any, texts: tuple[str, ...] | None) -> None:
    raw = asked(choices)
    assert (raw.choices if raw.error is None else None) == texts


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ("A, B", "not a JSON list: 'A, B'"),
        (7, "not a list of texts, but a int"),
        (["a", ["b"]], "option 2 is a list"),
        ({"A": {"deep": 1}}, "option 1 is a dict"),
        ([{"a": 1, "b": 2}], "option 1 of the field 'choices' is an object with 'a', 'b'; wanted are 'text' and 'key'"),
        ({"text": ["a", "b"], "label": ["A"]}, "has 2 texts and 1 keys"),
        ({"odd": ["a", "b"]}, "an object with 'odd'"),
        (["x"] * 703, "it has 703 choices; letters tell 702 apart"),
    ],
)
def test_options_that_cannot_be_read_are_refused_with_the_reason(choices: Any, says: str) -> None:
    assert says in (asked(choices).error or "")


@pytest.mark.parametrize(
    ("choices", "label", "right"),
    [
        (["a", None, "c"], "C", "c"),  # it was the third
        (["a", None, "c"], "(c)", "c"),
        (["a", None, "c"], "A", "a"),
        (["a", None, "c"], "<answer>C</answer>", None),
        ({"A": "a", "B": None, "C": "c"}, "C", "c"),
        ({"B": "b", "A": "a"}, "B", "b"),
        ({"1": "x", "2": "y"}, "2", "y"),
        ({"1": "x", "2": "y"}, 2, "y"),
        ({"1": "x", "2": "y"}, 2.0, "y"),
        ({"0": "x", "1": "y"}, 1, "y"),
        ({"text": ["x", "y"], "label": ["1", "2"]}, "2", "y"),
        ({"yes": "it may", "no": "it may not"}, "no", "it may not"),
        ({"B": "b", "C": "c"}, "C", "c"),
        (["a", "b"], "B", "b"),
        (["a", "b", None], "B", "b"),
        (["A. a", None, "C. c"], "C", "c"),
        (["A. a", None, "C. c"], "C. c", "c"),
        (["A. a", "B. ", "C. c"], "C", "c"),
    ],
)
def test_a_label_names_the_option_that_it_named_before(choices: Any, label: Any, right: str | None) -> None:
    raw = asked(choices, label)
    assert raw.error is None
    if right is None:
        assert raw.label is None and raw.unlabeled is not None and "some of these are null" in raw.unlabeled
    else:
        assert raw.label is not None and raw.choices["ABC".index(raw.label)] == right


def test_a_label_by_its_text_stays_as_it_is() -> None:
    assert asked(["a", None, "c"], "c d").unlabeled is not None
    assert asked(["crown court", None, "mill"], "Crown Court").label == "Crown Court"
    assert asked({"1": "x", "2": "y"}, "y").label == "y"


@pytest.mark.parametrize(
    ("choices", "label", "says"),
    [
        (["a", None, "c"], "B", "names an option that is null or empty"),
        ({"1": "2", "2": "1"}, "2", "the key of one option and the text of another"),
        (["a", None, "c"], "F", "no letter, key or text of an option"),
    ],
)
def test_a_label_that_cannot_be_told_costs_the_label_and_no_question(choices: Any, label: str, says: str) -> None:
    """Curation reads no labels: with others it must keep the same questions."""
    raw = asked(choices, label)
    assert raw.error is None and len(raw.choices) == 2
    assert raw.label is None and raw.unlabeled is not None and says in raw.unlabeled


def test_columns_of_options_may_be_named_by_the_label() -> None:
    row = {"question": "Which?", "opa": "x", "opb": None, "opc": "z", "label": "opc"}
    fields = FieldMap(choices=("opa", "opb", "opc"))
    assert (pick("q", row, fields).choices, pick("q", row, fields).label) == (("x", "z"), "B")
    assert pick("q", {**row, "label": "C"}, fields).label == "B"
    assert pick("q", {**row, "label": "b"}, fields).unlabeled is not None


def test_options_of_a_table_whose_columns_are_not_all_filled(tmp_path: Path) -> None:
    """One Parquet file has one schema: questions of four options stand beside those of five, and pandas makes NaN."""
    path = tmp_path / "q.parquet"
    rows = [{"question": "Q1?", "options": {"A": "x", "B": "y", "C": None}, "label": "B"},
            {"question": "Q2?", "options": {"A": "x", "B": "y", "C": "z"}, "label": "C"}]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = list(read_rows(str(path), FieldMap(choices="options")))
    assert [(raw.choices, raw.label) for raw in found] == [(("x", "y"), "B"), (("x", "y", "z"), "C")]
    frame = pd.DataFrame({"question": ["Q?", None], "a": [1.5, 2], "b": ["x", "y"], "c": [NAN, "z"]})
    frame.to_json(tmp_path / "q.jsonl", orient="records", lines=True)
    first, second = read_rows(str(tmp_path / "q.jsonl"), FieldMap(choices=("a", "b", "c")))
    assert first.choices == ("1.5", "x") and second.error == "the field 'question' is null"
    (tmp_path / "nan.jsonl").write_text('{"question": "Q?", "choices": ["x", NaN, "y"], "label": NaN, "id": NaN}\n')
    (raw,) = read_rows(str(tmp_path / "nan.jsonl"), FieldMap())
    assert (raw.choices, raw.label, raw.source_id, raw.error) == (("x", "y"), None, "", None)
    (tmp_path / "text.jsonl").write_text('{"question": NaN}\n')
    assert next(iter(read_rows(str(tmp_path / "text.jsonl"), FieldMap()))).error == "the field 'question' is null"


def test_a_map_of_parquet_is_read_as_an_object(tmp_path: Path) -> None:
    column = pa.array([[("A", "x"), ("B", "y")]], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table({"question": ["Q?"], "choices": column}), tmp_path / "q.parquet")
    (raw,) = read_rows(str(tmp_path / "q.parquet"), FieldMap())
    assert raw.choices == ("x", "y")


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 100_000, '"' * 100_000, "a" * 100_000])
def test_hostile_cells_are_refused_at_once(text: str) -> None:
    with pytest.raises(Unusable, match="not a JSON list"):
        pairs(text, "it")
    assert Choices.of([(None, "x")] * 702).texts[0] == "x"
    assert json.dumps(asked(text).error or "").count("[") < 100
