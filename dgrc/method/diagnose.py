"""Diagnosing a divergence. A question and two chains flow in; atomic questions on where they part flow out.

The chains are named neutrally and their order can be swapped, so that neither their makers nor their place
tells the teacher which one is its own.
"""

from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.replies import json_object, one_line
from dgrc.method.sample import lettered
from dgrc.records import Chain, Message

MOST_ATOMS = 5


def build_messages(
    pack: Pack, text: str, choices: Sequence[str], teacher: Chain, student: Chain, swap: bool
) -> list[Message]:
    """The messages that ask for atomic questions; `swap` puts the student's chain first."""
    first, second = (student, teacher) if swap else (teacher, student)
    options = lettered(choices)
    return pack.messages("diagnose", text=text, options=options, first=first.text, second=second.text)


def parse_reply(pack: Pack, reply: str) -> tuple[tuple[str, ...], str | None]:
    """The distinct atomic questions of a reply, at most 5 of a JSON reply, and an error if it cannot be read.

    A tagged reply may be complete and ask nothing; a JSON reply must ask something.
    """
    return _parse_tagged(reply) if pack.reply == "tagged" else _parse_json(reply)


def _parse_json(reply: str) -> tuple[tuple[str, ...], str | None]:
    value = json_object(reply)
    if value is None:
        return (), "the diagnosis is not one JSON object"
    questions = value.get("questions")
    if not isinstance(questions, list) or not all(isinstance(question, str) for question in questions):
        return (), "the diagnosis has no list of texts `questions`"
    atoms = _distinct(questions)[:MOST_ATOMS]
    return atoms, None if atoms else "the diagnosis asks no question"


def _parse_tagged(reply: str) -> tuple[tuple[str, ...], str | None]:
    """`... differ : <question> ? ... done`; the words of a question run up to its question mark."""
    words = one_line(reply).split()
    if not words or words[-1] != "done":
        return (), "the diagnosis does not end in `done`"
    atoms: list[str] = []
    rest = iter(words)
    for word in rest:
        if word != "differ":
            continue
        if next(rest) != ":":  # `done` is last, so there is a next word
            return (), "a clause of the diagnosis lacks the colon after `differ`"
        question: list[str] = []
        for word in rest:
            question.append(word)
            if word in ("?", ".", "differ", "done"):
                break
        if question[-1:] != ["?"] or len(question) < 2:
            return (), "a clause of the diagnosis asks no question after `differ :`"
        atoms.append(" ".join(question))
    return _distinct(atoms), None


def _distinct(questions: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(one_line, questions))))
