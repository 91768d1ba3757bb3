"""Which options a short piece of a reply names. A piece flows in; a letter, or the sorted letters of a set, flows out.

Where one option is right a piece that lists two is in conflict. Where several may be right it is their set, in whatever
order and with whatever between them: `D, A and B`, `ABD`, lettered texts or texts in a row. Alternatives (`A or B`) are
in conflict either way.
"""

import itertools
import re
from collections.abc import Sequence

from dgrc.method.reading import european
from dgrc.method.reading.marks import HAN
from dgrc.method.reading.options import ALIKE, CONFLICT, LEAD, Options, bare, spelled
from dgrc.method.reading.wordings import ALSO, MORE

_BOTH = re.compile(
    r"^(?:both|all of|all|only|just|options?|choices?|letters?|answers?|选项|选择?|只有|仅|包括|有)[: ]{1,3}",
    re.IGNORECASE,
)
_EITHER = re.compile(r"[\s*]{0,4}(?:both|either)\s+[(\[\"*$]{0,4}(?:option )?[A-Z](?![A-Za-z0-9])", re.IGNORECASE)
_RUN = re.compile(r"[A-Z]{2,26}")
_JOINED = re.compile(r"[()\[\]{}\"'*.:,;/&+|`$\s\u3001\uff0c\uff1b-]+|\band\b|[和与及跟]|以及|还有", re.IGNORECASE)
_SENTENCES = re.compile(r"[A-Z][)\]\"*]{0,3}\.\s+[(\[\"*]{0,3}[A-Z](?![a-z])")
"""`AC. B is wrong`: a full stop ends a list."""
_OR = re.compile(r"\bor\b|或", re.IGNORECASE)
_MARK = re.compile(r"(?:^|(?<=[\s,;.]))[(\[\"*]{0,4}([A-Z])(?:[)\]]|[.:,)](?=\s|[^\x00-\x7f]))[\s*.:]{0,3}")
_ITEMS = re.compile(r"\s*(?:[,;\n/]|\band\b|[和与及、]|以及)\s*", re.IGNORECASE)
_LONGEST = 6
"""Pieces between separators that one option's text may be."""
_MOST_ITEMS = 64
LONGEST_LIST = 20_000
"""Characters of a piece that may still be a list of options, which may be paragraphs."""


def answer_in(options: Options, said: str) -> str | None:
    """What a piece answers as a whole: a letter, of a question with several right options a sorted set of them; None
    if it names no option, `CONFLICT` if it names what is no answer."""
    named = options.named(said)
    if _EITHER.match(said) and not (named and _is_own_text(options, said)):
        return CONFLICT if not options.several else None if _OR.search(said) else _set(options, said)
    led = LEAD.sub("", said.strip())
    if named and (first := _FIRST.match(led)) and first.group(1) in options.letters:
        rest = led[first.end() :]
        behind = _behind(options.exact[options.letters.index(named)], rest, is_set=False) or ""
        more = names_more(options, named, rest) or names_more(options, named, behind)
        if not _is_own_text(options, said) and (more or stands_beside(options, named, rest)):
            named = CONFLICT
    if named and not options.several:
        return named
    if named and (said_alone := _single(options, said, named)):
        return said_alone
    listed = letters_in(options, said)
    if listed is None:
        return named if not options.several or (not named and len({*_ALONE.findall(said)}) < 2) else None
    if not options.several:
        return listed[0] if len({*map(options.same, listed)}) == 1 else CONFLICT
    return "".join(sorted({*map(options.same, listed)})) if listed else CONFLICT


def _set(options: Options, said: str) -> str | None:
    listed = letters_in(options, said)
    return "".join(sorted({*map(options.same, listed)})) if listed else None


def _is_own_text(options: Options, said: str) -> bool:
    """Whether a piece is an option's text that begins like a letter: `A and B together`."""
    return spelled(bare(said)) in options.exact


def is_text_of(options: Options, named: str, said: str) -> bool:
    """Whether a piece is an option's text, without its letter, so that a full stop behind it ends what is said."""
    return named in options.letters and spelled(bare(said)) == options.exact[options.letters.index(named)]


