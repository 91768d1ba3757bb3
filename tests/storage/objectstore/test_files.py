"""Files on an S3 server on loopback are found and read as those on disk are, and what a store refuses is explained."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import CorpusConfig, FieldMap
from dgrc.corpus.documents import documents
from dgrc.errors import EvaluationError, QuestionFileError, StorageError
from dgrc.pipeline.curate import content_hash
from dgrc.questions.columns import find_files, read_rows
from dgrc.questions.published import published_rows
from dgrc.storage.objectstore import files
from tests.storage.objectstore.conftest import one_paragraph
from tests.storage.objectstore.store import Store, put

ROWS = [{"id": f"s{n}", "question": f"case {n} . which court ?", "answer": str(n)} for n in range(3)]
BROKEN = "\n".join([json.dumps(ROWS[0]), "{", json.dumps(ROWS[1]), "[1]", json.dumps({"text": 1})]) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "questions"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.jsonl").write_text(BROKEN)
    (folder / "b.json").write_text(json.dumps(ROWS))
    pq.write_table(pa.Table.from_pylist(ROWS * 50_000), folder / "c.parquet")
    (folder / "d.csv").write_text('id,question,answer\n1,"two\nlines",x\n2,too,many,values\n')
    (folder / "deep" / "er" / "e.jsonl").write_text(json.dumps(ROWS[2]))
    return folder


def test_every_form_reads_as_from_disk_with_places_in_the_store(store: Store, folder: Path) -> None:
    url = put(folder, "s3://bucket/in")
    for name in ("a.jsonl", "b.json", "c.parquet", "d.csv"):
        here = [(r.place.removeprefix(str(folder)), r.text, r.error) for r in read_rows(str(folder / name), FieldMap())]
        there = [(r.place.removeprefix(url), r.text, r.error) for r in read_rows(f"{url}/{name}", FieldMap())]
        assert there == here and len(here) > 1
        assert content_hash(f"{url}/{name}") == content_hash(str(folder / name))
    broken = [row.place for row in read_rows(f"{url}/a.jsonl", FieldMap()) if row.error]
    assert broken == ["s3://bucket/in/a.jsonl:2", "s3://bucket/in/a.jsonl:4", "s3://bucket/in/a.jsonl:5"]


@pytest.mark.parametrize("pattern", ["*.jsonl", "**/*.jsonl", "[!a].json", "?.c*", "deep/**/*.jsonl", "a.jsonl"])
def test_patterns_name_what_they_name_on_disk(store: Store, folder: Path, pattern: str) -> None:
    url = put(folder, "s3://bucket/in")
    here = [path.removeprefix(str(folder)) for path in find_files((f"{folder}/{pattern}",))]
    assert [path.removeprefix(url) for path in find_files((f"{url}/{pattern}",))] == here != []


def test_what_matches_nothing_or_is_of_no_known_form_is_said(store: Store, folder: Path) -> None:
    put(folder, "s3://bucket/in")
    put(folder / "a.jsonl", "s3://bucket/in/a.pickle")
    for pattern in ("s3://bucket/in/*.tsv", "s3://bucket/out/*", "s3://bucket/in/none.jsonl"):
        with pytest.raises(QuestionFileError, match="No question file matches"):
            find_files((pattern,))
    with pytest.raises(QuestionFileError, match=r"a\.pickle has an unknown suffix"):
        find_files(("s3://bucket/in/a.p*",))


def test_documents_and_benchmarks_are_read_from_the_store(store: Store, tmp_path: Path) -> None:
    (tmp_path / "law.txt.gz").write_bytes(gzip.compress(b"The law."))
    (tmp_path / "laws.jsonl.gz").write_bytes(gzip.compress(b'{"text": "one"}\n\n{"text": "two"}\n'))
    (tmp_path / "test.tsv").write_text("index\ttext\tanswer\n0\tIs it?\tYes\n1\tNo?\tNo\n")
    (tmp_path / "base_prompt.txt").write_text("Say yes or no.\n\nQ: {{text}}\nA:")
    url = put(tmp_path, "s3://bucket/docs")
    assert list(documents(f"{url}/law.txt.gz", CorpusConfig())) == [(f"{url}/law.txt.gz", {"text": "The law."})]
    places = [place for place, _ in documents(f"{url}/laws.jsonl.gz", CorpusConfig())]
    assert places == [f"{url}/laws.jsonl.gz:{n}" for n in (1, 3)]
    rows = published_rows("legalbench", f"{url}/test.tsv")
    assert [row.text for row in rows] == ["Say yes or no.\nQ: Is it?", "Say yes or no.\nQ: No?"]
    assert rows[0].place == f"{url}/test.tsv:2"


def test_a_file_that_breaks_off_in_the_middle_is_an_error_and_never_a_shorter_file(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "long.jsonl").write_text((json.dumps(ROWS[0]) + "\n") * 60_000)
    url = put(tmp_path / "long.jsonl", "s3://bucket/long.jsonl")
    rows = read_rows(url, FieldMap())
    next(rows)
    store.breaks = lambda method, path: path.endswith("long.jsonl")
    with pytest.raises(QuestionFileError, match=r"s3://bucket/long\.jsonl"):
        list(rows)


def test_a_bucket_that_is_not_there_is_named(store: Store) -> None:
    for pattern in ("s3://nowhere/in/*.jsonl", "s3://nowhere/a.jsonl"):
        with pytest.raises(StorageError, match="no such bucket") as caught:
            find_files((pattern,))
        assert pattern in one_paragraph(caught.value)
    with pytest.raises(QuestionFileError, match=r"s3://bucket/no\.jsonl cannot be used: there is no such file"):
        list(read_rows("s3://bucket/no.jsonl", FieldMap()))
    with pytest.raises(EvaluationError, match=r"s3://bucket/no\.tsv cannot be used: there is no such file"):
        published_rows("legalbench", "s3://bucket/no.tsv")


def test_a_store_that_is_away_or_refuses_is_explained(request: pytest.FixtureRequest) -> None:
    for fixture, words in (("nobody", r"does not answer.*AWS_ENDPOINT_URL"), ("refusing", "refuses these credentials")):
        request.getfixturevalue(fixture)
        with pytest.raises(StorageError, match=words) as caught:
            files.matching("s3://bucket/in/*.jsonl")
        one_paragraph(caught.value)
        with pytest.raises(StorageError, match=words):
            files.open_bytes("s3://bucket/a.jsonl")


def test_keys_in_urls_are_refused_and_not_repeated() -> None:
    with pytest.raises(StorageError, match="credentials in it") as caught:
        files.file_system("s3://AKIAME:topsecret@bucket/in")
    assert "topsecret" not in str(caught.value) and "AKIAME" not in str(caught.value)
    with pytest.raises(StorageError, match="names no bucket"):
        files.file_system("s3:///in")
