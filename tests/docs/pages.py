"""The pages of the documentation, and what they name: Markdown in; paths, links, commands and settings out, as text."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

HISTORY = {"docs/log.md"}
"""Says what was so on its day, under the names of that day."""
FOLDERS = ("dgrc", "docs", "tests", "benchmarks", "configs", "cluster", "ray_jobs", "requirements", "findings")

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
URL = re.compile(r"\w+://\S+")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
PATH = re.compile(rf"(?<![\w/.~-])(?:\.\./)*((?:{'|'.join(FOLDERS)})/[\w./*-]*)")
MODULE_FILE = re.compile(r"(?<![\w/.*-])(\w[\w/-]*\.py)\b")
DOTTED = re.compile(r"(?<![\w/.-])((?:dgrc|benchmarks|ray_jobs)(?:\.[a-zA-Z_]\w*)+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page that says what is so today."""
    found = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "cluster/README.md")), *ROOT.glob("docs/*.md")]
    return sorted(page for page in found if str(page.relative_to(ROOT)) not in HISTORY)


def paths(text: str) -> set[str]:
    """What begins with a folder of the repository, wherever in the text."""
    return {found.rstrip(".") for found in PATH.findall(URL.sub("", text))}


def module_files(text: str) -> set[str]:
    """Python files, by name or by a path within the repository or `dgrc`."""
    return set(MODULE_FILE.findall(URL.sub("", text)))


def dotted(text: str) -> set[str]:
    """Modules and what is in them, as Python names them, in code."""
    return {name for code in codes(text) for name in DOTTED.findall(URL.sub("", code))}


def links(text: str) -> set[str]:
    """Targets of links and images within the repository."""
    found = {link or image for link, image in LINK.findall(text)}
    return {target for target in found if not URL.match(target)}


def anchors(text: str) -> set[str]:
    """What links may name behind `#`, as GitHub makes it of headings."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def codes(text: str) -> Iterator[str]:
    """Code: each line of a fenced block, and each span between backticks."""
    for block in FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from (" ".join(span.split()) for span in SPAN.findall(FENCE.sub("", text)))


def commands(text: str) -> Iterator[list[str]]:
    """The words of each line of code that a shell could read, without comments and without what leads a command."""
    for code in codes(text):
        try:
            words = shlex.split(code, comments=True)
        except ValueError:  # a quote that is never closed: prose, or another language
            continue
        while words and (words[0] in ("$", "sudo") or re.fullmatch(r"[A-Z_]+=\S*", words[0])):
            words = words[1:]
        if words:
            yield words


def settings(text: str) -> set[str]:
    """Settings by their dotted names: `a.b`, `a.b: value`, and behind `--set`."""
    found = set()
    for code in codes(text):
        behind = re.findall(r"--set ([a-z_.]+)=", code)
        alone = re.match(r"([a-z_]+(?:\.[a-z_]+)+)(?::.*)?$", code)
        found |= {*behind, *([alone[1]] if alone else [])}
    return found
