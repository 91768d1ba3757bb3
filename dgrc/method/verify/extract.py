"""Reading off what a chain says. A chain and the questions of facts flow in; how the chain stands to each fact flows
out, as far as that can be decided without a reader.

Who reads off does not see the facts' answers: shown both, a weak teacher finds a contradiction in whatever it is shown,
and a strong one may read into the chain what it ought to say. What was read off is held against the fact as answers
are held against each other everywhere (`meaning`). What words alone cannot decide is left to `verify`.
"""

import re
from collections.abc import Sequence

from dgrc.method import answer, meaning, verify
from dgrc.method.echo import is_echo
from dgrc.method.prompts import Pack
from dgrc.method.reading import answer_forms
from dgrc.method.reading.options import lettered
from dgrc.method.reading.verdicts import verdict
from dgrc.method.replies import json_object, one_line
from dgrc.method.text.normalize import nfkc, normalize
from dgrc.method.text.thoughts import shown
from dgrc.method.verify import COMPARISON, CONTRADICTS, SUPPORTS, UNRELATED, Fact
from dgrc.records import Chain, FactCheck, Message

STEP = "extract"
_NONE = frozenset(("", "none", "null", "n/a", "not given", "not stated", "无", "未提及", "未给出")) | answer.UNKNOWN
"""How it is put that a chain does not answer a question."""
_NUMBER = re.compile(r"\d+(?:[,.]\d+)*")


def build_messages(
    pack: Pack, text: str, choices: Sequence[str], chain: Chain, facts: Sequence[Fact], thoughts: str = "visible"
) -> list[Message]:
    """The messages that ask what a chain answers to the facts' questions; the chain comes before them, so that what is
    asked of one chain shares a prefix. `thoughts` says what of the chain is shown (`thoughts.shown`)."""
    asked = tuple(fact.question for fact in facts)
    said = shown(chain, thoughts)
    return pack.messages(STEP, text=text, options=lettered(choices), questions=asked, chain=said)


def schema(pack: Pack, facts: Sequence[Fact]) -> str | None:
    """The JSON schema of the reply, held to one entry for each question."""
    return verify.bounded(pack.schema(STEP), "answers", len(facts))


def parse_reply(pack: Pack, reply: str, count: int) -> list[str | None] | None:
    """What the chain says to each of so many questions, None where it says nothing; None if a reply does not answer
    each once."""
    entries = (json_object(reply) or {}).get("answers")
    if not isinstance(entries, list):
        return None
    said: dict[int, str | None] = {}
    for entry in entries:
        number, text = (entry.get("question"), entry.get("answer")) if isinstance(entry, dict) else (None, None)
        if type(number) is not int or number in said or not isinstance(text, str):
            return None
        text = one_line(text)
        said[number] = None if normalize(text).strip("。") in _NONE or is_echo(pack, text) else text
    return [said[number] for number in range(1, count + 1)] if {*said} == {*range(1, count + 1)} else None


def check(fact: Fact, said: str | None, chain: str, tolerance: float = 0.0) -> FactCheck | None:
    """A fact held against what was read off (`relation`); None if only a reader can decide it."""
    how = relation(fact, said, chain, tolerance)
    return None if how is None else FactCheck(fact.id, how, COMPARISON, said or "")


def relation(fact: Fact, said: str | None, chain: str, tolerance: float = 0.0) -> str | None:
    """How a chain that says this stands to a fact; None if only a reader can decide it.

    Measures, and a plain yes or no, are the same or another; other words are the same, or have to be read. A number
    that does not stand in the chain was not read off: the reader has worked the question out for itself.
    """
    if said is None:
        return UNRELATED
    if not _numbers(said) <= _numbers(chain):
        return None
    if meaning.same(said, fact.answer, tolerance=tolerance, question=fact.question):
        return SUPPORTS
    ours, theirs = (answer_forms.value(text, "auto", fact.question) for text in (said, fact.answer))
    if ours is not None and theirs is not None:
        return CONTRADICTS
    plain = {verdict(normalize(text), maybe=False) for text in (said, fact.answer)}
    return CONTRADICTS if plain == {"yes", "no"} else None


def _numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(nfkc(text))}
