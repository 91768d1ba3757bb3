"""CMExam: CSV with `Question`, `Options` (one cell, a line `A ...` each), `Answer` (letters). Its files do not say
which questions have several right options, and some have: so each may."""

import re

from dgrc.questions.options import Pair, Unusable, pairs
from dgrc.questions.published.row import Read, Row, Rows, each, question

_LINE = re.compile(r"^\s*([A-Z])(?:[.\uff0e\u3001:\uff1a)]\s*|\s+)(\S.*)?$|^\s*([A-Z])\s*$")


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    named = {str(name).casefold(): value for name, value in row.items()}
    options = named["options"]
    in_lines = isinstance(options, str) and options.lstrip()[:1] not in ("[", "{")
    found = _lines(options) if in_lines else pairs(options, "`Options`")
    return question(named["question"], found, named.get("answer"), named.get("id"), several=True)


def _lines(cell: str) -> list[Pair]:
    """The options of a cell; a line that begins with no letter goes on with the one before it."""
    found: list[tuple[str, list[str]]] = []
    for line in filter(str.strip, cell.splitlines()):
        match = _LINE.match(line)
        if match and (match[1] or match[3]) == chr(65 + len(found)):
            found.append((match[1] or match[3], [match[2] or ""]))
        elif found:
            found[-1][1].append(line)
        else:
            raise Unusable(f"its `Options` begin with {line[:80]!r}; wanted is a line `A ...`")
    if not found:
        raise Unusable("its `Options` are empty")
    return [(name, " ".join(lines).strip()) for name, lines in found]
