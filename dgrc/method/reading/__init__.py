"""How an answer is read from a reply. A reply flows in; the answer and the tier that read it flow out.

Models end as they please, whatever form they are asked for, so a reply is looked at in tiers, the surest first: the
last whole `<answer>`, one left open at the end, `\\boxed{}`, the last "the answer is" in its usual wordings, a last
line that is an option, the whole reply. The first tier that finds anything decides. One that finds two different
answers reads nothing: reading never guesses. Thoughts are set apart before, for what a model only thinks is not its
answer.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence

from dgrc.method import quantities
from dgrc.method.reading import answer_forms, chinese, european
from dgrc.method.reading.conclusions import concluded
from dgrc.method.reading.lines import last_line, whole_reply
from dgrc.method.reading.marks import plain, with_letters
from dgrc.method.reading.no_answers import is_placeholder, refuses
from dgrc.method.reading.options import CONFLICT, Options, bare
from dgrc.method.reading.phrases import LAST, REACH, opening, phrases
from dgrc.method.reading.sets import also_right, answer_in, joined, names_more
from dgrc.method.reading.wordings import ANSWER_IS, LABEL, NOT_BUT
from dgrc.method.replies import encodable, json_object
from dgrc.method.text.markup import unwrap
from dgrc.method.text.segment import count
from dgrc.method.text.thoughts import set_apart
from dgrc.method.text.turns import before_next, without_offer

TIERS = ("tag", "open_tag", "boxed", "phrase", "line", "whole", "asked")
"""What `Chain.read_by` may say; `asked` is a reader's word (`read`), counted apart."""
MOST_OF_SETS = 26
"""Options of a question with several right ones: a letter each, so that a set is one word."""
_WHOLE_TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_OPEN_TAG = re.compile(r"<answer>((?:(?!</?answer>).)*)$", re.DOTALL | re.IGNORECASE)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|textrm|mathit|mathsf|textsf|bm|boldsymbol)\s*\{([^{}]*)\}")
_BETWEEN = re.compile(
    r"[\s,;.&/+$*()\[\]\\-]{0,12}(?:(?:and|or|also|和|与|及|或)[\s,]{0,4}){0,3}[\s$*(\[\\]{0,6}",
    re.IGNORECASE,
)
"""What stands between two marked answers that are one list of both."""
_OUTRIGHT = re.compile(
    r"(?:(?:yes|no|maybe|true|false|correct|incorrect)\b *(?:[.,:;!\u2013\u2014-]|$)"
    r"|(?:是的?|否|不是|对的?|不对|正确|错误|可能|不确定)\s*(?:[.,:;!。，；：！]|$))",
    re.IGNORECASE,
)
_JSON_NAMES = (
    "final answer", "correct answer", "answer", "answers", "最终答案", "正确答案", "答案", "selected answer",
    "final choice", "selected option", "correct option", "choice", "option", "selection", "answer letter", "letter",
    "选项", "选择",
)  # fmt: skip
_SENTENCE = re.compile(r"[.!?;](?=\s|$)|[。！？；]")
_NOT_OTHER = re.compile(
    r"(?<=[\w%)])(?:, {1,2}(?:and |but )?not|,? (?:rather than|instead of)|[,\uff0c](?:而|并)?(?:不是|非))"
    r" ?[^\n]{1,200}$|(?<=[\w%]) \(not [^()\n]{1,80}\)$"
)
"""What an answer is not, behind it."""
_STANDS_OUT = re.compile(r"#{2,6} *([^\n]{1,80})|\*\*([^*\n]{1,80})\*\*[.。]?")
_OPEN_ANSWER_WORDS = 14
"""More words after "the answer is" are an explanation, not an answer of a question without options."""
_LONGEST_ANSWER_WORDS = 60
_LAST_LABEL = re.compile(
    r"(?:^|(?<=\n))[\s*_#>]{0,8}(?:(?:my|the) )?(?:(?:final|short|correct) )?answer"
    r"[*_ ]{0,4}(?::[*_ ]{0,4}|(?=\n))\s{0,4}"
    r"(?=[^\n]{1,2000}\s*$)",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:in order )?to (?!be\b)|let(?:'s| us| me)\b|we (?:first|need|must|have to|can)\b|first(?:ly)?,|step\b"
    r"|here (?:is|are)\b|(?:the|this) question\b|the following\b|whether\b|[^\n]*[:?]$",
    re.IGNORECASE,
)
"""How an explanation begins that stands where an answer of many words is looked for."""


def read(
    reply: str, choices: Sequence[str], form: str = "auto", several: bool = False, question: str = ""
) -> tuple[str | None, str | None]:
    """The answer of a reply, and the tier that read it; (None, None) if none can be read beyond doubt."""
    return read_said(set_apart(reply)[1], choices, form, several, question)


