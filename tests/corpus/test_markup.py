"""HTML and XML to documents: a small file in each vocabulary by its own element names, and what must be refused."""

import random
from pathlib import Path
from typing import Any

import pytest

from dgrc.config import CorpusConfig
from dgrc.corpus import passages
from dgrc.corpus.documents import documents
from dgrc.corpus.markup import markup_documents, markup_text
from dgrc.corpus.markup.vocabularies import HTML, VOCABULARIES
from dgrc.questions.formats import BROKEN


def read(data: bytes | str, suffix: str = ".xml", **settings: Any) -> list[Any]:
    raw = data.encode() if isinstance(data, str) else data
    return list(markup_documents(raw, suffix, CorpusConfig(**settings)))


def only(data: bytes | str, suffix: str = ".xml", **settings: Any) -> dict[str, Any]:
    (row,) = read(data, suffix, **settings)
    assert isinstance(row, dict), row
    return row


PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title> Water
 Code </title><style>p {}</style><script>var x = "<p>no</p>";</script></head><body>
<nav><ul><li>Home</li></ul></nav><div role="navigation">Crumbs</div>
<h1>Water Code</h1><p>Nobody may take&nbsp;water<br>without a licence &amp; a fee.</p>
<h2>Fees</h2><div>Loose text <b>bold</b> and <a href="x">linked</a>.<p>Within.</p>after</div>
<ul><li>first</li><li><p>second</p><ol><li>inner</li></ol></li></ul>
<table><caption>Rates</caption><thead><tr><th>Use</th><th>Fee</th></tr></thead><tr><td>home</td><td>3 &euro;</td>
</tr></table>
<pre>SECTION 1.

As   is
so.</pre><p hidden>gone</p><noscript>no</noscript><footer>Imprint</footer></body></html>"""


def test_a_page_keeps_its_blocks_and_headings_and_loses_what_is_on_every_page() -> None:
    row = only(PAGE, ".html")
    assert row["title"] == "Water Code"
    assert row["text"].split("\n\n") == [
        "# Water Code", "Nobody may take water\nwithout a licence & a fee.", "## Fees",
        "Loose text bold and linked.", "Within.", "after", "- first", "- second", "- inner",
        "Rates\nUse | Fee\nhome | 3 \u20ac", "SECTION 1.", "As is\nso.",
    ]  # fmt: skip


def test_the_main_part_of_a_page_is_taken_where_it_is_marked() -> None:
    page = "<body><div>Menu</div><main><h1>A</h1><p>text</p><footer>in main</footer></main><p>Ads</p></body>"
    assert only(page, ".htm")["text"] == "# A\n\ntext\n\nin main"
    assert only(page, ".htm", path="//div")["text"] == "Menu"


def test_a_table_that_lays_out_a_page_is_no_row() -> None:
    page = "<table><tr><td>(a)</td><td><p>one</p><p>two</p></td></tr><tr><td>(b)</td><td>three</td></tr></table>"
    assert only(page, ".html")["text"] == "(a) one\n\ntwo\n\n(b) three"
    whole = "<table><tr><td><h2>Law</h2><p>x</p></td><td><p>y</p></td></tr></table>"
    assert only(whole, ".html")["text"] == "## Law\n\nx\n\ny"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>9</sup>/L, 5 kg/m<sup>2</sup>, CO<sub>2</sub>", "10^9/L, 5 kg/m^2, CO2"),
        ("as shown<sup>12</sup> and said.<sup><a href='#n'>3</a></sup>", "as shown [12] and said. [3]"),
        ("the 3<sup>rd</sup> day, le 2<sup>e</sup>, daily<sup>a</sup>", "the 3rd day, le 2e, daily [a]"),
        ("5 kg\u2009m<sup>\u22122</sup>", "5 kg m^\u22122"),
        ("if <math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>"
         "<msup><mn>10</mn><mn>9</mn></msup><annotation>x</annotation></math>.", "if a/(b+1)10^9."),
        ("a<br><br>b<br>c", "a\n\nb\nc"),
        ("co\u00adoperate &lt;b&gt; &#8211; &unknown;", "cooperate <b> \u2013 &unknown;"),
    ],
)
def test_what_stands_inside_a_line(html: str, text: str) -> None:
    assert only(f"<p>{html}</p>", ".html")["text"] == text


AKN = """<?xml version="1.0" encoding="UTF-8"?>
<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><act name="act">
<meta><identification source="#x"><FRBRWork><FRBRthis value="/akn/xx/act/2020/1/!main"/></FRBRWork></identification>
</meta>
<preface><longTitle><p>An Act on <docTitle>Water</docTitle></p></longTitle></preface>
<body><part eId="part_1"><num>Part I</num><heading>General</heading>
<article eId="art_1"><num>Article 1</num><heading>Scope</heading>
<paragraph eId="p1"><num>(1)</num><content>
<p>This Act applies to <ref href="#">rivers</ref>.<authorialNote marker="1"><p>See
Annex.</p></authorialNote></p></content></paragraph>
<paragraph eId="p2"><num>(2)</num><list><intro><p>It does not apply to:</p></intro>
<point><num>(a)</num><content><p>wells;</p></content></point></list></paragraph></article>
<article eId="art_2"><num>Article 2</num><content><p>Fees are due.</p></content></article></part></body>
<conclusions><p>Done.</p></conclusions></act></akomaNtoso>"""

USLM = """<lawDoc xmlns="http://schemas.gpo.gov/xml/uslm"
 xmlns:dc="http://purl.org/dc/elements/1.1/" identifier="/us/usc/t99">
