"""The fact index: kept atoms are found by id and by content, over all shards, and nothing else is."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.method.screen import atom_id, content_words
from dgrc.pipeline.index import FactIndex, build_index
from dgrc.records import Atom
from dgrc.storage.arrow import arrow_schema, to_row

ATOMS = {
    "what is the limit of breach in garth ?": "5",
    "what is the limit of fraud in garth ?": "3",
    "what is the limit of breach in corvin ?": "7",
    "what is the grace of a widow in garth ?": "1",
    "what is the ?": "nothing",
}
DROPPED = "what is the limit of libel in garth ?"


@pytest.fixture(params=[1, 2, 100], ids=lambda rows: f"{rows} rows a shard")
def index(request: pytest.FixtureRequest, tmp_path: Path) -> FactIndex:
    return make_index(tmp_path, request.param)


def make_index(tmp_path: Path, rows_per_shard: int) -> FactIndex:
    rows = [_atom(question, answer, True) for question, answer in ATOMS.items()]
    rows.insert(2, _atom(DROPPED, None, False))
    (tmp_path / "atoms").mkdir()
    for part, some in enumerate((rows[:4], rows[4:])):
        table = pa.Table.from_pylist([to_row(r) for r in some], schema=arrow_schema(Atom))
        pq.write_table(table, tmp_path / "atoms" / f"part-{part}.parquet")
    assert build_index(tmp_path / "atoms", tmp_path / "facts", rows_per_shard) == len(ATOMS)
    assert len(list((tmp_path / "facts").iterdir())) == -(-len(ATOMS) // rows_per_shard)
    return FactIndex(tmp_path / "facts")


def _atom(question: str, answer: str | None, kept: bool) -> Atom:
    because = None if kept else "disagreement"
    return Atom(atom_id(question), question, (question,), (1,), answer, "", 1.0, (), kept, because, (), None)


def test_kept_atoms_are_found_by_id_in_the_order_asked(index: FactIndex) -> None:
    asked = [*reversed(ATOMS), DROPPED, "what is not there ?"]
    found = index.get([atom_id(question) for question in asked])
    assert [(fact.question, fact.answer) for fact in found] == list(reversed(ATOMS.items()))


def test_search_finds_what_shares_a_word_whatever_the_shards(index: FactIndex) -> None:
    said = content_words("breach limit in garth is 5 . sailor grace in garth is 2 .")
    assert {fact.question for fact in index.search(said, 10)} == {*ATOMS} - {"what is the ?"}
    assert len(index.search(said, 2)) == 2
    assert index.search(["unheard"], 10) == [] and index.search([], 10) == []


def test_search_puts_first_what_shares_most(tmp_path: Path) -> None:
    index = make_index(tmp_path, 100)
    assert index.search(content_words("breach limit in garth is 5 ."), 1)[0].answer == "5"
    assert index.search(content_words("widow grace in garth is 2 ."), 1)[0].answer == "1"


def test_no_atoms_make_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "atoms").mkdir()
    table = pa.Table.from_pylist([to_row(_atom(DROPPED, None, False))], schema=arrow_schema(Atom))
    pq.write_table(table, tmp_path / "atoms" / "part-0.parquet")
    assert build_index(tmp_path / "atoms", tmp_path / "facts") == 0
    index = FactIndex(tmp_path / "facts")
    assert index.get([atom_id(DROPPED)]) == [] and index.search(["limit"], 3) == []


def test_frequent_words_are_left_out_once_the_bound_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`garth` stands in three facts and `widow` in one: within two mentions the rare word alone is searched for."""
    index = make_index(tmp_path, 100)
    said = content_words("a widow in garth")
    assert len(index.search(said, 10)) == 3
    monkeypatch.setattr("dgrc.pipeline.index.POSTINGS", 2)
    assert [fact.answer for fact in index.search(said, 10)] == ["1"]
    monkeypatch.setattr("dgrc.pipeline.index.POSTINGS", 0)
    assert [fact.answer for fact in index.search(said, 10)] == ["1"], "one word at least, however frequent"


def test_chinese_facts_are_found_by_what_a_chinese_chain_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"诉讼时效期间是多久？": "三年", "房屋租赁期限的上限是多久？": "二十年", "阿司匹林的禁忌症有哪些？": "溃疡"}
    monkeypatch.setitem(globals(), "ATOMS", {**asked, "what is the limit of fraud ?": "3", "什么？": "无"})
    index = make_index(tmp_path, 2)
    chain = content_words("出租人与承租人约定的租赁期限超过上限的部分无效，而诉讼时效期间应当另行计算。")
    assert {fact.question for fact in index.search(chain, 10)} == set(list(asked)[:2])
    best = index.search(content_words("租赁的期限，房屋不得超过上限"), 1)
    assert best[0].question == "房屋租赁期限的上限是多久？"
