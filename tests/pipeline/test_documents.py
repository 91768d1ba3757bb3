"""Documents with names and titles that are no text: they are mended, for Arrow takes no half characters."""

import json
from pathlib import Path

import pyarrow as pa

from dgrc.config import CorpusConfig
from dgrc.pipeline.documents import SCHEMA, _guarded


def test_half_characters_anywhere_in_a_document_can_be_written(tmp_path: Path) -> None:
    words = "the senate hears appeals " * 10
    rows = [
        {"id": "half \ud800", "title": "t \udc00", "text": f"{words} \ud83d"},
        {"id": "half \ud800", "body \ud800": "no text"},
        {"id": 7, "title": 7, "text": words},
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    cut = list(_guarded(str(path), CorpusConfig(files=(str(path),), least_words=5)))
    table = pa.Table.from_pylist(cut, schema=SCHEMA)
    assert table["document"].to_pylist() == ["half ?", "half ?", "7"]
    assert table["title"].to_pylist() == ["t ?", "", ""]
    assert [refused is None for refused in table["refused"].to_pylist()] == [True, False, True]
