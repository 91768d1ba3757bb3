"""Diagnosing a divergence. A question and two chains flow in; atomic questions on where they part flow out.

The chains are named neutrally and their order can be swapped, so that neither their makers nor their place
tells the teacher which one is its own.
"""

import re
from collections.abc import Sequence

from dgrc.method.echo import ECHO, is_echo, own_words, stems
from dgrc.method.prompts import Pack
from dgrc.method.reading.options import lettered
from dgrc.method.replies import json_object, one_line
from dgrc.method.text.giving import gives_answer
from dgrc.method.text.leaning import leans_on_options
from dgrc.method.text.pointing import points_elsewhere
from dgrc.method.text.segment import known, spaceless
from dgrc.method.text.thoughts import shown
from dgrc.records import Chain, Message, Refused

MOST_ATOMS = 5
_ASKING = frozenset(
    "what which who whom whose when where why how is are was were do does did can could may might must should shall "
    "will would has have had define name state explain describe give list identify".split()
)
_ALWAYS_ASKING = frozenset("what which who whom whose how".split())
"""With which no statement begins, behind others either: `The report is 15 days late. How many dollars is the fine`."""
_SETTING = frozenset("under in at for to from on by with if given suppose assuming according after before".split())
"""Words with which a question begins that asks behind them: `To whom`, `Under what`, `If a minor signs, is`."""
_ASKING_HAN = re.compile(
    "什么|甚么|是否|能否|可否|应否|有无|是不是|能不能|可不可|会不会|有没有|要不要|多[少久长大高重远]|[哪谁怎吗]|几(?!乎)|还是(?![应要会可能有没不需必])|"
    "(?<!任)何(?!况)|呢$|^(?:请(?![求示愿托假])|试(?:述|论|分析|说明|比较)|简述|简要|列举|列出|指出|写出)|"
    r"[(\uff08]\s{0,9}[)\uff09]|_{2,9}"
)
"""Words that ask in Chinese, and the gap that is to be filled in."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_BETWEEN_SENTENCES = re.compile("(?<=[.!?])\\s+|(?<=[\u3002\uff01\uff1f])")
_ENDS = ".!?:;。！？：；"
"""Marks after which a question may follow."""
OFF_TOPIC = "off_topic"
"""Why an atom is refused that has nothing to do with the case."""
NO_QUESTION = "no_question"
"""Why an atom is refused that asks nothing: small models list terms."""
LEANS_ON_OPTIONS = "leans_on_options"
POINTS_ELSEWHERE = "points_elsewhere"
"""Why an atom is refused that asks of options, or points at a case, which it does not show: who answers it does not see
them."""
GIVES_ANSWER = "gives_answer"
"""Why an atom is refused that goes on with an answer: it would be repeated, right or wrong."""
ON_TOPIC = 0.34
"""Share of an atom's content words, but for the prompt's own, that must stand in the question, its options or the
chains."""
ON_TOPIC_BIGRAMS = ON_TOPIC * (1 + ON_TOPIC) / 2
"""The same of bigrams: of two one is a word, and one is where words meet, which is known if both of them are."""


def build_messages(
    pack: Pack,
    text: str,
    choices: Sequence[str],
    teacher: Chain,
    student: Chain,
    swap: bool,
    thoughts: str = "visible",
) -> list[Message]:
    """The messages that ask for atomic questions; `swap` puts the student's chain first, `thoughts` says what of a
    chain is shown (`thoughts.shown`)."""
    first, second = (student, teacher) if swap else (teacher, student)
    options = lettered(choices)
    shown_first, shown_second = shown(first, thoughts), shown(second, thoughts)
    return pack.messages("diagnose", text=text, options=options, first=shown_first, second=shown_second)


def parse_reply(
    pack: Pack, reply: str, about: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Refused, ...], str | None]:
    """The distinct atomic questions of a reply, at most 5 of a JSON reply, those refused, and an error if it cannot be
    read.

    Refused is what is the prompt's own wording, what asks nothing, what leans on options or points at a case that it
    does not show, and what speaks of nothing in the texts that it is `about` (question, options, chains). A tagged
    reply may be complete and ask nothing; a JSON reply must ask something.
    """
    atoms, error = _parse_tagged(reply) if pack.reply == "tagged" else _parse_json(reply)
    said = {*stems(" ".join(about))}
    refused = tuple(Refused(atom, reason) for atom in atoms if (reason := _refused_because(pack, atom, said)))
    dropped = {refusal.text for refusal in refused}
    kept = tuple(atom for atom in atoms if atom not in dropped)
    if pack.reply == "json":
        kept = kept[:MOST_ATOMS]
        if refused and not kept:
            error = f"the diagnosis asks nothing that can be used ({', '.join(sorted({r.reason for r in refused}))})"
    return kept, refused, error


def _refused_because(pack: Pack, atom: str, said: set[str]) -> str | None:
    # What the prompt itself speaks of (a mechanism, a rule) is in every question it gets; the rest must be of the case.
    asked = stems(atom)
    words = {*asked} - own_words(pack, "diagnose")
    asks = pack.reply != "json" or _is_question(atom)
    if is_echo(pack, atom):
        return ECHO
    if asks and leans_on_options(atom):  # before what follows: `Which option is correct?` has no word of its own
        return LEANS_ON_OPTIONS
    if asks and pack.reply == "json" and points_elsewhere(atom):
        return POINTS_ELSEWHERE
    if pack.reply == "json" and gives_answer(atom):
        return GIVES_ANSWER
    if not words:
        return ECHO
    if not asks:
        return NO_QUESTION
    wanted = sum(ON_TOPIC_BIGRAMS if spaceless(word) else ON_TOPIC for word in words)
    return None if len(words & known(asked, said)) >= max(1, wanted) else OFF_TOPIC


def _is_question(atom: str) -> bool:
    """Whether a text asks: by its mark, by the word that it or its last sentence begins with (what is known may stand
    before), or in Chinese by a word that asks. Other scripts are not judged."""
    if any(mark in atom for mark in "?\uff1f\u061f\u037e"):
        return True
    if _HAN.search(atom) and not _KANA_OR_HANGUL.search(atom):
        return _ASKING_HAN.search(atom.strip(" \"'\u201c\u201d。.")) is not None
    if not atom.isascii():
        return True
    first, *clauses = [[word.casefold().strip("\"'*(") for word in clause.split()] for clause in atom.split(",")]
    if len(atom.split()) < 3 or not first:
        return False
    last = _BETWEEN_SENTENCES.split(atom)[-1].split()
    if len(last) >= 3 and last[0].casefold().strip("\"'*(") in _ALWAYS_ASKING:
        return True
    if first[0] in _SETTING:
        return any(word in _ASKING for word in (*first[1:2], *(word for clause in clauses for word in clause[:1])))
    return first[0] in _ASKING


def _parse_json(reply: str) -> tuple[tuple[str, ...], str | None]:
    value = json_object(reply)
    if value is None:
        return (), "the diagnosis is not one JSON object"
    questions = value.get("questions")
    if not isinstance(questions, list):
        return (), "the diagnosis has no list `questions`"
    asked = [_asked(question) for question in questions]
    if any(question is None for question in asked):
        return (), "the diagnosis has a question that is neither a text nor `given` and `question`"
    atoms = _distinct([question for question in asked if question])
    return atoms, None if atoms else "the diagnosis asks no question"


def _asked(question: object) -> str | None:
    """A question as a text: as it stands, or what is `given` for it in front; None for anything else. What is given in
    a field of its own is written first, so that a weak model, too, says what its question needs."""
    if isinstance(question, str):
        return question
    if not isinstance(question, dict):
        return None
    given, asked = question.get("given"), question.get("question")
    if not isinstance(given, str) or not isinstance(asked, str):
        return None
    # What is given asks nothing: weak models copy the whole question there.
    stated = [part for part in _BETWEEN_SENTENCES.split(one_line(given)) if not part.endswith(("?", "\uff1f"))]
    given, asked = " ".join(filter(None, stated)), one_line(asked)
    if not asked or not given:
        return asked
    return f"{given} {asked}" if given[-1] in _ENDS else f"{given}. {asked}"


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
