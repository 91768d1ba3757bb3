"""What the elements of each vocabulary mean: where the text is, what stands apart, what is a heading, what is left out.

Akoma Ntoso (OASIS LegalDocML 1.0), USLM (United States Legislative Markup 1 and 2, and the older bills), JATS (PMC's
and publishers' NXML), PubMed's own sets, Formex 4 (EUR-Lex), HTML. Names are those without namespaces.
"""

from dataclasses import dataclass, field


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE = _names("a abbr b bold br cite code dfn em emph hi i img italic mark q ref s small span strong sub sup u")
_TABLE = _names("table TBL tgroup")
_ROW, _CELL = _names("tr ROW row"), _names("td th CELL entry")
_EUR_LEX = {
    **dict.fromkeys("oj-doc-ti doc-ti Heading1 ManualHeading1".split(), 1),
    **dict.fromkeys("oj-ti-section-1 ti-section-1 oj-ti-section-2 ti-section-2 title-division-1".split(), 2),
    **dict.fromkeys("oj-ti-grseq-1 ti-grseq-1 title-division-2 Heading2 ManualHeading2".split(), 2),
    **dict.fromkeys("oj-ti-art ti-art title-article-norm Titrearticle Heading3 ManualHeading3".split(), 3),
}
"""Classes by which EUR-Lex marks headings on pages that have none by their elements."""


@dataclass(frozen=True)
class Vocabulary:
    """The meaning of elements."""

    name: str = ""
    roots: frozenset[str] = frozenset()
    text: str = "."
    """XPath of what holds the text."""
    title: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    sets: frozenset[str] = frozenset()
    """Roots that hold many documents: each of their `members`, which are read one by one."""
    members: tuple[str, ...] = ()
    blocks: frozenset[str] = frozenset()
    inline: frozenset[str] | None = None
    """What stands in a line. Of a vocabulary that says, an element of neither stands apart where nothing but elements
    is beside it; of one that does not (HTML), such an element stands in a line, as browsers have it."""
    headings: dict[str, int] = field(default_factory=dict)
    """Elements that are headings, and their levels."""
    heading_classes: dict[str, int] = field(default_factory=dict)
    """The same of elements with one of these classes."""
    sections: frozenset[str] = frozenset()
    """Elements whose first children of `heading_of` are their heading."""
    parts: frozenset[str] = frozenset()
    """The same if one of those is in `heading`; else a number before their text."""
    heading_of: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    """Numbers and letters that stand before the text of what they number."""
    notes: frozenset[str] = frozenset()
    """Footnotes inside a sentence: written in brackets."""
    dropped: frozenset[str] = frozenset()
    tables: frozenset[str] = _TABLE
    rows: frozenset[str] = _ROW
    cells: frozenset[str] = _CELL
    breaks: frozenset[str] = _names("br eol break")
    bullets: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict)
    """Attributes that say what an element's text is about."""


