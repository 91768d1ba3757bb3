"""Which step of a problem a small question asks about, and what the problem itself states.

A question and a problem flow in; the step that it is, or the quantity that the text states, flows out. Two questions
are one if they name the same quantities, ask for the same kind of thing, speak of the same spans of time, and no word
turns one of them round.
"""

import re

from dgrc.evaluation.truth.asking import Named, cues, named, spans, unit_asked
from dgrc.evaluation.truth.signs import DATE, day_of, unit_of
from dgrc.method.quantities.values import NO_UNIT, Unit
from dgrc.method.screen import atom_key, content_words
from dgrc.proving.natural.problem import Problem, Step

_SENTENCE = re.compile(r"(?<=[^0-9])[.?!]\s+|(?<=[0-9])[.?!]\s+(?=[A-Z])|[;。；！？\n]")
_IS = re.compile(r"\A(?:what|how much) (?:is|was) (.{4,80}?)[\s?.]*\Z", re.IGNORECASE)
_ASKING = frozenset(
    "how many much long when on date often which number value given stated according question case problem "
    "there day unit units total".split()
)
_WHEN = re.compile(r"\b(?:when|what date|which date|on what day|what day)\b|何时|什么时候|哪一?天", re.I)
_SAME = {"weigh": "weight", "weighs": "weight", "weighed": "weight", "wt": "weight"}
_ZH_ASKING = re.compile(
    "是?什么时候|是?何时|是?哪一?天|(?:是|为|有)?(?:多少|几)"
    "[\u4e00-\u9fff]{0,3}|[的？?。，,]|[是为该]"
)
_OFTEN = re.compile(r" times? (?:a|per|each|every|in a) |/")
_WEIGHT = re.compile(r"\b(?:weight|weigh)\b", re.IGNORECASE)
_IN_UNIT = re.compile(r",? (?:in|measured in|expressed in) ([A-Za-z]{1,12})\Z")
_ZH_IS = re.compile("(.{2,16}?)(?:是|为|有)(?:多少|几)(.{1,4}?)[?？。]?")
_HAN = re.compile("[\u4e00-\u9fff]")


def step_of(question: str, problem: Problem) -> Step | None:
    """The step of a problem that a question asks for; None if there is none, or more than one."""
    found = [step for step in problem.steps if is_step(question, step, problem)]
    return found[0] if len({step.answer for step in found}) == 1 else None


def is_step(question: str, step: Step, problem: Problem) -> bool:
    """Whether a question is that of a step, in its words or by its quantities and what it asks for."""
    if atom_key(question) == atom_key(step.question):
        return True
    theirs, ours = named(question), inputs_of(step)
    if theirs.amounts != ours.amounts or theirs.days != ours.days or not (ours.tokens or ours.days):
        return False
    if cues(question) != cues(step.question) or not _same_spans(question, step.question):
        return False
    return _asks_alike(question, step) and _of_the_case(question, step, problem)


def inputs_of(step: Step) -> Named:
    """What goes into a step: its inputs, or where there are none what its question names."""
    return named("; ".join(step.inputs) if step.inputs else step.question)


def _same_spans(question: str, other: str) -> bool:
    return not spans(question) or spans(question) == spans(other)


def _asks_alike(question: str, step: Step) -> bool:
    wanted, given = unit_asked(question), unit_asked(step.question)
    if wanted is None or given is None:
        return False
    return wanted.base == given.base and ("/" in wanted.name) == ("/" in given.name)


def _of_the_case(question: str, step: Step, problem: Problem) -> bool:
    """Whether a question brings in nothing new: a word that neither the step nor the problem has."""
    if _HAN.search(question):
        return True
    known = {_stem(word) for text in (step.question, problem.text, *step.inputs) for word in content_words(text)}
    words = [word for word in content_words(question) if word.isalpha() and word not in _ASKING and len(word) > 3]
    return sum(_stem(word) not in known for word in words) <= 1


def _stem(word: str) -> str:
    return _SAME.get(word, word)[:5]


def asked_whole(question: str, problem: Problem) -> str | None:
    """The problem's answer, if a question is its last sentence or all of it."""
    whole = [problem.text, _sentences(problem.text)[-1]]
    return problem.answer if any(atom_key(question) == atom_key(text) for text in whole) else None


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part.strip()]


def stated(question: str, problem: Problem) -> str | None:
    """What the problem's text itself says to a question that names no quantity; None unless it is beyond doubt."""
    if named(question).tokens or named(question).days or cues(question) - {"bound"}:
        return None
    *facts, last = _sentences(problem.text)
    if (found := _word_for_word(question, facts)) is not None:
        return found
    wanted, words = unit_asked(question) or _unit_of_kind(question), _words(question)
    if not words or all(word in last for word in words) or cues(question):
        return None
    holding = [fact for fact in facts if _speaks_of(fact, words)]
    if len(holding) != 1:
        return None
    if _WHEN.search(question):
        days = set(DATE.findall(problem.text))
        said = DATE.findall(holding[0])
        return said[0] if len(days) == len(said) == 1 and day_of(said[0]) else None
    if wanted is None:
        return None
    often = wanted.name.startswith("time/")
    everywhere = [t for t in named(problem.text).tokens if (t.unit.name == wanted.name and t.unit != NO_UNIT) or (
        often and _OFTEN.search(t.text))]
    here = [t for t in named(holding[0]).tokens if t in everywhere]
    return here[0].text if len(everywhere) == len(here) == 1 else None


def _unit_of_kind(question: str) -> Unit | None:
    return unit_of("kg") if _WEIGHT.search(question) else None


def _word_for_word(question: str, facts: list[str]) -> str | None:
    """`What is the amount in dispute?` where a sentence begins `The amount in dispute is $12,000`."""
    if (chinese := _ZH_IS.fullmatch(question.strip())) is not None:
        subject, unit = map(re.escape, chinese.groups())
        found_zh = re.compile(rf"(?:\A|[，,])\s*{subject}[是为有]([0-9][0-9.,]*\s?{unit})(?=[，,]|\Z)")
        held = [match.group(1) for fact in facts for match in found_zh.finditer(fact)]
        return held[0] if len(held) == 1 else None
    match = _IS.match(question)
    if match is None:
        return None
    in_unit = _IN_UNIT.search(subject := match.group(1))
    if in_unit is not None and unit_of(in_unit.group(1)) is not None:
        subject = subject[: in_unit.start()]
    start = re.compile(rf"\s*{re.escape(subject)} (?:is|was) (?=\S)", re.IGNORECASE)
    said = [fact[found.end() :] for fact in facts if (found := start.match(fact))]
    if len(said) != 1 or len(named(said[0]).tokens) != 1:
        return None
    token = named(said[0]).tokens[0]
    return token.text if said[0].strip(" .").startswith(token.text) and said[0].strip(" .") == token.text else None


def _words(question: str) -> list[str]:
    """What a question speaks of, without the words that ask and the unit that it asks for."""
    if _HAN.search(question):
        return [part for part in _ZH_ASKING.sub(" ", question).split() if len(part) > 1]
    unit = unit_asked(question)
    spelled = {_stem(part) for part in re.split("[/_]", unit.name)} if unit is not None else set()
    words = [word for word in content_words(question) if word.isalpha() and len(word) > 2 and word not in _ASKING]
    return [word for word in words if _stem(word) not in spelled]


def _speaks_of(sentence: str, words: list[str]) -> bool:
    if _HAN.search(sentence):
        return all(word in sentence for word in words)
    said = {_stem(word) for word in content_words(sentence)}
    return all(_stem(word) in said for word in words)
