"""Where a model's turn ends, and what its channels are. A reply flows in; the reply in one spelling flows out.

A server that keeps special tokens gives the marks of its template in the text, and a model that misses its end writes
on: the user's next turn, the next question of a document. What stands there is not its answer.
"""

import re

_END = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|end_of_text|endoftext|return|end|end_of_turn|user|END_OF_TURN_TOKEN)\|>|</s>(?=\s*(?:$|[<\[]))"
    r"|<end_of_turn>|<eos>|<\uff5cend\u2581of\u2581sentence\uff5c>|\[/?INST\]|<\|im_start\|>(?!assistant|think|answer)"
    r"|<\|start_header_id\|>(?!assistant)|<start_of_turn>(?!model)"
)
"""Marks of templates behind which nothing is the model's."""
_BEGIN = re.compile(
    r"\s*(?:<\|im_start\|>assistant\n|<\|start_header_id\|>assistant<\|end_header_id\|>|<start_of_turn>model\n"
    r"|<\|assistant\|>)"
)
_HEADER = re.compile(r"(?:<\|start\|>assistant)?<\|channel\|>\s{0,9}([a-z]{1,20})[^<\n]{0,80}<\|message\|>")
_CHANNEL_ENDS = re.compile(r"<\|end\|>|<\|call\|>")
_BARE_CHANNEL = re.compile(r"\s*analysis(?=[A-Z\"'(]|[\u4e00-\u9fff])")
_BARE_FINAL = re.compile(r"assistant(?:<\|channel\|>)?final(?=[^a-z\s]|\s*\n|$)")
_NEXT = re.compile(
    r"\n[ \t]*(?:#{2,4} *)?(?:\*\*)?(?:(?:Next )?(?:Question|Problem|Instruction|Human|User|Input|Exercise)"
    r"(?: ?[0-9]{1,3})?|Q(?: ?[0-9]{1,3})?|用户|问题|题目|下一题)(?:\*\*)? ?[:\uff1a]"
    r"|\n#{2,4} (?:Instruction|Question|User|Human)\b"
)
_OFFER = re.compile(
    r"(?:(?<=[.!?*)\n\u3002\uff01])|(?<=[.!?] ))\s{0,3}(?:(?:would|do) you (?:like|want)|shall i|should i|let me know"
    r"|feel free|if you(?:'d| would)? (?:like|want|have|need)|is there anything"
    r"|(?:请问)?(?:你|您)?(?:是否|还)?(?:需要|想要|希望)我"
    r"|如果?(?:你|您|需要|还有|有(?:任何|其他|疑问|问题))|希望(?:这|对|能))[^\n]{0,300}\s*$",
    re.IGNORECASE,
)
"""A last sentence that offers more: it may name options, and answers nothing."""
_BEFORE_OFFER = re.compile(r"[.!?*)\n\u3002\uff01]")
"""What stands before one, or before the blank before it."""


def with_channels(reply: str) -> str:
    """The reply with the channels of gpt-oss as `<think>` and text, without the mark that begins a turn."""
    begin = _BEGIN.match(reply)
    reply = reply[begin.end() :] if begin else reply
    if _HEADER.match(reply.lstrip()):
        thinks = False
        parts, at = [], 0
        for header in _HEADER.finditer(reply):
            parts.append(_CHANNEL_ENDS.sub("", reply[at : header.start()]))
            if thinks != (header.group(1) != "final"):
                thinks = not thinks
                parts.append("<think>" if thinks else "</think>")
            at = header.end()
        reply = "".join([*parts, _CHANNEL_ENDS.sub("", reply[at:])])
    elif bare := _BARE_CHANNEL.match(reply):  # its special tokens were left out
        final = _BARE_FINAL.search(reply)
        thoughts = reply[bare.end() : final.start()] if final else reply[bare.end() :]
        reply = f"<think>{thoughts}</think>{reply[final.end():]}" if final else f"<think>{thoughts}"
    return reply


def own_turn(reply: str) -> str:
    """What stands before a mark that ends the model's turn; a mark with nothing before it ends nothing."""
    end = next((mark for mark in _END.finditer(reply) if reply[: mark.start()].strip()), None)
    return reply[: end.start()] if end else reply


def without_offer(text: str) -> str:
    """A text without a last sentence that offers more help."""
    tail = text[-2000:]
    for mark in _BEFORE_OFFER.finditer(tail):  # to try it at every character would be a third of what reading takes
        if found := _OFFER.match(tail, mark.end()) or _OFFER.match(tail, mark.end() + 1):
            return text[: len(text) - len(tail) + found.start()]
    return text


def before_next(text: str) -> str | None:
    """What stands before another question or turn that a text goes on with; None if it goes on with none."""
    found = next((mark for mark in _NEXT.finditer(text) if text[: mark.start()].strip()), None)
    return text[: found.start()] if found else None