HTML = Vocabulary(
    name="HTML",
    roots=_names("html"),
    text="//*[self::main or @role='main'][not(ancestor::main or ancestor::*[@role='main'])]"
    " | //body[not(//main or //*[@role='main'])]",
    title=("//*[@class='eli-main-title' or @class='Titreobjet_cp']", "/html/head/title", "//h1"),
    blocks=_names(
        "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
        "figcaption figure "
        "footer form header hgroup hr html legend li main menu ol p pre section summary table tbody td tfoot th "
        "thead tr ul"
    ),
    headings={f"h{level}": level for level in range(1, 7)},
    heading_classes=_EUR_LEX,
    dropped=_names(
        "script style noscript template nav svg head iframe object embed canvas select button textarea datalist audio "
        "video annotation annotation-xml rt rp"
    ),
    bullets=_names("li"),
)
AKOMA_NTOSO = Vocabulary(
    name="Akoma Ntoso",
    roots=_names("akomaNtoso"),
    title=(".//docTitle", ".//longTitle", ".//shortTitle", ".//FRBRWork/FRBRalias/@value"),
    id=(".//FRBRWork/FRBRthis/@value",),
    blocks=_names(
        "act bill judgment doc debate body mainBody preface preamble conclusions header coverPage judgmentBody "
        "debateBody "
        "amendmentBody introduction background arguments remedies motivation decision container formula "
        "recitals recital "
        "citations citation longTitle p block tocItem blockList item content intro wrapUp listIntroduction listWrapUp "
        "blockContainer attachments attachment components component speech speechGroup question answer quotedStructure "
        "quotedText alinea list point indent level subsection paragraph subparagraph clause subclause subrule sublist "
        "transitional proviso hcontainer interstitial ul ol li table tr caption signature crossHeading"
    ),
    headings={"crossHeading": 4},
    sections=_names(
        "book tome part subpart title subtitle chapter subchapter division subdivision section article rule attachment"
    ),
    parts=_names(
        "subsection paragraph subparagraph clause level point hcontainer recital subrule proviso quotedStructure"
    ),
    heading_of=_names("num heading subheading"),
    heading=_names("heading"),
    inline=_INLINE
    | _names(
        "rref mref def term date person role organization concept location event object quantity time entity process "
        "remark inline eol embeddedText mod mmod rmod omissis placeholder ins del docTitle docNumber docType docStage "
        "docStatus docProponent docDate docCommittee docIntroducer docJurisdiction docketNumber docPurpose judge "
        "lawyer party witness neutralCitation outcome opinion courtType affectedDocument relatedDocument change "
        "shortTitle session argument vote decoration noteRef marker"
    ),
    leads=_names("num"),
    notes=_names("authorialNote"),
    dropped=_names("meta toc componentRef"),
    bullets=_names("li"),
)
USLM = Vocabulary(
    name="USLM",
    roots=_names(
        "lawDoc uscDoc pLaw bill resolution statutesAtLarge statuteCompilation amendment amendment-doc "
        "engrossedAmendment frDoc cfrDoc rule proposedRule notice presidentialDoc constitutionalAmendment document"
    ),
    title=("meta/title", "preface//docTitle", ".//officialTitle", ".//official-title", ".//shortTitle", ".//docTitle"),
    id=("@identifier", "meta/identifier", "meta/docNumber"),
    blocks=_names(
        "main preface preamble content chapeau continuation proviso p block note notes sourceCredit statutoryNote "
        "editorialNote changeNote footnote recital enactingFormula resolvingClause quotedContent schedule appendix "
        "subsection paragraph subparagraph clause subclause item subitem subsubitem level longTitle signatures "
        "signature "
        "legis-body text continuation-text quoted-block after-quoted-block toc-entry table tr caption tbody "
        "thead layout "
        "row header compiledAct docTitle officialTitle enacting-formula whereas constitution-article"
    ),
    sections=_names(
        "title subtitle chapter subchapter part subpart division subdivision section courtRules courtRule article "
        "preliminary reorganizationPlan appropriations statutoryNote editorialNote appendix"
    ),
    parts=_names("subsection paragraph subparagraph clause subclause item subitem level note notes schedule"),
    heading_of=_names("num heading subheading enum header"),
    heading=_names("heading header"),
    inline=_INLINE
    | _names(
        "inline date term def shortTitle quotedText entity headingText referenceItem footnoteRef external-xref quote "
        "internal-xref act-name nobreak linebreak committee-name sponsor cosponsor committee sup superscript"
    ),
    leads=_names("num enum"),
    dropped=_names("meta toc page metadata form attestation endorsement"),
    tables=_TABLE | {"layout"},
    cells=_CELL | {"column"},
)  # fmt: skip
JATS = Vocabulary(
    name="JATS",
    roots=_names("article"),
    text="front/article-meta/abstract | front/article-meta/trans-abstract | body | back | floats-group | floats-wrap"
    " | sub-article",
    title=("front/article-meta/title-group/article-title",),
    id=tuple(f"front/article-meta/article-id[@pub-id-type='{kind}']" for kind in "pmcid pmc doi pmid".split()),
    sets=_names("pmc-articleset OAI-PMH"),
    members=("article",),
    blocks=_names(
        "abstract trans-abstract body back sec p list list-item disp-quote boxed-text table-wrap table tr "
        "caption fig ack "
        "app app-group def-list def-item term def statement verse-group verse-line disp-formula disp-formula- "
        "group fn-group "
        "fn notes glossary supplementary-material table-wrap-foot attrib sub-article article-title speech code "
        "preformat bio"
    ),
    headings={"article-title": 1},
    sections=_names("sec abstract trans-abstract ack app fn-group notes glossary boxed-text def-list list"),
    parts=_names("fig table-wrap statement"),
    heading_of=_names("label title"),
    heading=_names("title"),
    inline=_INLINE
    | _names(
        "sc monospace underline overline strike roman sans-serif styled-content named-content xref ext-link uri email "
        "inline-formula inline-graphic inline-supplementary-material abbrev milestone-start milestone-end private-char "
        "break alternatives chem-struct"
    ),
    leads=_names("label"),
    dropped=_names("ref-list tex-math front-stub contrib-group permissions processing-meta object-id graphic media"),
)
PUBMED = Vocabulary(
    name="PubMed",
    roots=_names("PubmedArticle PubmedBookArticle"),
    text=".//Article/Abstract | .//OtherAbstract | .//BookDocument/Abstract",
    title=(".//Article/ArticleTitle", ".//BookDocument/ArticleTitle", ".//BookTitle"),
    id=("MedlineCitation/PMID", "BookDocument/PMID"),
    sets=_names("PubmedArticleSet"),
    members=("PubmedArticle", "PubmedBookArticle"),
    blocks=_names("Abstract OtherAbstract AbstractText"),
    inline=_INLINE,
    dropped=_names("CopyrightInformation"),
    labels={"AbstractText": "Label"},
)
FORMEX = Vocabulary(
    name="Formex",
    roots=_names(
        "ACT ANNEX AGR CJT LETTER OPINION CONS.ACT CONS.OTH CONS.LIST GENERAL PROC REPORT BUDGET LIST.AMEND "
        "COMBINED.FMX"
    ),
    title=("TITLE/TI", "CONS.DOC/TITLE/TI", "CURR.TITLE", ".//TITLE/TI"),
    id=(".//BIB.INSTANCE/NO.CELEX", ".//NO.CELEX"),
    blocks=_names(
        "P ALINEA PARAG LIST ITEM NP TXT VISA CONSID GR.VISA GR.CONSID PREAMBLE PREAMBLE.INIT PREAMBLE.FINAL FINAL "
        "SIGNATURE PL.DATE SIGNATORY ENACTING.TERMS CONTENTS DIVISION ARTICLE GR.SEQ TBL CORPUS ROW DLIST "
        "DLIST.ITEM TERM "
        "DEFINITION QUOT.S GR.CONSID.INIT GR.VISA.INIT GR.NOTES INTRO SUBDIV GR.PLACE"
    ),
    sections=_names("ACT ANNEX DIVISION ARTICLE GR.SEQ CONS.DOC CONS.ANNEX"),
    heading_of=_names("TITLE TI.ART STI.ART TI STI"),
    heading=_names("TITLE TI.ART TI"),
    inline=_names(
        "HT DATE FT IE REF.DOC REF.DOC.OJ REF.NP.ECR REF.ECR REF.DOC.ECR NO.DOC KEYWORD LINK NUMBER OVER.LINE"
    ),
    leads=_names("NO.PARAG NO.P"),
    notes=_names("NOTE"),
    dropped=_names("BIB.INSTANCE BIB.DATA PUBLICATION.REF INFO.CONSLEG INFO.PROD FAM.COMP TOC INCL.ELEMENT PAGE"),
)
GENERIC = Vocabulary(
    inline=_INLINE,
    headings={"title": 2, "heading": 2, "head": 2, **{f"h{level}": level for level in range(1, 7)}},
    dropped=_names("script style"),
)
"""Of any other vocabulary; where its text is must be said."""
VOCABULARIES = (HTML, AKOMA_NTOSO, USLM, JATS, PUBMED, FORMEX)


def vocabulary_of(name: str) -> Vocabulary | None:
    """The vocabulary that a root element of this name is of; None if none is known."""
    return next((one for one in VOCABULARIES if name in one.roots or name in one.sets), None)
