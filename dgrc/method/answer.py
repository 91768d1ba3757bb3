"""Answering an atomic question in a fresh context. The question alone flows in; answer and rationale flow out.

Neither the original question nor any chain is shown: a teacher that sees its own chain repeats its mistake.
"""

import re

from dgrc.method import reading
from dgrc.method.echo import ECHO, has_only_words_of, is_echo, restates
from dgrc.method.prompts import Pack
from dgrc.method.reading import answer_forms
from dgrc.method.replies import between, encodable, json_object, one_line
from dgrc.method.text.normalize import normalize
from dgrc.method.text.thoughts import set_apart
from dgrc.records import Message

UNKNOWN = frozenset(("unknown", "未知", "不知道", "无法确定", "不能确定", "无法回答", "不能回答", "无法作答"))
"""What a teacher is told to answer where an atomic question cannot be answered as it stands, and the ways in which it
is put in Chinese."""
_TAGGED = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)


def build_messages(pack: Pack, atom: str) -> list[Message]:
    """The messages that ask an atomic question."""
    return pack.messages("answer", atom=atom)


def parse_reply(pack: Pack, reply: str, atom: str) -> tuple[str | None, str, str | None]:
    """The answer on one line, the rationale (the reasoning as written, without outer space), and why there is no answer
    though one was written: `echo`, the words of the prompt or of the atom that was asked, and nothing else.

    Free text (a pack without `answer.schema.json`) is read in the tiers of `reading`. The answer is None if there is
    none, if it is one of `UNKNOWN`, or if it is refused; a reply that cannot be read is its own rationale.
    """
    answer: object
    rationale: object
    if pack.reply == "tagged":
        answer, rationale = between(reply, "answer"), between(reply, "think")
    else:
        value = json_object(reply) or {}
        answer, rationale = value.get("answer"), value.get("reasoning")
        if pack.schema("answer") is None and not (isinstance(answer, str) and isinstance(rationale, str)):
            answer, rationale = _free(reply, atom)
    if not isinstance(answer, str) or not isinstance(rationale, str):
        return None, encodable(reply).strip(), None
    answer, rationale = one_line(answer), encodable(rationale).strip()
    if (said := normalize(answer).strip("。")) in UNKNOWN or not said:
        return None, rationale, None
    if pack.reply == "json" and (_says_nothing(pack, atom, answer) or is_echo(pack, rationale)):
        return None, rationale, ECHO
    return answer, rationale, None


def _says_nothing(pack: Pack, atom: str, answer: str) -> bool:
    return is_echo(pack, answer) or restates(atom, answer) or has_only_words_of(pack, "answer", answer, besides=atom)


def _free(reply: str, atom: str) -> tuple[str | None, str]:
    """The answer of free text, read as a chain's is, as it is written if it stands in tags; and what is written before
    them."""
    text = set_apart(reply)[1]
    tags = [*_TAGGED.finditer(text)]
    if tags and not tags[-1].group(1).strip():
        return None, text
    answer, tier = reading.read(text, (), question=atom)
    if answer is None or tier != "tag":
        return answer, text
    written = one_line(tags[-1].group(1))
    return (written if answer_forms.canonical(written, "auto") == answer else answer), text[: tags[-1].start()]
