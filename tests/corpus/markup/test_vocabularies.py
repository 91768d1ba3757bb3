"""Each vocabulary by its own element names, sets of documents, and vocabularies that nobody knows."""

import io

import pytest

from dgrc.corpus import passages
from dgrc.corpus.markup.parse import xml_members
from dgrc.corpus.markup.vocabularies import HTML, VOCABULARIES
from tests.corpus.markup.samples import AKN, FORMEX, JATS, PUBMED, USLM, only, read

JATS_ARTICLE = JATS[JATS.index("<article") :].replace("&ndash;", "-")

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
    bare = PUBMED[PUBMED.index("<PubmedArticle>") : PUBMED.index("</PubmedArticle>")]
    assert only(f"{bare}</PubmedArticle>") == first
    both = read(f"<pmc-articleset>{JATS_ARTICLE}{JATS_ARTICLE}</pmc-articleset>")
    assert [row["id"] for row in both] == ["PMC7", "PMC7"]


def test_a_set_is_read_one_by_one_and_an_empty_or_broken_one_says_so() -> None:
    assert read("<PubmedArticleSet/>") == [
        "it is a set of PubMed articles, and holds no <PubmedArticle> and no <PubmedBookArticle>"
    ]
    begun = PUBMED.index("<PubmedArticle>", PUBMED.index("</PubmedArticle>"))
    cut = io.BytesIO(f"{PUBMED[:begun]}<PubmedArticle><b></PubmedArticle>".encode())
    members = xml_members(cut, ("PubmedArticle",))
    assert next(members).tag == "PubmedArticle"
    with pytest.raises(ValueError, match="not well-formed XML"):
        list(members)
    with pytest.raises(ValueError, match="entities of its own"):
        read(f'<!DOCTYPE PubmedArticleSet [<!ENTITY a "b">]>{PUBMED}')
    harvested = f"<o:OAI-PMH xmlns:o='urn:o'><o:ListRecords>{JATS_ARTICLE}</o:ListRecords></o:OAI-PMH>"
    (row,) = read(harvested, path="//abstract")
    assert row == {"text": "# Background\n\nCroup is common.", "title": "Zinc in croup", "id": "PMC7"}


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


def test_names_of_vocabularies_do_not_contradict_each_other() -> None:
    roots = [root for one in VOCABULARIES for root in (*one.roots, *one.sets)]
    assert len(roots) == len(set(roots))
    for one in VOCABULARIES:
        assert one.blocks and not one.dropped & (one.blocks | one.sections | one.leads | one.notes), one.name
        assert one.heading <= one.heading_of and not one.sections & one.parts - {"note", "notes"}, one.name
    assert HTML.headings == {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}


@pytest.mark.parametrize(
    "name",
    "figure debateBody amendmentBody recital citations signature legis-body layout row ack app fn-group fn TERM "
    "DEFINITION group".split(),
)
def test_elements_at_the_seams_of_the_lists_are_known(name: str) -> None:
    known = [one for one in VOCABULARIES if name in one.blocks | one.sections | one.parts | one.rows | one.notes]
    assert known, f"<{name}> is written in no list of names, or into its neighbour there"


def test_terms_and_figures_stand_apart() -> None:
    terms = "<DLIST.ITEM><TERM>well</TERM><DEFINITION>a hole</DEFINITION></DLIST.ITEM>"
    formex = only(f"<ACT><TITLE><TI>T</TI></TITLE><P>so {terms} it is</P></ACT>")
    assert formex["text"].split("\n\n")[-4:] == ["so", "well", "a hole", "it is"]
    assert only("<p>a</p>one<figure>two</figure>three", ".html")["text"].split("\n\n") == ["a", "one", "two", "three"]