<meta><dc:title>Title 99</dc:title></meta><main><title><num value="99">Title 99\u2014</num><heading>WATER</heading>
<toc><tocItem>gone</tocItem></toc><chapter><num>CHAPTER 1\u2014</num><heading>GENERAL</heading>
<section identifier="/us/usc/t99/s1"><num value="1">\u00a7 1.</num><heading> Permits</heading>
<subsection><num value="a">(a)</num><heading> In general</heading><chapeau>A permit is due\u2014</chapeau>
<paragraph><num value="1">(1)</num><content>for wells; and</content></paragraph>
<paragraph><num value="2">(2)</num><content>for <i>dams</i>.</content></paragraph>
<continuation>It is not free.</continuation></subsection>
<sourceCredit>(Pub. L. 1\u20131.)</sourceCredit></section></chapter></title></main></lawDoc>"""

JATS = """<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Archiving 1.2//EN" "JATS-archivearticle1.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><journal-meta><journal-title>J</journal-title></journal-meta>
<article-meta><article-id pub-id-type="pmid">7</article-id><article-id pub-id-type="pmc">PMC7</article-id>
<title-group><article-title>Zinc in <italic>croup</italic></article-title></title-group><contrib-group>
<contrib>Doe</contrib>
</contrib-group><abstract><sec><title>Background</title><p>Croup is common.</p></sec></abstract></article-meta></front>
<body><sec id="s1"><label>1.</label><title>Methods</title>
<p>We gave zinc<xref ref-type="bibr">[1]</xref> at 10<sup>9</sup>/L&ndash;more.
<list list-type="order"><list-item><label>a)</label><p>daily</p></list-item></list></p>
<table-wrap><label>Table 1</label><caption><p>Doses</p></caption><table><tbody><tr><th>age</th><th>mg</th></tr><tr>
<td>2</td><td>10</td></tr>
</tbody></table></table-wrap><sec><title>Ethics</title><p>Approved.</p></sec></sec></body>
<back><ack><title>Thanks</title><p>To all.</p></ack><ref-list><ref>Gone A.</ref></ref-list></back>
<floats-group><fig><label>Figure 1</label><caption><p>Map.</p></caption></fig></floats-group></article>"""

PUBMED = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">11</PMID><Article>
<ArticleTitle>Zinc.</ArticleTitle>
<Abstract><AbstractText Label="AIM">To see.</AbstractText><AbstractText Label="RESULT">p &lt; 0.05</AbstractText>
<CopyrightInformation>X</CopyrightInformation></Abstract></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>12</PMID><Article><ArticleTitle>No abstract</ArticleTitle></Article>
</MedlineCitation>
</PubmedArticle></PubmedArticleSet>"""

FORMEX = """<ACT><BIB.INSTANCE><NO.CELEX>32020R0001</NO.CELEX><DATE>2020</DATE></BIB.INSTANCE>
<TITLE><TI><P>REGULATION on <HT TYPE="UC">water</HT></P></TI></TITLE>
<PREAMBLE><GR.CONSID><GR.CONSID.INIT>Whereas:</GR.CONSID.INIT><CONSID><NP><NO.P>(1)</NO.P><TXT>Water is scarce.</TXT>
</NP></CONSID>
</GR.CONSID></PREAMBLE><ENACTING.TERMS><DIVISION><TITLE><TI><P>CHAPTER I</P></TI><STI><P>General</P></STI></TITLE>
<ARTICLE IDENTIFIER="001"><TI.ART>Article 1</TI.ART><STI.ART><P>Subject</P></STI.ART>
<PARAG IDENTIFIER="001.001"><NO.PARAG>1.</NO.PARAG>
<ALINEA>The 10<HT TYPE="SUP">3</HT> <QUOT.START CODE="2018"/>user<QUOT.END CODE="2019"/> pays<NOTE NOTE.ID="E1"><P>OJ L
1.</P></NOTE>.</ALINEA></PARAG><PARAG><NO.PARAG>2.</NO.PARAG><ALINEA><P>Namely:</P><LIST TYPE="alpha"><ITEM><NP>
<NO.P>(a)</NO.P>
<TXT>homes;</TXT></NP></ITEM></LIST></ALINEA></PARAG></ARTICLE></DIVISION></ENACTING.TERMS></ACT>"""


