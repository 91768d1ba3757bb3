"""Files by their suffix, packed ones, and columns that hold markup."""

import gzip
from pathlib import Path
from typing import Any

from dgrc.config import CorpusConfig
from dgrc.corpus.documents import documents
from dgrc.corpus.markup import markup_text
from tests.corpus.markup.samples import AKN, JATS, PUBMED, only


def test_files_are_read_by_their_suffix_and_compressed(tmp_path: Path) -> None:
    (tmp_path / "a.nxml").write_text(JATS)
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(PUBMED.encode()))
    found: dict[str, Any] = {}
    for path in tmp_path.iterdir():
        found |= dict(documents(str(path), CorpusConfig(files=(str(path),))))
    assert found[f"{tmp_path}/a.nxml"]["id"] == "PMC7" and found[f"{tmp_path}/b.xml.gz"]["id"] == "11"
    assert "no text" in found[f"{tmp_path}/b.xml.gz:2"]


def test_a_column_may_hold_markup(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": 1, "text": "<h2>Fee</h2><p>Pay &amp; go."}\n{"id": 2, "text": "<a><b></a>"}\n{"id": 3}\n')
    rows = [row for _, row in documents(str(path), CorpusConfig(column_holds="html"))]
    assert rows[0] == {"id": 1, "text": "## Fee\n\nPay & go."} and rows[2] == {"id": 3}
    rows = [row for _, row in documents(str(path), CorpusConfig(column_holds="xml"))]
    assert "cannot be read as XML: it is not well-formed" in rows[1]
    assert markup_text(AKN, "xml") == only(AKN)["text"]
