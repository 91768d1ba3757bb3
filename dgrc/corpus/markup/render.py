"""Elements to text: what stands apart becomes a block of its own, between empty lines, in the order of the document."""

import html
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from dgrc.corpus.markup.vocabularies import Vocabulary

_ENUMERATOR = re.compile(r"[(\[]?(?:\w{1,5}|[\u2010-\u2015\u2022\u25aa-])[.)\]]*")
_POWER = re.compile(r"[-+\u2212\u2013]?\d{1,3}")
_LINKS, _UNIT = frozenset(("a", "xref", "ref")), 4
"""What a note's mark is, and letters that a unit (`m`, `min`) does not have."""
_AWAY = frozenset(("navigation", "banner", "contentinfo", "search"))
"""Roles of what is on every page of a site."""
MOST_LEVELS = 6


def rendered(found: Sequence[Any], vocabulary: Vocabulary) -> str:
    """The text of elements, and texts, one after the other."""
    writer = _Writer(vocabulary)
    for item in found:
        if isinstance(item, str):
            writer.add(item)
            writer.end_block()
        else:
            writer.element(item, 1)
    writer.end_block()
    return "\n\n".join(writer.blocks)


def flat(element: Any, vocabulary: Vocabulary) -> str:
    """The text inside an element in one line."""
    writer = _Writer(vocabulary)
    writer.inside(element, 1, ())
    writer.end_block()
    return " ".join(" ".join(writer.blocks).split())


class _Writer:
    """Goes through a tree, which libxml2 lets be at most 256 deep, and keeps the blocks that it met."""

    def __init__(self, vocabulary: Vocabulary):
        self._of = vocabulary
        self._text: list[str] = []
        self._lead = ""
        self._alone = True
        self.blocks: list[str] = []

    def add(self, text: str | None, kept: bool = False) -> None:
        """Takes up text of the block that is open; its line breaks are spaces unless they are kept."""
        if text:
            self._text.append(text if kept else text.replace("\n", " ").replace("\r", " "))

    def end_block(self) -> None:
        """Ends the block that is open, if there is text in it."""
        lines = [" ".join(line.split()) for line in "".join(self._text).replace("\u00ad", "").split("\n")]
        self._text = []
        for is_text, group in itertools.groupby(lines, bool):  # an empty line of a `pre`, or two `br`, end a block too
            if is_text:
                self.blocks.append(self._lead + "\n".join(group))
                self._lead = ""

    def element(self, element: Any, level: int) -> None:
        """Writes an element, without the text behind it."""
        of, name = self._of, element.tag
        if not isinstance(name, str):  # an entity that HTML knows, left as it is by the parser
            self.add(html.unescape(element.text or ""))
        elif _is_dropped(element, of):
            return
        elif own := of.headings.get(name) or _level_by_class(element, of):
            self._heading(flat(element, of), own)
        elif name in of.tables:
            self._table(element)
        elif name in of.notes:
            self.add(f" [{flat(element, of)}]")
        elif name in of.leads:
            self.end_block()
            self._lead += f"{flat(element, of)} ".lstrip()
        elif name in of.breaks:
            self.add("\n", kept=True)
        elif name in ("sup", "superscript") or (name == "HT" and element.get("TYPE") == "SUP"):
            self._raised(element)
        elif name == "math":
            self.add(formula(element))
        elif name in ("QUOT.START", "QUOT.END"):
            self.add(_quote(element.get("CODE", "")))
        else:
            self._section(element, level)

    def _section(self, element: Any, level: int) -> None:
        """Writes an element's own heading, if it has one, and what is in it."""
        of, name = self._of, element.tag
        first = [child for child in element if child.tag in of.heading_of] if name in of.sections | of.parts else []
        if name in of.parts and not any(child.tag in of.heading for child in first):
            first = []
        apart = bool(first) or self._is_block(element)
        if apart:
            self.end_block()
        if first:
            self._heading(" ".join(filter(None, (flat(child, of) for child in first))), level)
            level += 1
        if name in of.bullets:
            self._lead = "- "
        if name in of.labels and (label := element.get(of.labels[name])):
            self.add(f"{label}: ")
        self.inside(element, level, first)
        if apart:
            self.end_block()
            self._lost_lead(element)

    def inside(self, element: Any, level: int, without: Sequence[Any]) -> None:
        """Writes the text and the elements inside an element."""
        kept = element.tag in ("pre", "preformat")
        alone = self._of.inline is not None and _has_elements_alone(element)
        self.add(element.text, kept)
        for child in element:
            self._alone = alone
            if child not in without:
                self.element(child, level)
            self.add(child.tail, kept)

    def _lost_lead(self, element: Any) -> None:
        """A number that nothing followed stands alone."""
        if lead := self._lead.strip(" -"):
            self.blocks.append(lead)
        if lead or element.tag in self._of.bullets:
            self._lead = ""

    def _heading(self, text: str, level: int) -> None:
        self.end_block()
        if text:
            self.blocks.append(f"{'#' * min(level, MOST_LEVELS)} {text}")

    def _is_block(self, element: Any) -> bool:
        of, name = self._of, element.tag
        if name in of.blocks or name in of.sections or name in of.parts:
            return True
        return of.inline is not None and name not in of.inline and self._alone

    def _raised(self, element: Any) -> None:
        """A power keeps its meaning (`10^9`, `m^2`); a note's mark goes into brackets; all else stands as it is."""
        said = flat(element, self._of)
        before = re.split(r"[\s/\u00b7.()]", "".join(self._text[-3:]))[-1]
        is_mark = len(said) == 1 and said.isalpha() and not before[-1:].isdigit()
        if _POWER.fullmatch(said):
            linked = any(child.tag in _LINKS for child in element)
            power = not linked and (before[-1:].isdigit() or 0 < len(before) < _UNIT)
            self.add(f"^{said}" if power else f" [{said}]")
        else:
            self.add(f" [{said}]" if is_mark else said)

    def _table(self, table: Any) -> None:
        """A line for each row; a row whose cells hold more than a line each is no row, but a place on the page."""
        self.end_block()
        lines: list[str] = []
        for row in _rows(table, self._of):
            cells = [cell for cell in row if cell.tag in self._of.cells] if row.tag in self._of.rows else []
            parts = [_blocks(cell, self._of) for cell in (cells or [row])]
            if any(len(blocks) > 1 or "".join(blocks[:1]).startswith("#") for blocks in parts):
                self._take(lines)
                for at, blocks in enumerate(parts):
                    enumerates = at == 0 and len(parts) > 1 and len(blocks) == 1 and _ENUMERATOR.fullmatch(blocks[0])
                    self.blocks += [] if enumerates else blocks
                    if enumerates and parts[1]:
                        parts[1][0] = f"{blocks[0]} {parts[1][0]}"
            elif line := _line([" ".join(" ".join(blocks).split()) for blocks in parts]):
                lines.append(line)
        self._take(lines)

    def _take(self, lines: list[str]) -> None:
        if lines:
            self.blocks.append(self._lead + "\n".join(lines))
            self._lead = ""
            lines.clear()


