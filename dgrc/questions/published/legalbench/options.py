"""The options of a LegalBench task: its prompt in, the classes that an answer may name out.

They stand in the prompt: as lettered lines (`Option A: ...`), in brackets (`[A: Yes; B: No]`), after `Options:`, as a
list of definitions, as columns of the rows, or as words of the instruction. Where the prompt only shows them, they are
yes and no, or answers that its solved examples repeat. An answer that stands nowhere but in its row is a solution.
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dgrc.method.reading.options import letter
from dgrc.questions.published.legalbench.prompt import Prompt, value_of

_LETTERED = re.compile(r"^[ \t]*(?:Option[ \t]+)?[(\[]?([A-Z])[.:)\]]+[ \t]+(\S.*)$")
_IN_BRACKETS = re.compile(r"\[[ \t]*(A[ \t]*[:.)][^\[\]\n]{1,2000})\]")
_PART = re.compile(r"(?:^|[;,])[ \t]*([A-Z])[ \t]*[:.)][ \t]*")
_LISTED = re.compile(r"\b(?:Options|Choices|Labels|Classes|Categories)[ \t]*:[ \t]*([^\n]{1,2000})", re.IGNORECASE)
_DEFINED = re.compile(r"^[ \t]*[-*\u2022][ \t]+([^:\n]{1,80}):[ \t]+\S")
_YES_NO = frozenset(("yes", "no"))
NEARLY = 0.85
"""An option that is an answer but for a sign or two is that answer misspelled (`dimissed`)."""
LONGEST_LIST = 40
"""A task with more answers or options has no classes."""


@dataclass(frozen=True)
class Options:
    """The options, the marks by which answers may name them, whether several may be right, and how they were listed in
    the prompt, which is then not repeated in the question."""

    choices: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    several: bool = False
    listed: str = ""

    def place(self, answer: str) -> int | None:
        """Which option an answer names, by its mark or its text."""
        said = _plain(answer)
        for names in (self.marks, self.choices):
            found = [at for at, name in enumerate(names) if _plain(name) == said]
            if len(found) == 1:
                return found[0]
        return None


def find_options(prompt: Prompt, answers: Sequence[str]) -> Options:
    """The options of a task; none where its answers are written freely. `answers` are those of its rows."""
    distinct = list(dict.fromkeys(answer for answer in answers if answer))
    ways: tuple[Callable[[Prompt, Sequence[str]], Options | None], ...] = (
        _lettered, _in_brackets, _listed, _defined, _exceptions, _yes_no, _in_instruction, _in_examples,
    )  # fmt: skip
    return next((found for way in ways if (found := way(prompt, distinct)) is not None), Options())


def of_columns(prompt: Prompt, row: Mapping[str, Any]) -> Options:
    """The options of a row that has them in columns of its own; ValueError if one is not there."""
    texts = tuple(value_of(row, name) for name in prompt.columns_of_options.values())
    return Options(texts, tuple(prompt.columns_of_options))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .\"'\u201c\u201d")


def _lettered(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """Lines in a row that are marked A, B and so on."""
    lines = prompt.fixed.split("\n")
    found = [(at, match) for at, line in enumerate(lines) if "{{" not in line and (match := _LETTERED.match(line))]
    marks = [match[1] for _, match in found]
    in_a_row = [at for at, _ in found] == list(range(found[0][0], found[0][0] + len(found))) if found else False
    if len(found) < 2 or not in_a_row or not _in_order(marks):
        return None
    listed = "\n".join(lines[at] for at, _ in found)
    return Options(tuple(match[2].strip() for _, match in found), tuple(marks), listed=listed)


def _in_brackets(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """`[A: Yes; B: No; C: It's ambiguous]`."""
    for match in _IN_BRACKETS.finditer(prompt.fixed):
        pieces = _PART.split(match[1])
        marks, texts = pieces[1::2], [text.strip() for text in pieces[2::2]]
        if len(marks) > 1 and _in_order(marks) and all(texts):
            return Options(tuple(texts), tuple(marks))
    return None


def _in_order(marks: Sequence[str]) -> bool:
    return len(marks) <= LONGEST_LIST and list(marks) == [letter(at) for at in range(len(marks))]


def _listed(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """`Options: allowed, dismissed, other`, in the spelling of the answers."""
    match = _LISTED.search(prompt.fixed)
    if match is None:
        return None
    sign = ";" if ";" in match[1] else ","
    texts = [re.sub(r"^(?:and|or)[ \t]+", "", text.strip(" \t.")) for text in match[1].split(sign)]
    texts = list(dict.fromkeys(text for text in texts if text))
    if len(texts) < 2:
        return None
    found = Options(tuple(texts), listed=match[0])
    for answer in answers[:LONGEST_LIST]:
        near = difflib.get_close_matches(answer, found.choices, 1, NEARLY) if found.place(answer) is None else []
        if near and near[0] not in answers:
            found = replace(found, choices=tuple(answer if text == near[0] else text for text in found.choices))
    return found


def _defined(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """A list of classes, each with its definition; it stays in the question."""
    names = [match[1].strip() for line in prompt.instruction.split("\n") if (match := _DEFINED.match(line))]
    found = Options(tuple(dict.fromkeys(names)))
    known = answers and all(found.place(answer) is not None for answer in answers)
    return found if len(found.choices) > 1 and known else None


def _exceptions(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """Classes of which an answer names several, with commas between; each stands in the instruction."""
    if not any("," in answer for answer in answers):
        return None
    parts = list(dict.fromkeys(part.strip() for answer in answers for part in answer.split(",")))
    found = _standing_in(prompt.instruction, parts)
    return found and replace(found, choices=_with_siblings(prompt.instruction, found.choices), several=True)


def _with_siblings(instruction: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names, and what else the instruction has in brackets at the ends of lines, if they all stand so: a class that
    no row has as its answer is one nevertheless."""
    bracketed = re.findall(r"\(([^()\n]{1,80})\)[ \t.;]*$", instruction, re.MULTILINE)
    return tuple(bracketed) if {*map(_plain, names)} <= {*map(_plain, bracketed)} else tuple(names)


def _yes_no(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    return Options(("No", "Yes")) if answers and {*map(_plain, answers)} <= _YES_NO else None


def _in_instruction(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    return _standing_in(prompt.fixed, answers)


def _standing_in(instruction: str, names: Sequence[str]) -> Options | None:
    """These names in the order in which the instruction has them; None if one of them does not stand in it."""
    if not 1 < len(names) <= LONGEST_LIST:
        return None
    found = {name: re.search(rf"(?<!\w){re.escape(name)}(?!\w)", instruction, re.IGNORECASE) for name in names if name}
    places = {name: match.start() for name, match in found.items() if match is not None}
    return Options(tuple(sorted(places, key=lambda name: places[name]))) if len(places) == len(names) else None


def _in_examples(prompt: Prompt, answers: Sequence[str]) -> Options | None:
    """Answers that the solved examples (without a prompt: the rows) give again and again."""
    ends = Counter(_plain(line.rpartition(":")[2]) for line in prompt.solved.split("\n") if ":" in line)
    names = sorted(answers)
    if not 1 < len(names) <= LONGEST_LIST or any(ends[_plain(name)] < 2 for name in names):
        return None
    return Options(tuple(names))
