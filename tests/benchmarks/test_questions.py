"""The benchmark of corpora, made small: what it plants is found, every passage is there once, and figures are summed up
as they should be."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.questions import __main__ as questions
from benchmarks.questions import chinese, corpus, parts
from benchmarks.questions.chinese import ChineseMaker
from benchmarks.questions.corpus import Maker, make
from benchmarks.questions.score import known, score
from dgrc.method.text.segment import script, segments


@pytest.mark.usefixtures("ray_here")
def test_a_small_corpus_is_cleaned_of_what_was_planted(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    made = make(folder, 4, seed=3, shard_mb=0.5)
    assert {path.suffix for path in (folder / "corpus").iterdir()} == {".txt", ".jsonl", ".gz", ".parquet", ".zst"}
    said = parts.measure(folder, share=0.01)
    assert said["mb"] == pytest.approx(made["bytes"] / 1e6) and said["cut"]["documents"] == made["documents"]
    assert said["bytes_a_passage"]["sketches"] == 4 * 128 and 500 < said["bytes_a_passage"]["keys"] < 560
    screened = said["writing"]["screen"]
    assert screened["written"] == 2 * said["writing"]["rows"] > 0 and screened["kept"] > 0.9 * screened["written"]
    found = score(folder, 4, seed=3)
    assert found["planted_passages"] > 100 and found["planted_leaks"] > 2
    assert found["duplicate_recall"] >= 0.95 and found["duplicate_precision"] >= 0.99
    assert found["contamination_recall"] == found["contamination_precision"] == 1.0
    assert (found["lost"], found["doubled"], found["invented"]) == (0, 0, 0)
    file = next(iter(sorted((folder / "runs" / "whole" / "corpus" / "passages").glob("*.parquet"))))
    rows = pq.read_metadata(file).num_rows
    file.unlink()
    assert score(folder, 4, seed=3)["lost"] == rows > 0


def test_the_maker_is_seeded_and_tells_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "VOCABULARY", 5_000)
    one, again, other = ([d.text for d in Maker(seed).documents(3_000_000)] for seed in (1, 1, 2))
    assert one == again and one[0] != other[0]
    make(tmp_path / "c", 3, seed=1)
    truth = known(tmp_path / "c" / "truth.jsonl")
    assert len(truth) == len(one)
    maker = Maker(1)
    documents = list(maker.documents(3_000_000))
    by_number = {it.number: it for it in truth.values()}
    assert any(made.leaks is not None for made in documents) and any(made.cluster != made.number for made in documents)
    for made in documents:
        it = by_number[made.number]
        assert (it.cluster, it.leaks) == (made.cluster, made.leaks)
        if made.leaks is not None:
            assert maker.questions[made.leaks].casefold() in made.text.casefold()
        if made.cluster != made.number:
            shared = set(made.text.split()) & set(one[made.cluster].split())
            assert len(shared) > 0.8 * len(set(made.text.split())) and made.text != one[made.cluster]


def test_the_score_sees_what_is_missed_wrongly_removed_and_lost(tmp_path: Path) -> None:
    folder = planted(tmp_path)
    found = score(folder, 0.0, seed=0)
    assert (found["duplicate_recall"], found["duplicate_precision"]) == (0.5, 0.5)
    assert (found["contamination_recall"], found["contamination_precision"]) == (0.5, 0.5)
    assert (found["lost"], found["doubled"], found["invented"]) == (0, 1, 6)


def planted(folder: Path) -> Path:
    """Two copies of `a`, of which one was found; `x` taken for a copy of `a`; of two leaks one found and one named
    wrongly; a passage that is there twice."""
    clusters = {"a": (0, None), "b": (0, None), "c": (0, None), "x": (3, None), "l": (4, 6), "m": (5, 7)}
    with open(folder / "truth.jsonl", "w") as file:
        for number, (name, (cluster, leaks)) in enumerate(clusters.items()):
            file.write(json.dumps({"name": name, "number": number, "cluster": cluster, "leaks": leaks}) + "\n")

    def rows(*given: tuple[str, str | None, str | None]) -> list[dict[str, Any]]:
        return [
            {"id": 1, "document": name, "source": f"f:{ord(name)}", "start": n, "end": n + 1, "reason": why, "twin": of}
            for n, (name, why, of) in enumerate(given)
        ]

    kept = rows(("a", None, None), ("c", None, None))
    removed = rows(
        ("b", "near_duplicate", "a:0-1"), ("x", "near_duplicate", "a:0-1"),
        ("l", "contaminated", "e.jsonl:7"), ("m", "contaminated", "e.jsonl:7"),
    )  # fmt: skip
    for name, found in (("passages", [*kept, kept[0]]), ("removed", removed)):
        output = folder / "runs" / "whole" / "corpus" / name
        output.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(found), output / "part.parquet")
    return folder


def test_memory_is_called_bounded_only_if_it_was_measured() -> None:
    timed = {
        "mb": 40.0, "seconds": 2.0, "cores": 2, "questions_per_second": 5.0, "start_seconds": 1.0,
        "score": dict.fromkeys(
            ("duplicate_recall", "duplicate_precision", "contamination_recall", "contamination_precision", "lost",
             "doubled"), 0),
    }  # fmt: skip

    def peaks(driver: float, workers: float) -> list[dict[str, Any]]:
        return [{"peak_mb": {"driver": 100.0, "workers": 200.0}}, {"peak_mb": {"driver": driver, "workers": workers}}]

    assert questions.summarize(timed, [])["memory_bounded"] is None
    assert questions.summarize(timed, [])["mb_per_second_per_core"] == 10.0
    assert questions.summarize(timed, peaks(120, 210))["memory_bounded"] is True
    assert questions.summarize(timed, peaks(120, 290))["memory_bounded"] is False
    assert questions.summarize(timed, peaks(190, 210))["memory_growth_mb"] == {"driver": 90.0, "workers": 10.0}


def test_the_chinese_maker_is_seeded_and_tells_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese, "VOCABULARY", 5_000)
    one, again, other = ([d.text for d in ChineseMaker(seed).documents(3_000_000)] for seed in (1, 1, 2))
    assert one == again and one[0] != other[0]
    made = make(tmp_path / "c", 3, seed=1, language=ChineseMaker)
    assert made["bytes"] == sum(len(text.encode()) for text in one) == pytest.approx(3_000_000, rel=0.1)
    maker = ChineseMaker(1)
    documents = list(maker.documents(3_000_000))
    assert sum(d.leaks is not None for d in documents) == made["leaks"] > 0
    assert sum(d.cluster != d.number for d in documents) == made["copies"] > 0
    for document in documents:
        assert "条　" in document.text and script(document.text) == "Han"
        if document.leaks is not None:
            wide, narrow = maker.questions[document.leaks], maker.questions[document.leaks].replace("，", ",")
            assert wide in document.text or narrow.replace("？", "?") in document.text
        if document.cluster != document.number:
            shared = set(segments(document.text)) & set(segments(one[document.cluster]))
            assert len(shared) > 0.8 * len(set(segments(document.text)))
    copies = [d for d in documents if d.cluster != d.number]
    assert any(copy.text != one[copy.cluster] for copy in copies), "a short one may have no change"


def test_rates_are_held_against_the_english_corpus_in_bytes_and_characters() -> None:
    timed = {"mb": 30.0, "characters": 10_000_000, "seconds": 6.0, "cpu_seconds": {"driver": 1.0, "workers": 3.0}}
    english = {"mb": 30.0, "characters": 30_000_000, "seconds": 3.0, "cpu_seconds": {"driver": 0.5, "workers": 2.5}}
    assert questions.against(timed, english) == {
        "mb_rate_of_english": 0.5, "characters_rate_of_english": 0.167, "mb_by_cpu_rate_of_english": 0.75,
    }  # fmt: skip
