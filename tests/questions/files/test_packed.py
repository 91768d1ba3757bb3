"""Packed files: all kinds in all packings read as what is in them, and broken or monstrous ones are told."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dgrc.config import CorpusConfig, FieldMap, LimitsConfig
from dgrc.corpus.documents import documents
from dgrc.errors import QuestionFileError
from dgrc.questions.columns import find_files, read_rows
from dgrc.questions.files import packed
from dgrc.questions.files.formats import SUFFIXES
from dgrc.questions.published import published_rows
from dgrc.questions.recorded import read_chain_files
from tests.questions.test_columns import ROWS, write_form

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def pack(path: Path, packing: str) -> Path:
    """A file's packed twin beside it."""
    twin = path.with_name(path.name + packing)
    twin.write_bytes(PACK[packing](path.read_bytes()))
    return twin


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_in_every_packing_reads_as_it_is(tmp_path: Path, suffix: str, packing: str) -> None:
    plain = write_form(tmp_path / f"q{suffix}")
    path = pack(plain, packing)
    rows = [list(read_rows(str(file), FieldMap())) for file in (plain, path)]
    assert [(r.text, r.choices, r.source_id, r.error) for r in rows[0]] == [
        (r.text, r.choices, r.source_id, r.error) for r in rows[1]
    ]
    assert len(rows[1]) == 2 and rows[1][0].choices == ("crown", "mill")
    assert find_files((str(path),)) == [str(path)]
    corpus = CorpusConfig(text="question", title=None, id=None)
    texts = [row["question"] for _, row in documents(str(path), corpus) if isinstance(row, dict)]
    assert texts == ["Which court?", "Which body?"]


@pytest.mark.parametrize("packing", PACK)
def test_benchmarks_and_chains_may_be_packed(tmp_path: Path, packing: str) -> None:
    table = tmp_path / "test.tsv"
    table.write_text("index\ttext\tanswer\n0\tIs it ?\tYes\n1\tIs it not ?\tNo\n")
    rows = published_rows("legalbench", str(pack(table, packing)))
    assert [(row.text, row.choices, row.label) for row in rows] == [
        ("Is it ?", ("No", "Yes"), "B"), ("Is it not ?", ("No", "Yes"), "A"),
    ]  # fmt: skip
    headless = tmp_path / "law.CSV"
    headless.write_text("who, then ?,x,y,z,w,B\n".replace("who, then ?", '"who, then ?"'))
    (raw,) = published_rows("mmlu", str(pack(headless, packing)))
    assert (raw.text, raw.choices, raw.label) == ("who, then ?", ("x", "y", "z", "w"), "B")
    chains = tmp_path / "c.json"
    chains.write_text(json.dumps([{"id": "a", "chains": ["so it is"]}]))
    found = read_chain_files([str(pack(chains, packing))], {"a": 1}, {1}, lambda row: pytest.fail(row.detail))
    assert [chain.text for chain in found[1]] == ["so it is"]


@pytest.mark.parametrize("packing", PACK)
def test_an_archive_that_is_cut_off_is_an_error_and_never_a_shorter_file(tmp_path: Path, packing: str) -> None:
    plain = tmp_path / "q.jsonl"
    plain.write_text("".join(json.dumps({"question": f"which {n * 7919} ?"}) + "\n" for n in range(2000)))
    whole = pack(plain, packing)
    assert len(list(read_rows(str(whole), FieldMap()))) == 2000
    packed_bytes = whole.read_bytes()
    for left in (packed_bytes[:-30], packed_bytes[: len(packed_bytes) // 2], b""):
        whole.write_bytes(left)
        with pytest.raises(QuestionFileError, match="cannot be read"):
            list(read_rows(str(whole), FieldMap()))


@pytest.mark.parametrize("packing", PACK)
def test_archives_of_several_parts_are_read_to_the_end(tmp_path: Path, packing: str) -> None:
    parts = [json.dumps(row).encode() + b"\n" for row in ROWS]
    path = tmp_path / f"q.jsonl{packing}"
    path.write_bytes(b"".join(map(PACK[packing], parts)))
    assert [row.source_id for row in read_rows(str(path), FieldMap())] == ["a", "b"]


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".parquet", ".csv", ".tsv"])
def test_what_unpacks_to_a_monstrous_size_is_refused(tmp_path: Path, suffix: str, packing: str) -> None:
    limits = LimitsConfig(row_bytes=1024, file_bytes=4096)
    plain = tmp_path / f"q{suffix}"
    plain.write_bytes((b"[" if suffix == ".json" else b"question\n") + b" " * 500_000)
    path = str(pack(plain, packing))
    if suffix in (".json", ".parquet"):
        with pytest.raises(QuestionFileError, match=r"larger than `limits\.file_bytes` 4,096"):
            list(read_rows(path, FieldMap(), limits))
    else:
        found = [row.error for row in read_rows(path, FieldMap(), limits)]
        assert found[-1] == "it is longer than `limits.row_bytes` 1,024"


def test_an_archive_that_asks_for_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "q.jsonl.xz"
    path.write_bytes(lzma.compress(b'{"question": "q"}', preset=9))
    assert [row.text for row in read_rows(str(path), FieldMap())] == ["q"]
    monkeypatch.setattr(packed, "LARGEST_DICTIONARY", 1 << 20)
    with pytest.raises(QuestionFileError, match=r"q\.jsonl\.xz cannot be read: Memory usage limit"):
        list(read_rows(str(path), FieldMap()))


def test_a_suffix_of_packing_alone_says_too_little(tmp_path: Path) -> None:
    (tmp_path / "q.gz").write_bytes(b"")
    with pytest.raises(QuestionFileError, match=r"q\.gz has an unknown suffix.*\.tsv, with one of \.gz, \.bz2"):
        find_files((str(tmp_path / "q.gz"),))