def read_said(
    said: str, choices: Sequence[str], form: str = "auto", several: bool = False, question: str = ""
) -> tuple[str | None, str | None]:
    """The same of what a reply says, its thoughts apart.

    With choices the answer is an option's letter, or, where `several` of them may be right, the sorted letters of all
    that the reply names (`ABD`); options of one text have the letter of the first. Without choices it is text in the
    form that is asked for. The `question` says of a last sentence whether the measure in it is what was asked for.
    """
    text = encodable(said)
    options = None
    if choices:
        if several and len(choices) > MOST_OF_SETS:
            return None, None
        text = with_letters(text, choices)
        options, text = Options.of(choices, several), plain(_TEXT.sub(r"\1", text.replace("~\\", " \\")))
    text = without_offer(text)
    if (own := before_next(text)) is not None:  # a document that goes on with the next question
        first = _first_said(own, options, form, question)
        if first[0] is not None and first[1] != "whole":
            return first
    return _first_said(text, options, form, question)


def _first_said(text: str, options: Options | None, form: str, question: str) -> tuple[str | None, str | None]:
    """The answer of the first tier that finds anything."""
    for tier, found in _tiers(text, options, form, question):
        if found:
            distinct = {answer if options is None or not answer else _canonical(answer, options) for answer in found}
            answer = distinct.pop() if len(distinct) == 1 else None
            return (answer, tier) if answer else (None, None)
    return None, None


def _canonical(answer: str, options: Options) -> str:
    return joined([*map(options.same, answer)]) if options.several else options.same(answer)


def in_tags(text: str, choices: Sequence[str], form: str = "auto", several: bool = False) -> str | None:
    """The answer in the last whole `<answer>` alone: what a label says must not be looked for in its words."""
    if (said := last_tagged(text)) is None:
        return None
    if not choices:
        return answer_forms.canonical(said, form)
    options, said = Options.of(choices, several), plain(said)
    if (whole := answer_in(options, said)) is None:
        tables = (ANSWER_IS, chinese.ANSWER_IS, european.ANSWER_IS)  # `The correct answer is B`
        lead = next(filter(None, (table.match(bare(said)) for table in tables)), None)
        whole = answer_in(options, bare(said)[lead.end() :]) if lead else None
    return _canonical(whole, options) if whole else None


def last_tagged(text: str) -> str | None:
    """What the last whole `<answer>` holds."""
    tags = _WHOLE_TAG.findall(text)
    return encodable(unwrap(tags[-1])) if tags else None


def one_answer(answer: str, choices: Sequence[str], several: bool = False) -> str:
    """An option's letter, or the letters of a set, with one letter for options of one text and sorted; other text as it
    is."""
    options, letters = Options.of(choices, several), answer.strip().upper()
    known = {*letters} <= {*options.letters} if several else letters in options.letters
    return _canonical(letters, options) if known and letters else answer


def _tiers(text: str, options: Options | None, form: str, question: str) -> Iterator[tuple[str, list[str | None]]]:
    """Each tier's answers; an empty list if it finds nothing, None in it for what is found and cannot be read."""
    open_tag = _OPEN_TAG.search(text)
    if open_tag is None:
        yield "tag", _marked(text, _WHOLE_TAG, options, form)
    else:
        said = open_tag.group(1).strip()
        yield "open_tag", [_first_of(said, options, form)] if said and not is_placeholder(said) else []
    yield "boxed", _marked(text, _BOXED, options, form)
    if said := _in_json(text):
        yield "phrase", [_said(said, options, form)]
    if options is None:
        yield "phrase", _open_phrases(text, form)
        yield "line", _open_last_line(text, form) or _concluded(text, form, question)
        yield "whole", _open_whole(text, form)
        return
    yield "phrase", phrases(text, options)
    yield "line", last_line(text, options)
    yield "whole", whole_reply(text, options)


def _marked(text: str, mark: re.Pattern[str], options: Options | None, form: str) -> list[str | None]:
    """What the last marked place says; with those right before it, if they are one list. Where what follows adds
    another option, or says that the answer is another, nothing is said beyond doubt."""
    found = [match for match in mark.finditer(text) if not is_placeholder(match.group(1))]
    if not found:
        return []
    last = _said(found[-1].group(1), options, form)
    if options is None or not last:
        return [last]
    listed: list[str | None] = [last]
    at = found[-1].start()
    for match in reversed(found[-LAST:-1]):
        if not _BETWEEN.fullmatch(text, match.end(), at) or "\n\n" in text[match.end() : at]:
            break
        listed.append(_said(match.group(1), options, form))
        at = match.start()
    rest = text[found[-1].end() :]
    later = [answer for answer in phrases(rest, options) if answer is not None]
    if options.several and len(listed) > 1:
        listed = [joined([said for said in listed if said]) if all(listed) else None]
    line = rest[:REACH].partition("\n")[0]
    if (said := listed[0]) and (names_more(options, said, line) or also_right(options, said, rest[:REACH])):
        return [CONFLICT]
    return [*listed, *later]


