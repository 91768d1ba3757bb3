"""Documents of every form to passages: each where it says it is, and accounted for, whatever was broken off."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dgrc.config import CorpusConfig
from dgrc.corpus import chunking, near_duplicates
from dgrc.corpus.chunking import cut
from dgrc.corpus.documents import documents, shards
from dgrc.corpus.passages import split
from dgrc.errors import QuestionFileError
from dgrc.questions.decontamination import Contamination
from dgrc.storage.run_dir import RunDir

FORMS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet", ".json", ".txt", ".txt.gz", ".md.zst")
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
WORDS = st.sampled_from("law|§ 5|“Notice”|it|1.|#|RULE|é\u0301|ends.|\n\n|\n|\u00a0|𝕏".split("|"))
TEXTS = st.lists(st.lists(WORDS, min_size=8, max_size=60).map(" ".join), min_size=1, max_size=4)


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is done here and now, without Ray."""

    def spread(work: Callable[..., Any], calls: Iterable[tuple[Any, ...]], shared: Any = None) -> Iterator[Any]:
        return (work(*call, shared) for call in calls)

    for module in (chunking, near_duplicates):
        monkeypatch.setattr(module, "spread", spread)


def save(path: Path, texts: list[str]) -> None:
    form = path.name[path.name.index(".") :]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    if form == ".parquet":
        pq.write_table(pa.table({"other": list(range(len(texts))), "text": texts}), path)
    elif form == ".json":
        path.write_text(json.dumps([{"text": text} for text in texts]))
    else:
        data = lines if "jsonl" in form else texts[0].encode()
        packed = {".gz": gzip.compress, ".zst": lambda d: pa.compress(d, "zstd", asbytes=True)}
        path.write_bytes(packed.get(path.suffix, bytes)(data))


