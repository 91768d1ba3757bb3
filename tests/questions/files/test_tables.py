"""Tables: CSV by its standard, TSV as its writer meant it."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgrc.config import LimitsConfig
from dgrc.questions.files import tables
from dgrc.questions.files.formats import raw_rows

LIMITS = LimitsConfig()
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x85\u2028\u2029"), max_size=12)


def read(path: Path, content: str | bytes, limits: LimitsConfig = LIMITS) -> list[tuple[int, object]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(raw_rows(str(path), limits))


def texts(folder: Path, *lines: str) -> list[tuple[int, object]]:
    """The lines and the `text` of a TSV of `id` and `text`."""
    rows = read(folder / "q.tsv", "\n".join(["id\ttext", *lines]))
    return [(number, row["text"] if isinstance(row, dict) else row) for number, row in rows]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        # Written by somebody who does not quote.
        (['1\t"Stop" he said', "2\tyes"], [(2, '"Stop" he said'), (3, "yes")]),
        (['1\t"never closed', '2\t"nor this', "3\tyes"], [(2, '"never closed'), (3, '"nor this'), (4, "yes")]),
        (['1\ta 5" pipe', "2\tyes"], [(2, 'a 5" pipe'), (3, "yes")]),
        (['1\t"', "2\tyes"], [(2, '"'), (3, "yes")]),
        (['1\t"one', '2\ta 5"\t', "3\tyes"], [(2, '"one'), (3, "more values than the header has columns"), (4, "yes")]),
        (['"1\tno"', "2\tyes"], [(2, 'no"'), (3, "yes")]),
        # Written by somebody who does.
        (['1\t"Stop"', "2\tyes"], [(2, "Stop"), (3, "yes")]),
        (['1\t"say ""stop"" twice"', "2\tyes"], [(2, 'say "stop" twice'), (3, "yes")]),
        (['1\t"with a\ttab"', "2\tyes"], [(2, "with a\ttab"), (3, "yes")]),
        (['1\t"one', "", 'two"', "2\tyes"], [(2, "one\n\ntwo"), (5, "yes")]),
        (['1\t""', "2\tyes"], [(2, ""), (3, "yes")]),
        # Whatever it is.
        (["1", "", "2\tyes"], [(2, None), (4, "yes")]),
        (["1\tx\ty", "2\tyes"], [(2, "more values than the header has columns"), (3, "yes")]),
    ],
)  # fmt: skip
def test_a_quote_sign_in_a_tsv_is_text_unless_the_field_is_closed_as_quoted(
    tmp_path: Path, lines: list[str], wanted: list[tuple[int, object]]
) -> None:
    assert texts(tmp_path, *lines) == wanted


@pytest.mark.parametrize(
    ("name", "header", "says"),
    [
        ("q.csv", "id;question;label", "a semicolon; wanted is a comma"),
        ("q.csv", "id\tthe question", "a tab; wanted is a comma"),
        ("q.csv", "id|question", "a bar; wanted is a comma"),
        ("q.tsv", "id,question", "a comma; wanted is a tab"),
    ],
)
def test_a_header_that_other_signs_put_apart_is_refused(tmp_path: Path, name: str, header: str, says: str) -> None:
    (tmp_path / name).write_text(f"{header}\n1 2\n")
    with pytest.raises(ValueError, match=says):
        list(raw_rows(str(tmp_path / name)))
    for good in ("question", "Which one, say?" if name == "q.tsv" else "question;"):
        (tmp_path / name).write_text(f"{good}\n1 2\n")
        assert [row for _, row in raw_rows(str(tmp_path / name))] == [{good: "1 2"}]


def test_in_a_csv_a_quote_opens_a_field_as_the_standard_says(tmp_path: Path) -> None:
    rows = read(tmp_path / "q.csv", 'id,text\n1,"one\ntwo"\n2,"a ""b"" c"\n')
    assert [row["text"] for _, row in rows if isinstance(row, dict)] == ["one\ntwo", 'a "b" c']


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS.filter(str.strip), CELLS, CELLS), min_size=1, max_size=6))
def test_what_is_written_without_quoting_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    """Fields that are closed as quoted mean what is inside, so none of those."""
    rows = [tuple(cell.replace("\t", " ").lstrip('"') for cell in row) for row in rows]
    path = tmp_path_factory.mktemp("t") / "q.tsv"
    found = read(path, "\n".join(["a\tb\tc", *("\t".join(("x" + row[0], *row[1:])) for row in rows)]))
    assert [tuple(row.values()) for _, row in found if isinstance(row, dict)] == [("x" + r[0], *r[1:]) for r in rows]


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, st.text(st.sampled_from('ab"\t\n '), max_size=12)), min_size=1, max_size=6))
def test_what_libraries_write_with_quotes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("t") / "q.tsv"
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        pd.DataFrame(rows, columns=["a", "b"]).to_csv(path, sep="\t", index=False, quoting=quoting)
        found = [row for _, row in raw_rows(str(path), LIMITS)]
        assert [tuple(row.values()) for row in found if isinstance(row, dict)] == rows


def test_marks_and_line_ends_of_windows_are_no_part_of_a_cell(tmp_path: Path) -> None:
    for name, mark in (("q.tsv", "\t"), ("q.csv", ",")):
        content = f'\ufeffid{mark}text\r\n1{mark}"quoted"\r\n\r\n2{mark}plain\r\n'
        assert read(tmp_path / name, content) == [(2, {"id": "1", "text": "quoted"}), (4, {"id": "2", "text": "plain"})]


def test_rows_that_are_too_long_or_no_text_cost_themselves(tmp_path: Path) -> None:
    small = LimitsConfig(row_bytes=1024)
    lines = [b"id\ttext", b"1\t" + b"x" * 5000, b"2\tcaf\xe9", b'3\t"open ' + b"y" * 900, b"z" * 900 + b'"', b"4\tyes"]
    rows = read(tmp_path / "q.tsv", b"\n".join(lines), small)
    said = [(number, row if isinstance(row, str) else row["text"]) for number, row in rows]
    assert said[:2] == [(2, "it is longer than `limits.row_bytes` 1,024"), (3, "it is not UTF-8 text")]
    assert [number for number, _ in said] == [2, 3, 4, 5, 6] and said[-1] == (6, "yes")


@pytest.mark.parametrize("line", ['1\t"a', '1\t"a""', '"""\t"', '""\t"', '1\t"a\t"b\t"c', '"', '1\t"""x'])
def test_half_open_quotes_are_read_in_linear_time(tmp_path: Path, line: str) -> None:
    """Counted are the lines that are handed out again."""
    handed = 0

    class Counting(tables._Feed):
        def __next__(self) -> str:
            nonlocal handed
            handed += 1
            return super().__next__()

    path = tmp_path / "q.tsv"
    path.write_text("id\ttext\n" + f"{line}\n" * 3000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_Feed", Counting)
        assert list(raw_rows(str(path), LIMITS))
    assert handed < 20_000


def test_a_table_without_a_header_may_have_one(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,answer\nwhich ?,B\n")
    names, limits = ["text", "label"], LIMITS
    assert list(tables.table_rows(str(path), limits, names=names)) == [
        (1, {"text": "question", "label": "answer"}), (2, {"text": "which ?", "label": "B"}),
    ]  # fmt: skip
    found = tables.table_rows(str(path), limits, names=names, header=lambda values: "answer" in values)
    assert list(found) == [(2, {"question": "which ?", "answer": "B"})]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_columns_of_one_name_are_all_kept(tmp_path: Path, suffix: str) -> None:
    lines = ["note,a,note,note.1,note", "1,2,3,4,5"]
    content = "\n".join(line.replace(",", {"csv": ",", "tsv": "\t"}[suffix]) for line in lines)
    ((_, row),) = read(tmp_path / f"q.{suffix}", content)
    assert row == {"note": "1", "a": "2", "note.2": "3", "note.1": "4", "note.3": "5"}