def _in_json(text: str) -> str | None:
    """What a reply that is one JSON object, in words or a fence or not, gives as answer; a list's items in a row."""
    if "{" not in text or '"' not in text or (value := json_object(text)) is None:
        return None
    named = {name.strip().casefold().replace("_", " "): said for name, said in value.items()}
    said = next((named[name] for name in _JSON_NAMES if name in named), None)
    if isinstance(said, dict):  # {"answer": {"letter": "B", "text": ...}}
        said = next((said[name] for name in ("letter", "option", "value", "text") if name in said), None)
    items = said if isinstance(said, list) else [said]
    if not all(isinstance(item, str | int | float) for item in items):
        return None
    return ", ".join(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _said(said: str, options: Options | None, form: str) -> str | None:
    """The answer that a marked place holds, as a whole or in the words of a phrase."""
    said = encodable(unwrap(said))
    if options is None:
        return None if refuses(said) else answer_forms.canonical(said, form)
    if (named := answer_in(options, said)) is not None:
        return named
    found = {*phrases(said, options)} or {_opened(said, options)}
    return found.pop() if len(found) == 1 else None


def _opened(said: str, options: Options) -> str | None:
    """A set in a marked place may be explained there."""
    return opening(said.strip(), options) if options.several else None


def _first_of(said: str, options: Options | None, form: str) -> str | None:
    """The answer after a mark that is not closed: what stands there as a whole, or in its first line."""
    whole = _said(said, options, form)
    return _said(said.split("\n")[0], options, form) if whole is None else whole


def _open_phrases(text: str, form: str) -> list[str | None]:
    found: list[tuple[int, str | None]] = []
    for pattern in (ANSWER_IS, chinese.OPEN_ANSWER_IS, european.OPEN_ANSWER_IS):
        for match in deque(pattern.finditer(text), LAST):
            line, _, more = text[match.end() : match.end() + REACH].partition("\n")
            said = line if bare(line) else more.strip().partition("\n")[0]
            if not _is_measure(said):
                said = _SENTENCE.split(said if _is_measure(_SENTENCE.split(said)[0]) else bare(said))[0]
            said = NOT_BUT.sub("", _NOT_OTHER.sub("", said), count=1) if count(said) < LAST else said
            if said and count(said) <= _OPEN_ANSWER_WORDS and not is_placeholder(said):
                found.append((match.start(), _open_answer(said, form)))
    found += _at_length(text, form)
    return [answer for _, answer in sorted(found, key=lambda one: one[0])[-1:]]


def _at_length(text: str, form: str) -> list[tuple[int, str | None]]:
    """An answer of many words: a last line that is labelled as the answer, behind the reasons."""
    label = next(iter(deque(_LAST_LABEL.finditer(text), 1)), None)
    if label is None or not text[: label.start()].strip():
        return []
    line = text[label.end() :].strip()
    said = _SENTENCE.split(line, maxsplit=1)[0]
    asks = line[len(said) : len(said) + 1] in ("?", "\uff1f")
    if asks or _EXPLAINS.match(bare(said)) or not 0 < count(said) <= _LONGEST_ANSWER_WORDS:
        return []
    answer = None if is_placeholder(said) else _open_answer(said, form)
    return [] if answer is None else [(label.start(), answer)]


def _open_last_line(text: str, form: str) -> list[str | None]:
    """A last line that is a measure and stands out: `#### 72`, `**160 minutes**`."""
    lines = [line.strip() for line in text.splitlines() if bare(line)]
    stands_out = _STANDS_OUT.fullmatch(lines[-1]) if len(lines) > 1 else None
    said = stands_out and (stands_out.group(1) or stands_out.group(2)).strip()
    return [_open_answer(said, form)] if said and _is_measure(said) else []


def _concluded(text: str, form: str, question: str) -> list[str | None]:
    said = concluded(text, form, question)
    return [] if said is None else [answer_forms.canonical(said, "number")]


def _is_measure(said: str) -> bool:
    return quantities.parse(said.strip()) is not None


def _open_answer(said: str, form: str) -> str | None:
    """The answer of one line. The signs that a measure begins or ends with ($5, > 5 %, 6'2") are no decoration."""
    if refuses(said):
        return None
    return answer_forms.canonical(said.strip() if _is_measure(said) else bare(said), form)


def _open_whole(text: str, form: str) -> list[str | None]:
    """A reply that is an answer and nothing else, in one short line, or that opens with yes, no or maybe."""
    lines = [line for line in text.splitlines() if bare(line)]
    if not lines:
        return []
    outright = form if form in ("yes_no", "yes_no_maybe") else "yes_no_maybe" if form == "auto" else None
    if outright and (form != "auto" or _OUTRIGHT.match(bare(lines[0]))):
        if (said := answer_forms.canonical(lines[0], outright)) is not None:
            return [said]
    said = LABEL.sub("", lines[0])
    said = bare(said)[lead.end() :] if (lead := european.OPEN_ANSWER_IS.match(bare(said))) else said
    if len(lines) > 1 or is_placeholder(said) or count(said) > _OPEN_ANSWER_WORDS:
        return []
    return [_open_answer(said, form)]