def _single(options: Options, said: str, named: str) -> str | None:
    """The one option that is named, where nothing in the piece may be a second."""
    listed = letters_in(options, said)
    if listed is not None and len({*listed}) != 1:
        return None
    others = {*_ALONE.findall(_DENIED_PART.split(said)[0])} & {*options.letters} - {named}
    return None if others and not _is_own_text(options, said.strip()[1:].lstrip(").:, ")) else options.same(named)


def letters_in(options: Options, said: str) -> list[str] | None:
    """The options that a piece lists, and nothing else; an empty list where they are alternatives; None for no list."""
    if len(said) > LONGEST_LIST:
        return None
    text = bare(_BOTH.sub("", bare(said.replace("\n", " ; "))))
    if _RUN.fullmatch(text) and {*text} <= {*options.letters} and len({*text}) == len(text):
        return list(text)
    if text.isalpha() and text.islower() and sorted({*text}) == list(text) and {*text.upper()} <= {*options.letters}:
        return list(text.upper())
    if _OR.search(text):
        parts = [bare(part) for part in _OR.split(text)]
        return [] if len(parts) > 1 and all(options.named(part) for part in parts) else None
    words = [] if _SENTENCES.search(text) else [word for word in _JOINED.split(text) if word]
    if words and all(word in options.letters for word in words):
        return words
    if words and all(word.isupper() and {*word} <= {*options.letters} and len({*word}) == len(word) for word in words):
        return [name for word in words for name in word]
    return _lettered(options, text) or _by_text(options, text)


def _lettered(options: Options, text: str) -> list[str] | None:
    """Letters each with its own option's text."""
    marks = [mark for mark in _MARK.finditer(text) if mark.group(1) in options.letters]
    if len(marks) < 2 or marks[0].start() or len(marks) > _MOST_ITEMS:
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        segment = re.sub(r"(?:[\s,;.]|\band\b|[和与及])+$", "", text[mark.start() : end])
        own = options.likeness(options.letters.index(mark.group(1)), text[mark.end() : mark.start() + len(segment)])
        if options.named(segment) != mark.group(1) or own < ALIKE:
            return None
        found.append(mark.group(1))
    return found


def _by_text(options: Options, text: str) -> list[str] | None:
    """Texts of options in a row; a text may hold what else stands between two."""
    ends = [match.span() for match in _ITEMS.finditer(text)][: _MOST_ITEMS + 1]
    if not ends or len(ends) > _MOST_ITEMS:
        return None
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    at, found = 0, []
    while at < len(starts):
        if starts[at] >= stops[at]:  # `, and`
            at += 1
            continue
        for last in range(min(at + _LONGEST, len(starts)) - 1, at - 1, -1):
            piece = text[starts[at] : stops[last]]
            name = options.named(piece)
            if name and (last == at or _is_own_text(options, piece)):
                found.append(name)
                at = last + 1
                break
        else:
            return None
    return found if len(found) > 1 else None


def names_more(options: Options, answer: str, rest: str) -> bool:
    """Whether what follows an answer adds another option to it: `, or maybe C`, `(also D)`, `and lead`."""
    more = MORE.match(rest)
    if more is None:
        return False
    tail = rest[more.end() :][:200]
    other = _FIRST.match(tail)
    if other and other.group(1) in options.letters:
        return other.group(1) not in answer and not _NOT_IT.match(tail[other.end() :])
    ends = re.search(r"[.,;!?)\n]", tail)
    named = options.named(tail[: ends.start()] if ends else tail)
    return bool(named) and str(named) not in answer


def stands_beside(options: Options, answer: str, rest: str) -> bool:
    """Whether another option stands in the sentence behind an answer, with no word there that denies it or gives a
    reason: whatever joins the two, neither is meant beyond doubt."""
    own = options.exact[options.letters.index(answer[0])]
    behind = _behind(own, rest, len(answer) > 1)
    if behind is None:
        return False
    sentence = _SENTENCE_END.split(behind[:_REACH], maxsplit=1)[0]
    for other in _ALONE.finditer(sentence):
        if other.group(1) in options.letters and other.group(1) not in answer:
            return not (_REASONS.search(sentence, 0, other.start()) or _NOT_IT.match(sentence[other.end() :]))
    for name, text in zip(options.letters, options.exact, strict=True):
        if name not in answer and text not in own and (at := _place_of(text, sentence)) >= 0:
            return not (_REASONS.search(sentence, 0, at) or _NOT_IT.match(sentence[at + len(text) :]))
    return False


