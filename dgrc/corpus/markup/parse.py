"""Bytes to a tree of elements, by lxml: nothing is fetched, no DTD is loaded, no entity is expanded.

Elements and attributes keep their names without namespaces, so that paths need none. What libxml2 would leave out
without a word (HTML nested deeper than 256, or with a text of more than 10 MB) is an error.
"""

import codecs
import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import IO, Any

_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})"
    rb"|<meta[^>]{0,400}?charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})",
    re.IGNORECASE,
)
_LOOKED_AT = 4096
"""Bytes in which a page declares its encoding."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MEANT = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252",
    "us-ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "utf-16": "utf-8", "utf-16le": "utf-8", "utf-16be": "utf-8", "unicode": "utf-8",
    "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic", "iso-8859-9": "cp1254",
}  # fmt: skip
"""Encodings that are called by an older name; of UTF-16 a declaration that can be read as ASCII is wrong.
https://encoding.spec.whatwg.org/#names-and-labels"""
_KNOWN = frozenset(
    "utf-8 gb18030 big5hkscs euc_jp cp932 iso2022_jp cp949 koi8-r koi8-u mac-roman mac-cyrillic cp866 cp874 tis-620 "
    "iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13 "
    "iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258".split()
)
"""Encodings of pages, by Python's names; it knows others too, that are none of texts."""


def root_name(head: bytes) -> str | None:
    """The name of the root element in the beginning of an XML document; None if it is not there."""
    from lxml import etree

    try:
        _, root = next(etree.iterparse(io.BytesIO(head), ("start",), **_guards()))
    except (etree.XMLSyntaxError, StopIteration):
        return None
    return etree.QName(root).localname


def xml_tree(data: bytes) -> Any:
    """The root element of an XML document; ValueError if it is not well-formed or declares entities."""
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(**_guards()))
    except etree.XMLSyntaxError as e:
        raise ValueError(f"it is not well-formed XML: {e}") from e
    return _checked(root)


def xml_members(file: IO[bytes], names: Sequence[str]) -> Iterator[Any]:
    """Elements of these names, one after the other, each dropped before the next; ValueError as of `xml_tree`."""
    from lxml import etree

    try:
        for _, element in etree.iterparse(file, ("end",), tag=[f"{{*}}{name}" for name in names], **_guards()):
            yield _checked(element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as e:
        raise ValueError(f"it is not well-formed XML: {e}") from e


def _guards() -> dict[str, bool]:
    """Of every parser of XML: no entity, no DTD, no network, and libxml2's limits."""
    return {
        "resolve_entities": False, "load_dtd": False, "dtd_validation": False, "no_network": True, "huge_tree": False,
        "remove_comments": True, "remove_pis": True,
    }  # fmt: skip


def _checked(root: Any) -> Any:
    """An element by itself, its elements without namespaces; ValueError if entities are declared or unknown in it."""
    from lxml import etree

    inside = root.getroottree().docinfo.internalDTD
    declared = [] if inside is None else [str(entity.name) for entity in inside.iterentities()]
    if declared:
        raise ValueError(
            f"it declares entities of its own ({', '.join(declared[:5])}), which are not expanded, because they can "
            "name other files or fill the memory; write their text in their places"
        )
    for entity in list(root.iter(etree.Entity)):
        if html.unescape(entity.text) == entity.text:
            raise ValueError(f"the entity {entity.text} is none of HTML's; write its text in its place")
    return _bare(root)


def html_tree(data: bytes, encoding: str | None = None) -> Any:
    """The root element of a page as browsers take it, however it is written; ValueError if its text cannot be had."""
    from lxml import etree

    text = _decoded(data, encoding).replace("\x00", "\ufffd")
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError as e:
        raise ValueError(f"it cannot be read as HTML: {e}") from e
    limits = [error.message for error in parser.error_log if error.type_name == "ERR_RESOURCE_LIMIT"]
    if limits:
        raise ValueError(f"it is deeper than 256 elements, or has a text of more than 10 MB: {limits[0]}")
    if root is None:
        raise ValueError("it is empty")
    return _bare(root)


def _decoded(data: bytes, encoding: str | None) -> str:
    """The text of a page: by its mark, else as it declares, else UTF-8, or if that it is not, Windows-1252."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name)
    found = _DECLARED.search(data[:_LOOKED_AT])
    if encoding is None and found is not None:
        named = (found[1] or found[2]).decode("ascii", "replace").lower()
        return _as(data, _MEANT.get(named, named))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _as(data: bytes, encoding: str) -> str:
    """The text in a declared encoding; ValueError if it is not known, or not that of the text."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise ValueError(f"it declares the encoding {encoding!r}, which is not known")
    try:
        # Windows-1252 has five bytes that mean nothing; browsers show them as controls.
        return data.decode(name, "replace" if name == "cp1252" else "strict")
    except UnicodeDecodeError as e:
        raise ValueError(f"it is not in the encoding that it declares ({encoding}): {e}") from e


def _bare(root: Any) -> Any:
    """The same tree, its elements named without their namespaces."""
    for element in root.iter("{*}*"):
        if element.tag[0] == "{":
            element.tag = element.tag.rpartition("}")[2]
    return root
