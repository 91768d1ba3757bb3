"""A report as a card: the same sections and a few cases flow in, Markdown flows out, for a README or a model's page.

Whatever a run says stands in code, where Markdown and the HTML in it mean nothing; our own words stand bare.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from dgrc.report.terminal import plain
from dgrc.view.report.figures import Section, Table, spaced
from dgrc.view.report.page import MARK, Head
from dgrc.view.stories import name_of

Told = dict[str, Any]
MOST = 1_500
"""Characters of a text of a case."""
FIRST_LINE = f"<!-- {MARK} -->"
_BARE = re.compile(r"(?!.*(?://|www\.|\]\())(?![-+_])[\w \u2212+.,:;%/()'\[\]-]*", re.ASCII)
_FENCE = re.compile("`+")


def card(head: Head, sections: Sequence[Section], stories: Iterable[Told], foot: str) -> str:
    """The card, its lines as GitHub's Markdown has them."""
    said = [FIRST_LINE, f"# {code(head.name)}: {head.words}", *(words(line) for line in head.lines)]
    said += [f"> {words(line)}" for line in (*head.missing, *head.warnings)]
    for section in sections:
        said.append(f"## {section.title}")
        said += [f"> {words(line)}" for line in section.warnings]
        for table in section.tables:
            said.append("\n\n".join(filter(None, (table.title and f"**{words(table.title)}**", _table(table)))))
            said += [words(table.note)] if table.note else []
    told = [_case(one) for one in stories]
    said += ["## Cases", "Those that tell most.", *told] if told else []
    return "\n\n".join([*said, words(foot)]) + "\n"


def code(text: object) -> str:
    """A text as code within a line or a cell."""
    flat = " ".join(plain(str(text)).split()).replace("|", "\\|")
    mark = "`" * (1 + max(map(len, _FENCE.findall(flat)), default=0))
    edge = " " if len(mark) > 1 or flat[:1] == "`" else ""
    return f"{mark}{edge}{flat}{edge}{mark}" if flat else ""


def words(text: str) -> str:
    """A line or a cell as it is, if nothing in it could mean something in Markdown; else as code."""
    return text if _BARE.fullmatch(text) else code(text)


def fenced(text: str, most: int = MOST) -> str:
    """A text of several lines as code, the end of a long one left out with words."""
    shown = plain(text[:most])
    mark = "`" * max(3, 1 + max(map(len, _FENCE.findall(shown)), default=0))
    left_out = f"\n\n({len(text) - most:,} more characters are not in this card.)" if len(text) > most else ""
    return f"{mark}text\n{shown}\n{mark}{left_out}"


def _table(table: Table) -> str:
    lines = [table.columns, *table.rows, *([table.total] if table.total else [])]
    cells = ["| " + " | ".join(map(words, line)) + " |" for line in lines]
    rule = "|" + "|".join("---" if n in table.words else "---:" for n in range(len(table.columns))) + "|"
    return "\n".join([cells[0], rule, *cells[1:]])


def _case(told: Told) -> str:
    """A question, the two chains that part with why the teacher's was kept or dropped, and the facts."""
    outcome = f", {told['outcome']}" if told["outcome"] else ""
    said = [f"### {code(name_of(told))}: {told['status']}{outcome}"]
    said.append(fenced("\n".join([told["text"], *told["options"]])))
    if told["error"]:
        said.append(f"This question failed: {code(told['error'][:MOST])}")
    ours, role, theirs = told["pairs"][0] if told["pairs"] else (0, "student", 0)
    for who, first in (("teacher", ours), (role, theirs)):
        for n, chain in enumerate(told["chains"][who]):
            why = f" {words(chain['why'])}" if chain.get("why") else ""
            said.append(f"**{who} {n}**: {code((chain['answer'] or chain['read_by'])[:MOST])}.{why}")
            if n == first:
                said.append(fenced(with_mark(chain["text"], told["marks"].get((who, n)))))
    return "\n\n".join([*said, *_facts(told)])


def with_mark(text: str, span: tuple[int, int] | None) -> str:
    """The text with the sentence at which it parts from another told in words."""
    if span is None:
        return text
    start, end = span
    return f"{text[:start]}[they part here] {text[start:end]} [to here]{text[end:]}"


def _facts(told: Told) -> list[str]:
    rows = []
    for atom in told["atoms"]:
        held = (f"{one['relation']} teacher {', '.join(map(str, one['chains']))}" for one in atom["relations"])
        relation = "; ".join(held)
        if atom["answered"] and not atom["kept"]:
            relation = f"dropped: {spaced(atom['dropped_because'] or '')}"
        asked = (atom["question"] or atom["id"])[:MOST]
        rows.append((asked, (atom["answer"] or "not answered yet")[:MOST], relation))
    if not rows:
        return []
    cells = [f"| {code(asked)} | {code(answer)} | {words(relation)} |" for asked, answer, relation in rows]
    return ["\n".join(["| fact | answer | relation |", "|---|---|---|", *cells])]
