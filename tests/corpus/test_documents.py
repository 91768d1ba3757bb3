"""Documents to the passages of a shard: names and titles that are no text are mended, for Arrow takes no half
characters, and of HTML and XML files headings, titles and ids arrive, and why one has no text.
"""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dgrc.config import CorpusConfig
from dgrc.corpus.shard import cut_shard
from dgrc.errors import QuestionFileError


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


def test_markup_is_cut_at_its_headings_and_what_has_no_text_is_on_record(tmp_path: Path) -> None:
    words = "the senate hears appeals of those who hold a licence " * 2
    law, page, broken = (tmp_path / name for name in ("law.akn", "page.html", "broken.xml"))
    law.write_text(
        '<akomaNtoso><act><meta><FRBRWork><FRBRthis value="/akn/x"/></FRBRWork></meta><preface><p><docTitle>Water'
        f"</docTitle></p></preface><body><article><num>Art. 1</num><heading>Fees</heading><p>{words}</p></article>"
        f"<article><num>Art. 2</num><heading>Ends</heading><p>{words}</p></article></body></act></akomaNtoso>"
    )
    page.write_text("<body><div id=app></div><script>go()</script></body>")
    corpus = CorpusConfig(files=("*",), least_words=10)
    cut_shard(0, [str(law), str(page)], str(tmp_path / "shard"), None, (corpus, None))
    passages = pq.read_table(tmp_path / "shard" / "passages.parquet").to_pylist()
    assert [row["text"].splitlines()[0] for row in passages] == ["Water", "# Art. 2 Ends"]
    assert {(row["document"], row["source"], row["title"]) for row in passages} == {("/akn/x", str(law), "Water")}
    (refused,) = pq.read_table(tmp_path / "shard" / "refused.parquet").to_pylist()
    assert refused["source"] == str(page) and "a page that a script fills has none" in refused["detail"]
    broken.write_text("<act><p></act>")
    with pytest.raises(QuestionFileError, match=r"broken\.xml cannot be read: it is not well-formed XML: Opening and"):
        cut_shard(0, [str(broken)], str(tmp_path / "other"), None, (corpus, None))
