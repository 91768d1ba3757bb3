"""What is refused and why, encodings, entities, broken bytes, long input."""

import random
from pathlib import Path

import pytest

from dgrc.questions.files.formats import BROKEN
from tests.corpus.markup.samples import AKN, FORMEX, JATS, PAGE, PUBMED, USLM, only, read


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        ("<a><b></a>", ".xml", "not well-formed XML: Opening and ending tag mismatch"),
        ("", ".xml", "not well-formed XML"),
        ("<a>&nbsp;</a>", ".xml", "Entity 'nbsp' not defined"),
        ("<p>open", ".xhtml", "not well-formed XML"),
        ("<?xml version='1.0' encoding='klingon'?><a/>", ".xml", "klingon"),
        ("", ".html", "it is empty"),
        ("<meta charset=klingon><p>x", ".html", "declares the encoding 'klingon', which is not known"),
        ("<meta charset=punycode><p>x", ".html", "declares the encoding 'punycode', which is not known"),
        ("<meta charset=rot13><p>x", ".html", "declares the encoding 'rot13', which is not known"),
        (b"<meta charset=utf-8><p>\xff\xfe\xff", ".html", r"not in the encoding that it declares \(utf-8\)"),
        ("<div>" * 300 + "deep", ".html", "deeper than 256"),
        ("<a>" * 300 + "</a>" * 300, ".xml", "not well-formed XML: Excessive depth"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes | str, suffix: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(data, suffix)


def test_entities_are_neither_fetched_nor_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("SECRET")
    for declared in (
        '<!ENTITY a "text">', f'<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt">',
        '<!ENTITY b "bb"><!ENTITY a "&b;&b;">', f'<!ENTITY % p SYSTEM "file://{tmp_path}/secret.txt"> %p;',
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"entities of its own|not well-formed") as told:
            read(f"<!DOCTYPE html [{declared}]><html><body>&a;</body></html>")
        assert "SECRET" not in str(told.value)
    dtd = tmp_path / "own.dtd"
    dtd.write_text('<!ENTITY own "SECRET">')
    with pytest.raises(ValueError, match="&own; is none of HTML's"):
        read(f'<!DOCTYPE html SYSTEM "file://{dtd}"><html><body>&own;</body></html>')
    kind = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://localhost/x.dtd">'
    assert only(f"{kind}<html><body><p>a&nbsp;&sect;</p></body></html>", ".xhtml")["text"] == "a \u00a7"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="gb2312">', "gb18030"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=big5">', "big5"),
        ("<meta charset=Shift_JIS>", "cp932"), ("<meta charset=iso-8859-1>", "cp1252"), ("", "cp1252"), ("", "utf-8"),
        ("<meta charset=latin1>", "utf-8-sig"), ("", "utf-16"), ("<meta charset=utf-16>", "utf-8"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_its_encoding(head: str, encoding: str) -> None:
    text = "\u00a7 5 \u2013 caf\u00e9" if encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16") else "\u6cd5\u5f8b"
    assert only(f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(encoding), ".html")["text"] == text
    if encoding in ("gb18030", "utf-16", "utf-8"):
        xml = f'<?xml version="1.0" encoding="{encoding}"?><html><body><p>{text}</p></body></html>'
        assert only(xml.encode(encoding))["text"] == text


@pytest.mark.parametrize(
    "sample", [PAGE, AKN, USLM, JATS, PUBMED, FORMEX], ids=["html", "akn", "uslm", "jats", "pubmed", "formex"]
)
def test_broken_bytes_raise_only_what_broken_files_raise(sample: str) -> None:
    draw = random.Random(7)
    whole = sample.encode()
    for turn in range(150):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            at = draw.randrange(len(data))
            data[at : at + draw.randint(0, 9)] = draw.choice([b"<", b">", b"&", b"\x00", b"]]>", b"\xff\xd8", b"</p>"])
        for suffix in (".xml", ".html", ".xhtml"):
            try:
                rows = read(bytes(data[: draw.randrange(len(data))] if turn % 3 == 0 else data), suffix)
            except BROKEN:
                continue
            assert all(isinstance(row, str) or row["text"].strip() for row in rows)


def test_long_pages_are_read_in_linear_time() -> None:
    pieces = ("<p>x</p>", "<b>x", "<td>", "<sup>1</sup>", "<br>", "&lt;", "<li>", "<meta charset", "- ", "<x><y/></x>")
    for piece in pieces:
        many = piece * (200_000 // len(piece))
        for suffix, text in ((".html", many), (".xml", f"<law>{many}</law>")):
            try:
                read(text, suffix, path="/*")
            except ValueError:
                continue