def _line(cells: Sequence[str]) -> str:
    """A row of a table as a line; of two cells the first may be the other's number."""
    if len(cells) == 2 and _ENUMERATOR.fullmatch(cells[0]) and cells[0][-1:] in ".)]\u2014\u2013-\u2022":
        return f"{cells[0]} {cells[1]}"
    return " | ".join(cells) if any(cells) else ""


def _blocks(cell: Any, vocabulary: Vocabulary) -> list[str]:
    writer = _Writer(vocabulary)
    writer.inside(cell, MOST_LEVELS, ())
    writer.end_block()
    return writer.blocks


def _rows(table: Any, of: Vocabulary) -> Iterator[Any]:
    """The rows of a table, and what else is in it (its caption), but not the rows of a table in a cell."""
    for child in table:
        if not isinstance(child.tag, str) or _is_dropped(child, of):
            continue
        if child.tag in of.rows or not any(inner.tag in of.rows for inner in child.iter()):
            yield child
        else:
            yield from _rows(child, of)


def _is_dropped(element: Any, of: Vocabulary) -> bool:
    if element.tag in of.dropped:
        return True
    if of.name != "HTML":
        return False
    if element.get("role", "") in _AWAY or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return element.tag == "footer" and next(element.iterancestors("article", "main", "blockquote"), None) is None


def _level_by_class(element: Any, of: Vocabulary) -> int | None:
    classes = element.get("class", "").split() if of.heading_classes else ()
    return next((of.heading_classes[name] for name in classes if name in of.heading_classes), None)


def formula(element: Any) -> str:
    """A formula of MathML in a line: powers, indices and fractions by their signs."""
    if not isinstance(element.tag, str) or element.tag.startswith("annotation"):
        return ""
    parts = [formula(child) for child in element]
    sign = {"msup": "^", "msub": "_", "mfrac": "/"}.get(element.tag)
    if sign and len(parts) == 2:
        return sign.join(part if len(part) < 2 or part.isalnum() else f"({part})" for part in parts)
    return "".join((element.text or "").split()) + "".join(parts)


def _has_elements_alone(element: Any) -> bool:
    texts = itertools.chain((element.text,), (child.tail for child in element))
    return not any(text and not text.isspace() for text in texts)


def _quote(code: str) -> str:
    """The quotation mark of Formex's empty elements, which name it by its number in Unicode."""
    try:
        mark = chr(int(code, 16))
    except (ValueError, OverflowError):
        return '"'
    return mark if unicodedata.category(mark)[0] == "P" else '"'
