"""A small page and a small document in each vocabulary, by its own element names, and how the tests read them."""

import tempfile
from typing import Any

from dgrc.config import CorpusConfig
from dgrc.corpus.markup import markup_documents


def read(data: bytes | str, suffix: str = ".xml", **settings: Any) -> list[Any]:
    raw = data.encode() if isinstance(data, str) else data
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(raw)
        file.flush()
        return list(markup_documents(file.name, suffix, CorpusConfig(**settings)))


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
