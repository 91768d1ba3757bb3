"""Answering an atomic question in a fresh context. The question alone flows in; answer and rationale flow out.

Neither the original question nor any chain is shown: a teacher that sees its own chain repeats its mistake.
"""

from dgrc.method.echo import ECHO, is_echo
from dgrc.method.prompts import Pack
from dgrc.method.replies import between, encodable, json_object, one_line
from dgrc.method.text.normalize import normalize
from dgrc.records import Message

UNKNOWN = frozenset(("unknown", "未知", "不知道", "无法确定", "不能确定", "无法回答", "不能回答", "无法作答"))
"""What a teacher is told to answer where an atomic question cannot be answered as it stands, and the ways in which it
is put in Chinese."""


def build_messages(pack: Pack, atom: str) -> list[Message]:
    """The messages that ask an atomic question."""
    return pack.messages("answer", atom=atom)


def parse_reply(pack: Pack, reply: str) -> tuple[str | None, str, str | None]:
    """The answer on one line, the rationale (the reasoning as written, without outer space), and why there is no answer
    though one was written: `echo`, the prompt's own words.

    The answer is None if there is none, if it is one of `UNKNOWN`, or if it is refused; a reply that cannot be read is
    its own rationale.
    """
    if pack.reply == "tagged":
        answer, rationale = between(reply, "answer"), between(reply, "think")
    else:
        value = json_object(reply) or {}
        answer, rationale = value.get("answer"), value.get("reasoning")
    if not isinstance(answer, str) or not isinstance(rationale, str):
        return None, encodable(reply).strip(), None
    answer, rationale = one_line(answer), encodable(rationale).strip()
    if (said := normalize(answer).strip("。")) in UNKNOWN or not said:
        return None, rationale, None
    if pack.reply == "json" and (is_echo(pack, answer) or is_echo(pack, rationale)):
        return None, rationale, ECHO
    return answer, rationale, None
