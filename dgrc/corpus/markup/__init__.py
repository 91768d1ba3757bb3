"""HTML and XML files to documents: a path in; title, text and id of each document out, or why there is none.

`parse` makes a tree of the bytes and refuses what must not be read, `vocabularies` says where in it the text is and
what its elements mean, `render` writes it as lines: blocks apart by empty lines, headings as `# `, a row of a table
a line. A set of articles is read one by one; of any other file the whole is in memory.
"""

import re
from collections.abc import Iterator
from typing import Any

from dgrc.config import CorpusConfig
from dgrc.corpus.markup.parse import html_tree, root_name, xml_members, xml_tree
from dgrc.corpus.markup.render import flat, rendered
from dgrc.corpus.markup.vocabularies import GENERIC, HTML, Vocabulary, vocabulary_of
from dgrc.questions.files.formats import Row, unpacked, whole

SUFFIXES = (".html", ".htm", ".xhtml", ".xml", ".nxml", ".akn")
_AS_HTML = (".html", ".htm")
_IS_XML = re.compile(rb"\s*<\?xml\b")
_HEAD = 1 << 16
"""Bytes in which a root element must begin, so that its set is read one by one."""


def markup_documents(path: str, suffix: str, corpus: CorpusConfig) -> Iterator[Row | str]:
    """The documents of a file: one, or of a set (of PubMed's, say) each; a text instead of one says why it has none.

    Raises one of `formats.BROKEN`: ValueError if the file is not well-formed, declares entities, or is deeper or longer
    than is read.
    """
    if suffix not in _AS_HTML:
        with unpacked(path) as file:
            name = root_name(file.read(_HEAD)) or ""
        known = vocabulary_of(name)
        if known is not None and name in known.sets:
            yield from _members(path, known, corpus)
            return
    root, vocabulary = _root(whole(path, corpus.limits), suffix)
    if vocabulary is None and not corpus.path:
        yield (
            f"its root element <{root.tag}> is of no vocabulary that is known; say in `corpus.path` where its text is "
            f"(`/{root.tag}` takes all)"
        )
        return
    yield _document(root, vocabulary, corpus)


def _members(path: str, known: Vocabulary, corpus: CorpusConfig) -> Iterator[Row | str]:
    """The documents of a set, one by one."""
    found = False
    with unpacked(path) as file:
        for member in xml_members(file, known.members):
            found = True
            yield _document(member, known, corpus)
    if not found:
        yield f"it is a set of {known.name} articles, and holds no <{'> and no <'.join(known.members)}>"


def markup_text(text: str, form: str) -> str:
    """The text of a column that holds HTML or XML (`form`); ValueError as of files."""
    if form == "html":
        root, vocabulary = html_tree(text.encode("utf-8", "replace"), "utf-8"), HTML
    else:
        root = xml_tree(text.encode("utf-8", "replace"))
        vocabulary = vocabulary_of(root.tag) or GENERIC
    found = root.xpath(vocabulary.text)
    return rendered(found or [root], vocabulary)


def _root(data: bytes, suffix: str) -> tuple[Any, Vocabulary | None]:
    """The root element, and the vocabulary that it is of."""
    if suffix in _AS_HTML:
        if _IS_XML.match(data):  # XHTML; if it is not well-formed, it is HTML as browsers take it
            try:
                return xml_tree(data), HTML
            except ValueError:
                pass
        return html_tree(data), HTML
    root = xml_tree(data)
    return root, vocabulary_of(root.tag)


def _document(root: Any, vocabulary: Vocabulary | None, corpus: CorpusConfig) -> Row | str:
    found = _found(root, corpus.path) if corpus.path else root.xpath(vocabulary.text if vocabulary else ".")
    if not found and corpus.path:
        return f"`corpus.path` {corpus.path!r} finds nothing in it; its root element is <{root.tag}>"
    meaning = vocabulary or GENERIC
    text = rendered(found, meaning)
    if not text:
        where = f"at `corpus.path` {corpus.path!r}" if corpus.path else f"where <{root.tag}> has its text"
        return f"there is no text {where}; a page that a script fills has none"
    row: Row = {corpus.text: text}
    for name, path in ((corpus.title, meaning.title), (corpus.id, meaning.id)):
        if name and path and (said := _first(root, path, meaning)):
            row[name] = said
    return row


def _found(root: Any, path: str) -> list[Any]:
    """What an expression finds in a document, without what lies in something else that it finds."""
    from lxml import etree

    try:
        found = etree.ElementTree(root).xpath(path)
    except etree.XPathError as e:
        raise ValueError(f"`corpus.path` {path!r} is no XPath expression: {e}") from e
    if not isinstance(found, list):
        raise ValueError(f"`corpus.path` {path!r} gives a {type(found).__name__}; wanted are elements or texts")
    elements = {item for item in found if not isinstance(item, str)}
    return [item for item in found if isinstance(item, str) or not any(up in elements for up in item.iterancestors())]


def _first(root: Any, paths: tuple[str, ...], vocabulary: Vocabulary) -> str | None:
    """The first text that is found by one of these paths."""
    for path in paths:
        for item in root.xpath(path):
            if said := " ".join(item.split()) if isinstance(item, str) else flat(item, vocabulary):
                return said
    return None
