"""Where an example comes from: places become files and lines, atoms know all their askers, none of it is lost."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.questions.origins import origin, origins, traced
from dgrc.records import Example, Origin, Question
from dgrc.storage.arrow import arrow_schema, from_row, to_row


@pytest.mark.parametrize(
    ("place", "file", "line"),
    [
        ("q.jsonl:12", "q.jsonl", 12),
        ("/data/my files/q.csv:1", "/data/my files/q.csv", 1),
        ("s3://bucket/a:b/q.parquet:700001", "s3://bucket/a:b/q.parquet", 700001),
        ("s3://bucket/q.jsonl", "s3://bucket/q.jsonl", 0),
        ("q:a.jsonl", "q:a.jsonl", 0),
        ("题目.jsonl:3", "题目.jsonl", 3),
        (":5", ":5", 0),
        ("", "", 0),
    ],
)
def test_a_place_is_parted_at_its_last_colon(place: str, file: str, line: int) -> None:
    assert origin("q7", place) == Origin("q7", file, line)


def test_the_origins_of_the_questions_that_are_wanted_are_found_in_all_files(tmp_path: Path) -> None:
    for part in range(3):
        ids = {10 * part + n: f"u{part}{n}" for n in (0, 1)}
        rows = [Question(id_, name, "?", (), None, f"f{part}.csv:{id_ % 10 + 1}", "{}") for id_, name in ids.items()]
        table = pa.Table.from_pylist([to_row(row) for row in rows], schema=arrow_schema(Question))
        pq.write_table(table, tmp_path / f"part-{part:05d}.parquet")
    assert origins(tmp_path, {0, 21, 99}) == {0: Origin("u00", "f0.csv", 1), 21: Origin("u21", "f2.csv", 2)}
    assert origins(tmp_path, set()) == {}


def test_an_example_has_the_first_origin_and_all_of_them_once_whatever_the_order_of_ids() -> None:
    known = {5: Origin("b", "q.jsonl", 9), -3: Origin("a", "q.jsonl", 10), 8: Origin("", "p.jsonl", 70)}
    found = traced([5, -3, 8], known)
    assert found == traced([8, 5, -3], known)
    assert (found["source_id"], found["source_file"], found["source_line"]) == ("", "p.jsonl", 70)
    assert [one["source_line"] for one in found["sources"]] == [70, 9, 10], "a line is a number, not a text"
    assert traced([4], known) == {"source_id": "", "source_file": "", "source_line": 0, "sources": []}


def test_examples_of_earlier_versions_are_records_without_origins_and_new_ones_come_back_whole() -> None:
    turn = {"role": "user", "content": "x"}
    earlier = {"id": 1, "kind": "atom", "source": 2, "messages": [turn]}
    assert from_row(Example, earlier) == Example(1, "atom", 2, (turn,))
    whole = Example(1, "atom", 2, (turn,), "u", "q.csv", 3, (Origin("u", "q.csv", 3), Origin("v", "q.csv", 4)))
    table = pa.Table.from_pylist([to_row(whole)], schema=arrow_schema(Example))
    assert from_row(Example, table.to_pylist()[0]) == whole
