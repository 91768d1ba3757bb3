"""Hostile files: what is wrong with one row costs that row alone, and nothing is taken in beyond the limits."""

import gzip
import json
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import CorpusConfig, FieldMap, LimitsConfig
from dgrc.corpus.documents import documents
from dgrc.errors import QuestionFileError
from dgrc.method.reading.options import MOST_CHOICES
from dgrc.questions.columns import RawRow, find_files, read_rows
from dgrc.questions.files.formats import BROKEN, raw_rows

SMALL = LimitsConfig(row_bytes=1024, file_bytes=4096, json_depth=4)


def read(path: Path, content: bytes, limits: LimitsConfig = SMALL) -> list[RawRow]:
    path.write_bytes(content)
    return list(read_rows(str(path), FieldMap(), limits))


def outcome(path: Path, content: bytes) -> list[tuple[int, str]]:
    """Each row's line, with its text or why it has none."""
    return [(int(row.place.rpartition(":")[2]), row.error or row.text) for row in read(path, content)]


def test_a_line_without_end_costs_itself(tmp_path: Path) -> None:
    long = b'{"question": "' + b"x" * 5000 + b'"}\n'
    rows = outcome(tmp_path / "q.jsonl", b'{"question": "one"}\n' + long + b'{"question": "two"}\n' + long.strip())
    too_long = "it is longer than `limits.row_bytes` 1,024"
    assert rows == [(1, "one"), (2, too_long), (3, "two"), (4, too_long)]


def test_deep_rows_cost_themselves_and_brackets_in_text_are_none(tmp_path: Path) -> None:
    deep = b'{"question": "q", "meta": ' + b"[" * 9 + b"]" * 9 + b"}\n"
    flat = b'{"question": "[[[[[[[[[[ {{{{{{{{{{"}\n'
    (_, refused), (_, kept) = outcome(tmp_path / "q.jsonl", deep + flat)
    assert refused == "it is nested deeper than `limits.json_depth` 4" and kept.startswith("[[[")
    listed = b"[" + deep.strip() + b"," + flat.strip() + b"]"
    assert outcome(tmp_path / "q.json", listed) == [(1, refused), (2, kept)]


def test_what_must_be_read_whole_has_a_limit(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"larger than `limits.file_bytes` 4,096"):
        read(tmp_path / "q.json", b"[" + b" " * 5000 + b"]")
    bomb = tmp_path / "d.txt.gz"
    bomb.write_bytes(gzip.compress(b"a" * 100_000))
    with pytest.raises(ValueError, match=r"larger than `limits.file_bytes`"):
        list(documents(str(bomb), CorpusConfig(limits=SMALL)))


def test_a_quote_that_is_never_closed_costs_its_row(tmp_path: Path) -> None:
    never = b'id,question\n1,one\n2,"two\n3,three\n4,four\n'
    assert outcome(tmp_path / "q.csv", never) == [
        (2, "one"), (3, "a quote is opened in it and never closed"), (4, "three"), (5, "four"),
    ]  # fmt: skip
    closed = b'id,question\n1,"one\nand ""more"""\n2,two\n'
    assert outcome(tmp_path / "q.csv", closed) == [(2, 'one\nand "more"'), (4, "two")]


def test_csv_rows_that_are_too_long_or_no_text_cost_themselves(tmp_path: Path) -> None:
    table = b"id,question\n1,one\n2," + b"x" * 3000 + b"\n3,caf\xe9\n4,four\n5,\x00five\n"
    rows = outcome(tmp_path / "q.csv", table)
    assert rows == [
        (2, "one"), (3, "it is longer than `limits.row_bytes` 1,024"), (4, "it is not UTF-8 text"), (5, "four"),
        (6, "\x00five"),
    ]  # fmt: skip


def test_a_csv_row_of_too_many_lines_is_given_up_and_its_lines_are_read_again(tmp_path: Path) -> None:
    lines = [b"%d,%s" % (n, b"y" * 80) for n in range(20)]
    rows = outcome(tmp_path / "q.csv", b'id,question\n0,"open\n' + b"\n".join(lines) + b'\n9,"closed"\n')
    assert rows[0] == (2, "it is longer than `limits.row_bytes` 1,024")
    assert [place for place, _ in rows[1:]] == list(range(3, 24)) and rows[-1] == (23, "closed")


def test_half_open_quotes_are_read_in_linear_time(tmp_path: Path) -> None:
    """Every line opens a quote; counted are the lines that the reader is handed."""
    from dgrc.questions.files import tables as module

    path, handed = tmp_path / "q.csv", 0
    path.write_bytes(b"question\n" + b'"a\n' * 3000 + b'""x,"\n' * 3000)

    class Counting(module._Feed):
        def __next__(self) -> str:
            nonlocal handed
            handed += 1
            return super().__next__()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_Feed", Counting)
        assert list(raw_rows(str(path), SMALL))
    assert handed < 20_000