def _behind(own: str, rest: str, is_set: bool) -> str | None:
    """What follows an answer's own text; None where that text speaks of letters in another wording."""
    stripped = rest.lstrip(" .:,)]*\"")
    if own and stripped.casefold().startswith(own.casefold()):
        return stripped[len(own) :]
    after_stop = "." in rest[: len(rest) - len(stripped)]
    if _ALONE.search(own) or (after_stop and (_SUBJECT.match(stripped) or (is_set and stripped[:1].isupper()))):
        return None
    return stripped


def _place_of(text: str, sentence: str) -> int:
    """Where an option's text stands in a sentence as words of its own; -1 if nowhere."""
    if len(text) < (2 if _HAN_TEXT.search(text) else _SHORTEST):
        return -1
    at = sentence.casefold().find(text.casefold())
    around = sentence[at - 1 : at] + sentence[at + len(text) : at + len(text) + 1]
    return at if at >= 0 and not (around.isascii() and any(map(str.isalnum, around))) else -1


def lists_on(options: Options, answer: str, rest: str) -> bool:
    """Whether a list goes on behind the options that were read of it: with a letter that no option has, or with the
    text of an option that is not among them."""
    clause = _CLAUSE.match(rest)
    if clause and answer in options.letters and options.names_another(answer, clause.group(1)):
        return True
    more = _LISTED_ON.match(rest)
    return more is not None and more.group(1) not in answer and not _NOT_IT.match(rest[more.end() :])


def also_right(options: Options, answer: str, text: str) -> bool:
    """Whether a text behind an answer says of another option that it is right, or may be, as well."""
    for match in itertools.islice(ALSO.finditer(text), _MOST_ITEMS):
        letter = match.group(1) or match.group(2)
        rest = text[match.end() : match.end() + 200]
        if letter in options.letters and letter not in answer and not _NOT_IT.match(rest):
            return True
    return False


_FIRST = re.compile(r"[(\[\"*]{0,4}([A-Z])(?![A-Za-z0-9])[)\]\"*]{0,4}")
_SUBJECT = re.compile(rf"[(\[\"*]{{0,4}}[A-Z][)\]\"*]{{0,4}}(?: [a-z0-9]|\s?[{HAN}])")
"""What may begin the next sentence: `B. A patient with ...`, `B. C covers less`."""
_REACH, _SHORTEST = 400, 4
_HAN_TEXT = re.compile(f"[{HAN}]{{2}}")
_SENTENCE_END = re.compile(r"(?<![\s(\[A-Z])(?<!vs)[.!?](?=\s|$)|\n|\. (?=[A-Z][a-z])")
_REASONS = re.compile(
    r"\b(?:because|since|as|for|while|whereas|not|rather than|instead|unlike|wrong|incorrect|false|than|eliminat\w*|"
    r"exclud\w*|rul\w*|why|given|due|though|although|however|but(?! also| maybe| perhaps| possibly)|which|whose|"
    rf"where|if|so|therefore|cannot|lacks?|fails?|only|is|are|was|{european.REASONS}|{european.NOT_IT})\b"
    r"|n't\b|因|由于|不|错|非|排除|而|其余|其他|理由|解析|所以|虽|但|与其",
    re.IGNORECASE,
)
"""What between an answer and another option says that only the first is meant, or begins to say why."""
_ALONE = re.compile(r"(?<![A-Za-z0-9])([A-Z])(?![A-Za-z0-9])")
_CLAUSE = re.compile(r"[\s.:,;)\]\"*]{0,8}([^.,;:()\n]{1,400})")
_DENIED_PART = re.compile(r"\bnot\b|不[是选]|非")
_LISTED_ON = re.compile(r"(?:\s{0,4}(?:[,;/&+]|and\b|[和与及])){1,2}[\s(\[\"*]{0,6}([A-Z])(?![A-Za-z0-9])")
_NOT_IT = re.compile(
    r"[^.\n]{0,60}?(?:\b(?:not|n't|wrong|incorrect|false|fails?|less|unlikely|cannot|out|but|however|though|although)\b"
    r"|不|错|非|排除|存疑|待定)",
    re.IGNORECASE,
)


def joined(found: Sequence[str]) -> str:
    """Several answers of a question with several right options as one set."""
    return "".join(sorted({*"".join(found)}))
