"""Asking for the answer of a chain that cannot be read. A chain and its question flow in; what a reader says flows out.

A grammar always gets a letter, and small models give the first one, so one asking proves nothing. A chain is asked
about twice, with the options in two orders under other letters; only the same option both times counts, and `none`
may be said.
"""

import json
from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.reading.options import letter, lettered
from dgrc.method.replies import json_object
from dgrc.records import Chain, Message

NONE = "none"
LONGEST_REPLY = 16
"""Tokens: an object of one letter takes 7 to 9, by tokenizer, and servers may put white space into it."""
_FIRST_LETTER = 10
"""The letters shown begin with K, so that no letter of the chain is among them."""
MOST_CHOICES = 16


def can_be_asked(pack: Pack, choices: Sequence[str], several: bool = False) -> bool:
    """Whether a pack has words for it, and the question options of which one is right: a reader names one."""
    return not several and "read" in pack.templates and 2 <= len(choices) <= MOST_CHOICES


def orders(count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The two orders in which options are shown: turned by half, and that backwards, so that none keeps its place from
    one to the other."""
    turned = [(index + count // 2) % count for index in range(count)]
    back = turned[::-1]
    if count % 2:  # the middle one would stay where it is
        back[0], back[count // 2] = back[count // 2], back[0]
    return tuple(turned), tuple(back)


def build_messages(
    pack: Pack, text: str, choices: Sequence[str], chain: Chain, order: Sequence[int]
) -> tuple[list[Message], str]:
    """The messages that ask which option a chain ends with, and the JSON schema of the reply.

    Question and chain come first, so that both askings share a prefix.
    """
    names = [letter(_FIRST_LETTER + place) for place in range(len(order))]
    shown = tuple(f"{name}. {' '.join(choices[index].split())}" for name, index in zip(names, order, strict=True))
    schema = {
        "type": "object",
        "properties": {"option": {"enum": [*names, NONE]}},
        "required": ["option"],
        "additionalProperties": False,
    }
    messages = pack.messages("read", text=text, options=lettered(choices), chain=chain.text, shown=shown)
    return messages, json.dumps(schema)


def parse_reply(reply: str, order: Sequence[int]) -> str | None:
    """The letter of the question's own option that a reply names; None for `none` and for what cannot be read."""
    value = json_object(reply)
    said = value.get("option") if value is not None else None
    names = [letter(_FIRST_LETTER + place) for place in range(len(order))]
    return letter(order[names.index(said)]) if isinstance(said, str) and said in names else None