def cut_here(
    folder: Path, *, name: str = "run", check: Contamination | None = None, fingerprint: str = "f", **settings_: Any
) -> tuple[dict[str, int], list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts, passages and what was removed."""
    corpus = CorpusConfig(**{"files": (f"{folder}/in/*",), "least_words": 5, "passage_words": 20, **settings_})
    run = RunDir(folder / name)
    counts = cut(run, corpus, check, fingerprint, lambda _: None)
    kept, removed = (
        [row for path in sorted(run.dataset(name).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
        for name in ("passages", "removed")
    )
    return counts, kept, removed


@SHARED
@given(TEXTS, st.sampled_from(FORMS))
def test_a_passage_is_the_text_at_its_place(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], form: str
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    (folder / "in").mkdir()
    path = folder / "in" / f"a{form}"
    plain = form.startswith((".txt", ".md"))
    texts = texts[:1] if plain else texts
    save(path, texts)
    whole = {str(path) if plain else f"{path}:{number}": text for number, text in enumerate(texts, 1)}
    spans = [(source, *span) for source, text in whole.items() for span in split(text, 20, 5)]
    if not spans:
        with pytest.raises(QuestionFileError, match="no passage of 5 words"):
            cut_here(folder, near_duplicate=0.95)
        return
    counts, kept, removed = cut_here(folder, near_duplicate=0.95)
    assert [(row["source"], row["start"], row["end"]) for row in sorted(kept + removed, key=by_place(whole))] == spans
    assert all(row["text"] == whole[row["source"]][row["start"] : row["end"]] for row in kept)
    assert counts["documents"] == len(texts) and counts["passages"] == len(kept)


def by_place(whole: dict[str, str]) -> Callable[[dict[str, Any]], tuple[int, int]]:
    order = {source: place for place, source in enumerate(whole)}
    return lambda row: (order[row["source"]], row["start"])


def words(name: str, count: int = 18) -> str:
    return " ".join(f"{name}{n}" for n in range(count))


def three_files(folder: Path) -> None:
    (folder / "in").mkdir(parents=True)
    save(folder / "in" / "a.jsonl", [words("a"), words("b") + " Which court hears a claim for rent that is late ?"])
    save(folder / "in" / "b.jsonl.gz", [words("c"), words("a"), words("d")])
    save(folder / "in" / "c.txt", [words("c")[:-3] + "end"])


def test_the_report_names_what_each_removed_passage_repeats(tmp_path: Path) -> None:
    three_files(tmp_path)
    check = Contamination(13)
    check.add("Which court hears a claim for rent that is late?", (), "held_out.jsonl:7")
    check.add("b15 b16, b17 which court hears a claim for rent that is late - and why?", (), "held_out.jsonl:8")
    counts, kept, removed = cut_here(tmp_path, check=check, passage_words=40, near_duplicate=0.7)
    assert counts == {"documents": 6, "passages": 3, "repeated": 1, "near_duplicate": 1, "contaminated": 1}
    assert [row["text"][:2] for row in kept] == ["a0", "c0", "d0"]
    by_reason = {row["reason"]: row for row in removed}
    a, b, c = (str(tmp_path / "in" / name) for name in ("a.jsonl", "b.jsonl.gz", "c.txt"))
    assert by_reason["contaminated"]["source"] == f"{a}:2" and by_reason["contaminated"]["twin"] == "held_out.jsonl:8"
    again, near = by_reason["repeated"], by_reason["near_duplicate"]
    assert (again["source"], again["twin"], again["similarity"]) == (f"{b}:2", f"{a}:1:0-{len(words('a'))}", 1.0)
    assert again["twin_id"] == again["id"] == kept[0]["id"]
    assert (near["source"], near["twin"], near["twin_id"]) == (c, f"{b}:1:0-{len(words('c'))}", kept[1]["id"])
    assert 0.7 <= near["similarity"] < 1


def test_with_near_duplicates_off_only_equal_passages_count_once(tmp_path: Path) -> None:
    three_files(tmp_path)
    counts, _, removed = cut_here(tmp_path, near_duplicate=1, passage_words=40)
    assert counts == {"documents": 6, "passages": 5, "repeated": 1}
    assert [row["similarity"] for row in removed] == [None]


def test_a_limit_takes_the_first_passages_and_reads_no_further(tmp_path: Path) -> None:
    three_files(tmp_path)
    (tmp_path / "in" / "z.txt.gz").write_bytes(b"is not read, or it would be refused")
    counts, kept, _ = cut_here(tmp_path, limit=3, passage_words=40)
    assert counts["passages"] == 3 and [row["text"][:2] for row in kept] == ["a0", "b0", "c0"]


@pytest.mark.parametrize("step", ["cut_shard", "finish_shard", "match_part"])
def test_what_was_broken_off_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    three_files(tmp_path)
    for number in range(5):
        save(tmp_path / "in" / f"d{number}.txt", [words(f"d{number % 3}")])
    monkeypatch.setattr(near_duplicates, "KEYS_AT_ONCE", 50)
    counts, *_ = cut_here(tmp_path, name="undisturbed")
    module = near_duplicates if step == "match_part" else chunking
    work, begun = getattr(module, step), list[Any]()

    def breaks_off(*call: Any) -> Any:
        if len(begun) == 2:
            raise KeyboardInterrupt
        begun.append(call[0])
        return work(*call)

    monkeypatch.setattr(module, step, breaks_off)
    with pytest.raises(KeyboardInterrupt):
        cut_here(tmp_path)
    assert contents(tmp_path / "run") != contents(tmp_path / "undisturbed")
    rest = list[Any]()
    monkeypatch.setattr(module, step, lambda *call: rest.append(call[0]) or work(*call))
    assert cut_here(tmp_path)[0] == counts
    assert rest and not {*rest} & {*begun}, "what was done is not done again"
    assert contents(tmp_path / "run") == contents(tmp_path / "undisturbed")


def contents(folder: Path) -> dict[str, bytes]:
    corpus = folder / "corpus"
    return {str(path.relative_to(corpus)): path.read_bytes() for path in corpus.rglob("*.parquet")}


def test_another_fingerprint_begins_anew(tmp_path: Path) -> None:
    three_files(tmp_path)
    cut_here(tmp_path)
    save(tmp_path / "in" / "c.txt", [words("e")])
    assert cut_here(tmp_path, fingerprint="f")[0]["near_duplicate"] == 1, "bound to the fingerprint alone"
    assert "near_duplicate" not in cut_here(tmp_path, fingerprint="g")[0]


def test_small_files_share_a_shard_and_large_ones_have_their_own(tmp_path: Path) -> None:
    files = []
    for number, size in enumerate([10] * 100 + [5000] + [10] * 3):
        (path := tmp_path / f"{number:03d}.txt").write_bytes(b"x" * size)
        files.append(str(path))
    found = shards(files)
    assert [path for shard in found for path in shard] == files
    assert [files[100]] in found and max(map(len, found)) > 5 and len(found) < 40


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.jsonl.zst", b"no zstd", "ZSTD"),
        ("a.jsonl.gz", gzip.compress(b"{}\n" * 9999, mtime=0)[:-9], "ended before"),
        ("a.csv.bz2", b"no bz2", "Invalid data stream"),
        ("a.json.xz", b"no xz", "format not supported"),
        ("a.parquet.zst", b"no zstd", "ZSTD"),
        ("a.txt", b"\xff", "utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    with pytest.raises(QuestionFileError, match=rf"corpus file .*{name} cannot be read: .*{said}.*Mend or remove it"):
        cut_here(tmp_path)


def test_a_row_without_text_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"body": ["x"], "n": [1]}), path)
    (source, row), *_ = documents(str(path), CorpusConfig())
    assert source == f"{path}:1" and row == {"body": "x", "n": 1}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.jsonl").write_text(json.dumps({"text": 5}) + "\n[]\n" + json.dumps({"text": words("a")}))
    counts, *_ = cut_here(tmp_path)
    assert (counts["refused"], counts["passages"], counts["documents"]) == (2, 1, 3)
    refused = pq.read_table(tmp_path / "run" / "corpus" / "quarantine" / "part-000000.parquet").to_pylist()
    assert [row["source"].rpartition(":")[2] for row in refused] == ["1", "2"]
    assert refused[0]["detail"] == "the text is wanted in 'text': a int in 'text'"


@pytest.mark.parametrize("setting", ["text", "title", "id"])
def test_a_column_that_a_setting_names_and_no_row_has_is_an_error(tmp_path: Path, setting: str) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.jsonl", [words("a")])
    save(tmp_path / "in" / "b.txt", [words("b")])
    with pytest.raises(QuestionFileError, match=f"has a column 'nowhere', which `corpus.{setting}` .* has 'text'"):
        cut_here(tmp_path, **{setting: "nowhere"})
    assert cut_here(tmp_path, files=(f"{tmp_path}/in/*.txt",), **{setting: "nowhere"})[0]["passages"] == 1
    (tmp_path / "in" / "c.jsonl").write_text(json.dumps({"text": words("c"), "nowhere": words("d")}))
    assert cut_here(tmp_path, **{setting: "nowhere"})[0]["passages"] >= 1, "one row has it"


def test_ids_of_documents_that_pandas_made_floats_are_whole_numbers_or_none(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.parquet"
    pq.write_table(pa.table({"text": [words("a"), words("b")], "id": [7.0, float("nan")]}), path)
    assert [row["document"] for row in cut_here(tmp_path)[1]] == ["7", f"{path}:2"]


def test_an_empty_id_is_none_and_a_text_that_is_null_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.csv"
    path.write_text(f"id,text\n,{words('a')}\n7,{words('b')}\n8\n")
    assert [row["document"] for row in cut_here(tmp_path)[1]] == [f"{path}:2", "7"]
    (refused,) = pq.read_table(RunDir(tmp_path / "run").refused).to_pylist()
    assert (refused["source_id"], refused["detail"]) == ("8", "the text is wanted in 'text', which is null")