@pytest.mark.parametrize(
    ("xml", "title", "id_", "blocks"),
    [
        (AKN, "Water", "/akn/xx/act/2020/1/!main", [
            "An Act on Water", "# Part I General", "## Article 1 Scope", "(1) This Act applies to rivers. [See Annex.]",
            "(2) It does not apply to:", "(a) wells;", "## Article 2", "Fees are due.", "Done.",
        ]),
        (USLM, "Title 99", "/us/usc/t99", [
            "# Title 99\u2014 WATER", "## CHAPTER 1\u2014 GENERAL", "### \u00a7 1. Permits", "#### (a) In general",
            "A permit is due\u2014", "(1) for wells; and", "(2) for dams.", "It is not free.", "(Pub. L. 1\u20131.)",
        ]),
        (JATS, "Zinc in croup", "PMC7", [
            "# Background", "Croup is common.", "# 1. Methods", "We gave zinc[1] at 10^9/L\u2013more.", "a) daily",
            "Table 1 Doses", "age | mg\n2 | 10", "## Ethics", "Approved.", "# Thanks", "To all.",
            "Figure 1 Map.",
        ]),
        (FORMEX, "REGULATION on water", "32020R0001", [
            "# REGULATION on water", "Whereas:", "(1) Water is scarce.", "## CHAPTER I General",
            "### Article 1 Subject",
            "1. The 10^3 \u2018user\u2019 pays [OJ L 1.].", "2. Namely:", "(a) homes;",
        ]),
    ],
    ids=["akn", "uslm", "jats", "formex"],
)  # fmt: skip
def test_each_vocabulary_keeps_its_structure(xml: str, title: str, id_: str, blocks: list[str]) -> None:
    row = only(xml)
    assert row["text"].split("\n\n") == blocks
    assert (row["title"], row["id"]) == (title, id_)


def test_elements_that_no_vocabulary_names_do_not_run_into_each_other() -> None:
    inner = "<novel>One</novel><newer>two.</newer><p>A <novel>third</novel>.</p><p><b>B</b> <i>C</i></p>"
    akn = only(f"<akomaNtoso><doc><mainBody>{inner}</mainBody></doc></akomaNtoso>")["text"]
    assert akn == "One\n\ntwo.\n\nA third.\n\nB C"
    for xml in (f"<lawDoc><main>{inner}</main></lawDoc>", f"<article><body>{inner}</body></article>"):
        assert only(xml)["text"] == akn
    assert only(f"<body>{inner}</body>", ".html")["text"] == "Onetwo.\n\nA third.\n\nB C"


def test_the_articles_of_a_set_are_documents_of_their_own() -> None:
    first, second = read(PUBMED)
    assert first == {"text": "AIM: To see.\n\nRESULT: p < 0.05", "title": "Zinc.", "id": "11"}
    assert "there is no text where <PubmedArticle> has its text" in second
    inner = JATS[JATS.index("<article") :].replace("&ndash;", "-")
    assert [row["id"] for row in read(f"<pmc-articleset>{inner}{inner}</pmc-articleset>")] == ["PMC7", "PMC7"]


def test_passages_are_cut_at_the_headings_of_a_document() -> None:
    text = only(AKN)["text"]
    cut = [text[start:end].splitlines()[0] for start, end in passages.split(text, 350, 4)]
    assert "## Article 2" in cut and all(passages.is_heading(line) for line in text.splitlines() if line[:1] == "#")


def test_an_unknown_vocabulary_needs_a_path_and_has_one_then() -> None:
    inner = "<x:head>Fees</x:head><x:p>Pay <x:em>now</x:em>.</x:p><x:p>Or</x:p>"
    xml = f"<x:law xmlns:x='urn:x'><x:no>9</x:no><x:body>{inner}</x:body></x:law>"
    (reason,) = read(xml)
    assert "its root element <law> is of no vocabulary that is known; say in `corpus.path`" in reason
    assert only(xml, path="//body")["text"] == "## Fees\n\nPay now.\n\nOr"
    assert only(xml, path="//p | //body/p | //no/text()")["text"] == "9\n\nPay now.\n\nOr"
    assert read(xml, path="//nowhere") == ["`corpus.path` '//nowhere' finds nothing in it; its root element is <law>"]
    for path, words in (("//[", "is no XPath expression"), ("count(//p)", "gives a float")):
        with pytest.raises(ValueError, match=words):
            read(xml, path=path)


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


def test_files_are_read_by_their_suffix_and_compressed(tmp_path: Path) -> None:
    import gzip

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


def test_names_of_vocabularies_do_not_contradict_each_other() -> None:
    roots = [root for one in VOCABULARIES for root in one.roots]
    assert len(roots) == len(set(roots))
    for one in VOCABULARIES:
        assert one.blocks and not one.dropped & (one.blocks | one.sections | one.leads | one.notes), one.name
        assert one.heading <= one.heading_of and not one.sections & one.parts - {"note", "notes"}, one.name
    assert HTML.headings == {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
