"""A report as a page: sections and cases flow in, one HTML file that needs no script and loads nothing flows out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import jinja2.sandbox
from markupsafe import Markup

from dgrc.view.report import text
from dgrc.view.report.figures import Section, numbered, spaced
from dgrc.view.report.training import HEIGHT, WIDTH, drawn
from dgrc.view.stories import name_of

Told = dict[str, Any]
HERE, STATIC = Path(__file__).parent, Path(__file__).parent.parent / "static"
MARK = "dgrc report"
"""By which a file is known to be one of ours."""
MOST_BYTES = 24 << 20
"""Of the cases: a browser on a phone must still open the file."""


@dataclass(frozen=True)
class Head:
    """What stands above: the run's `name`, its `state` and that in `words`, `lines` about it, what is `missing` of it
    that a report would have, and what to be warned of."""

    name: str
    state: str
    words: str
    lines: Sequence[str]
    missing: Sequence[str]
    warnings: Sequence[str]


def page(head: Head, sections: Sequence[Section], stories: Iterable[Told], of: int, foot: str) -> str:
    """The page.

    Args:
        head: What stands above.
        sections: The figures.
        stories: Cases as `chosen.stories` tells them; as many are taken as the file has room for.
        of: How many cases the run has.
        foot: The last line.
    """
    environment = _environment()
    parts: Any = environment.get_template("parts.html.jinja").make_module({"width": WIDTH, "height": HEIGHT})
    cases, listed, size, full = list[Markup](), list[Told](), 0, False
    for told in stories:
        case = parts.case(told, len(cases) + 1)
        size += len(case.encode())
        if full := size > MOST_BYTES:
            break
        cases.append(case)
        words = ", ".join(filter(None, (told["status"], told["outcome"])))
        listed.append({"id": told["id"], "name": name_of(told), "words": words})
    return environment.get_template("page.html.jinja").render(
        mark=MARK, head=head, sections=list(numbered(sections)), cases=cases, listed=listed, foot=foot,
        cases_note=_note(len(cases), of, full), draw=parts.table, plot=parts.plot, style=_style(),
    )  # fmt: skip


def _note(count: int, of: int, full: bool) -> str:
    if count == of:
        return "All questions that were gathered, those that tell most first."
    why = " The file would be too large with more." if full else ""
    return (
        f"{count:,} of {of:,} questions that were gathered, those that tell most first: chains of which some passed "
        f"and some were contradicted, then other divergent questions.{why} dgrc view has all of them."
    )


def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(
        said=text.said, folded=text.folded, marked=text.marked, pieces=text.pieces, spaced=spaced, drawn=drawn,
        order=_order, against=_against,
    )  # fmt: skip
    made.globals.update(name=name_of)
    return made


def _order(chains: Sequence[Told], first: int) -> list[int]:
    """The numbers of chains, the one that is looked at before the others."""
    return sorted(range(len(chains)), key=lambda n: (n != first, n))


def _against(chains: Sequence[Told]) -> int | None:
    """The number of the first chain that a fact contradicts: it is shown beside the one that is looked at."""
    return next((n for n, chain in enumerate(chains) if (chain.get("verdict") or {}).get("contradicted_by")), None)


def _style() -> Markup:
    files = (STATIC / "look.css", HERE / "page.css")
    return Markup("\n".join(file.read_text(encoding="utf-8") for file in files))

