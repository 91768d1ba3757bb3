"""Written questions, across buckets: each ends in `questions.jsonl`, among the removed or in a count."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import CorpusConfig
from dgrc.corpus import filter, near_duplicates
from dgrc.corpus.filter import sift
from dgrc.questions.decontamination import Contamination
from dgrc.records.corpus import Written, WrittenPassage
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is done here and now, without Ray, in buckets of two passages."""

    def spread(work: Callable[..., Any], calls: Iterable[tuple[Any, ...]], shared: Any = None) -> Iterator[Any]:
        return (work(*call, shared) for call in calls)

    for module in (filter, near_duplicates):
        monkeypatch.setattr(module, "spread", spread)
    monkeypatch.setattr(filter, "BUCKET_ROWS", 2)


IDS = (-(2**63), -(2**62), -5, 7, 2**61, 2**63 - 1)
ASKED = (
    "Who pays the toll at the northern bridge of the river in winter?",
    "Who hears a claim about the toll of a ferry after dusk?",
    "Who pays, please, the toll at the northern bridge of the river in winter?",
    "Who hears a claim about the toll of 2 ferries after dusk?",
    "Who pays the toll at the northern bridge of the river in winter?",
    "How long may a tenant of the mill wait until the rent of the year is due?",
)


def written(run: RunDir, order: tuple[int, ...]) -> None:
    """A passage for each question, in files of one row each, in an order of their own."""
    folder = run.dataset("written")
    folder.mkdir(parents=True)
    for place, number in enumerate(order):
        questions = (Written(ASKED[number], (), None), Written("Bad.", (), "too_short"))
        row = WrittenPassage(IDS[number], f"act-{number}", "s", 0, 9, "written", questions, (), None)
        table = pa.Table.from_pylist([to_row(row)], schema=arrow_schema(WrittenPassage))
        pq.write_table(table, folder / f"{place}.parquet")


def sifted(folder: Path, order: tuple[int, ...] = (0, 1, 2, 3, 4, 5), threshold: float = 0.8) -> Any:
    check = Contamination(13)
    check.add(ASKED[5], (), "held_out.jsonl:3")
    run = RunDir(folder)
    written(run, order)
    counts = sift(run, CorpusConfig(near_duplicate=threshold), check, "f")
    lines = run.written_questions.read_text().splitlines()
    removed = pq.ParquetDataset(run.dataset("removed_questions")).read().to_pylist()
    return counts, [json.loads(line) for line in lines], removed


def test_repeats_are_found_across_buckets_and_named(tmp_path: Path) -> None:
    counts, kept, removed = sifted(tmp_path / "a")
    assert counts == {
        "written": 12, "too_short": 6, "contaminated": 1, "near_duplicate": 1, "repeated": 1, "kept": 3,
    }  # fmt: skip
    assert [row["question"] for row in kept] == [ASKED[0], ASKED[1], ASKED[3]], "another number is another question"
    first = "act-0:0-9:1"
    assert [(row["text"], row["reason"], row["twin"]) for row in sorted(removed, key=lambda row: row["document"])] == [
        (ASKED[2], "near_duplicate", first), (ASKED[4], "repeated", first),
        (ASKED[5], "contaminated", "held_out.jsonl:3"),
    ]  # fmt: skip


def test_the_order_of_blocks_does_not_show(tmp_path: Path) -> None:
    one, other = sifted(tmp_path / "a"), sifted(tmp_path / "b", (5, 3, 1, 4, 2, 0))
    assert one == other


def test_with_near_duplicates_off_only_equal_questions_count_once(tmp_path: Path) -> None:
    counts, kept, _ = sifted(tmp_path, threshold=1)
    assert (counts["repeated"], counts["kept"], "near_duplicate" in counts) == (1, 4, False)
    assert len(kept) == 4


HAN = (
    "用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，应当承担怎样的法律后果？",
    "用人单位自用工之日起，超过一个月不满一年未与劳动者订立书面劳动合同，应当承担怎样的法律后果?",
    "用人单位自用工之日起超过一个月不满一年与劳动者订立书面劳动合同的，应当承担怎样的法律后果？",
    "用人单位自用工之日起超过三个月不满一年未与劳动者订立书面劳动合同的，应当承担怎样的法律后果？",
    "患者服用华法林期间，哪些食物会影响抗凝的效果，应当怎样监测国际标准化比值？",
    "当事人一方迟延履行主要债务，经催告后在合理期限内仍未履行的，对方有权采取哪些救济措施?",
)


def test_chinese_near_duplicates_are_found_and_other_facts_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "ASKED", HAN)
    counts, kept, removed = sifted(tmp_path)
    assert {row["question"] for row in kept} == {HAN[0], HAN[2], HAN[3], HAN[4]}
    assert {(row["text"], row["reason"]) for row in removed} == {(HAN[5], "contaminated"), (HAN[1], "near_duplicate")}
    assert counts["kept"] == 4
