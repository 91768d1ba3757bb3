"""Documents with names and titles that are no text: they are mended, for Arrow takes no half characters."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from dgrc.config import CorpusConfig
from dgrc.corpus.shard import cut_shard


def test_half_characters_anywhere_in_a_document_can_be_written(tmp_path: Path) -> None:
    words = "the senate hears appeals " * 10
    rows = [
        {"id": "half \ud800", "title": "t \udc00", "text": f"{words} \ud83d"},
        {"id": "half \ud800", "body \ud800": "no text"},
        {"id": 7, "title": 7, "text": words},
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    cut_shard(0, [str(path)], str(tmp_path / "shard"), None, (CorpusConfig(files=(str(path),), least_words=5), None))
    passages = pq.read_table(tmp_path / "shard" / "passages.parquet")
    assert passages["document"].to_pylist() == ["half ?", "7"]
    assert passages["title"].to_pylist() == ["t ?", ""]
    refused = pq.read_table(tmp_path / "shard" / "refused.parquet").to_pylist()
    assert len(refused) == 1 and refused[0]["source_id"] == "half ?" and "no such column" in refused[0]["detail"]