def test_one_cell_that_cannot_be_read_costs_its_row(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0\5\0\0\0\b\0\0\0"), pa.py_buffer(b"one\xff\xfetwo")]
    )
    pq.write_table(pa.table({"question": bad, "id": ["a", "b", "c"]}), tmp_path / "q.parquet")
    one, refused, two = read_rows(str(tmp_path / "q.parquet"), FieldMap())
    assert (one.text, two.text) == ("one", "two")
    assert refused.place.endswith(":2") and refused.error is not None
    assert refused.error.startswith("its column 'question' cannot be read: 'utf-8' codec")


def test_a_parquet_file_that_breaks_off_is_named_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table({"question": [f"which court {i} ?" for i in range(1000)]}), path)
    for keep in (0, 3, 20, path.stat().st_size // 2, path.stat().st_size - 1):
        cut = tmp_path / "cut.parquet"
        with pytest.raises(QuestionFileError, match="cannot be read"):
            read(cut, path.read_bytes()[:keep])


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_broken_archive_is_told_as_such(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress("\n".join(json.dumps({"text": f"{i * 7919}"}) for i in range(5000)).encode()))
    if damage == "cut":
        packed = packed[: len(packed) // 2]
    else:
        packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "d.jsonl.gz").write_bytes(packed)
    with pytest.raises((EOFError, OSError, zlib.error)) as caught:
        list(documents(str(tmp_path / "d.jsonl.gz"), CorpusConfig()))
    assert isinstance(caught.value, BROKEN)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"question": "q", "choices": ["x"] * (MOST_CHOICES + 1)}, r"it has 703 choices; letters tell 702 apart"),
        ({f"column {i}": 1 for i in range(5000)}, r"'column 19' and 4,980 more"),
        ({"question": "q", "choices": "[" * 100_000}, r"is not a JSON list"),
    ],
)
def test_rows_of_monstrous_size_are_refused_in_few_words(tmp_path: Path, row: dict[str, object], says: str) -> None:
    (refused,) = read(tmp_path / "q.jsonl", json.dumps(row).encode(), LimitsConfig())
    assert refused.error is not None and says in refused.error and len(refused.error) < 1000


def test_a_byte_order_mark_and_windows_lines_are_no_trouble(tmp_path: Path) -> None:
    assert outcome(tmp_path / "q.jsonl", b'\xef\xbb\xbf{"question": "one"}\r\n\r\n{"question": "two"}\r\n') == [
        (1, "one"), (3, "two"),
    ]  # fmt: skip
    assert outcome(tmp_path / "q.csv", b"\xef\xbb\xbfid,question\r\n1,one\r\n\r\n2,two\r\n") == [(2, "one"), (4, "two")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", ["q.jsonl", "q.csv", "q.tsv"])
def test_text_in_another_unicode_is_refused_as_a_whole(tmp_path: Path, name: str, packed: str, encoding: str) -> None:
    """Lines that are told by the byte of a line's end are shifted in it: some would be lost, some read as others."""
    lines = '{"question": "one"}\n{"question": "two"}\n' if name == "q.jsonl" else "question\none\ntwo\n"
    content = lines.encode(encoding)
    with pytest.raises(QuestionFileError, match=f"it is {encoding.upper()} by its first bytes, wanted is UTF-8: iconv"):
        read(tmp_path / (name + packed), gzip.compress(content) if packed else content)


def test_a_line_is_utf_8_or_refused_for_that(tmp_path: Path) -> None:
    nulls = '{"question": "one"}'.encode("utf-16-le") + b"\n"
    rows = outcome(tmp_path / "q.jsonl", b'{"question": "caf\xe9"}\n' + nulls)
    assert rows[0] == (1, "not valid JSON: it is not UTF-8 text") and rows[1][1].startswith("not valid JSON")


def test_an_empty_json_file_has_no_rows_as_any_other(tmp_path: Path) -> None:
    assert [outcome(tmp_path / "q.json", content) for content in (b"", b"\xef\xbb\xbf\r\n ", b"[]")] == [[], [], []]


def test_a_file_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / b"q\xff.jsonl".decode("utf-8", "surrogateescape")).write_bytes(b"")
    with pytest.raises(QuestionFileError, match=r"is not UTF-8\. Rename it"):
        find_files((f"{tmp_path}/*.jsonl",))
