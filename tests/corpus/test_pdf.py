"""PDF files to documents: hand-made ones with text, pictures alone, a password, and broken bytes."""

import io
import random
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import CorpusConfig
from dgrc.corpus.documents import documents
from dgrc.corpus.pdf import pdf_documents
from dgrc.errors import ExtraError
from dgrc.questions.files.formats import BROKEN
from dgrc.runtime import extras

PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
    b"stream\n\x00\nendstream"
)


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF of these pages, a line of text each line; an empty page shows a picture."""
    font, picture = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", PICTURE
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", font, picture, f"<< /Title ({title}) >>".encode()]
    for page in pages:
        lines = b"".join(f"({line}) Tj 0 -14 Td ".encode("latin-1") for line in page.split("\n"))
        content = b"BT /F1 12 Tf 72 700 Td " + lines + b"ET" if page else b"q 9 0 0 9 0 0 cm /I Do Q"
        inside = b"/XObject << /I 4 0 R >>" if not page else b"/Font << /F1 3 0 R >>"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << %s >> /Contents %d 0 R >>"
            % (inside, len(objects) + 2),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    kids = " ".join(f"{number} 0 R" for number in range(6, 6 + 2 * len(pages), 2))
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(objects) + 1, table, end)


def read(data: bytes, **settings: Any) -> list[Any]:
    pytest.importorskip("pypdf")
    return list(pdf_documents(data, CorpusConfig(**settings)))


def test_text_comes_page_after_page_with_its_title() -> None:
    data = pdf("Article 1\nWater is free.", "Article 2", title="Water Code")
    assert read(data) == [{"text": "Article 1\nWater is free.\nArticle 2", "title": "Water Code"}]
    assert read(pdf("x"), text="body", title=None) == [{"body": "x"}]


def test_pictures_without_text_are_said() -> None:
    (reason,) = read(pdf("", ""))
    assert reason.startswith("its 2 pages have no text: it is a scan, or empty")
    row, left_out = read(pdf("one", "", "three", ""))
    assert row["text"] == "one\nthree"
    assert left_out == "pages 2, 4 of 4 are pictures without text and are left out of the document"
    assert read(pdf("one", " ")) == [{"text": "one"}]


def test_an_encrypted_file_is_refused() -> None:
    pypdf = pytest.importorskip("pypdf")
    for password in ("", "secret"):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("hidden")))
        writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        (reason,) = read(out.getvalue())
        assert reason.startswith("it is encrypted")


@pytest.mark.parametrize("data", [b"", b"no pdf", pdf("x")[:200], b"%PDF-1.4\n" + b"1 0 obj\n" * 500])
def test_what_is_no_pdf_is_an_error_that_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read as a PDF"):
        read(data)


def test_broken_bytes_raise_only_what_broken_files_raise() -> None:
    draw, whole = random.Random(7), pdf("Article 1\nWater.", "", title="T")
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(data))
            data[at : at + draw.randint(0, 6)] = bytes(draw.choice([b"<<", b">>", b"\xff", b"9", b"R", b"[", b"("]))
        try:
            read(bytes(data))
        except BROKEN:
            continue


def test_a_file_is_one_document_and_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "law.pdf"
    path.write_bytes(pdf("Article 1"))
    corpus = CorpusConfig(files=(str(path),))
    monkeypatch.setattr(extras, "installed", lambda name: False)
    with pytest.raises(ExtraError, match=r"Reading PDF files needs pypdf.*pip install 'dgrc\[pdf\]'"):
        list(documents(str(path), corpus))
    monkeypatch.undo()
    pytest.importorskip("pypdf")
    assert list(documents(str(path), corpus)) == [(str(path), {"text": "Article 1"})]
