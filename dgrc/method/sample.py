"""Sampling chains. A question becomes chat messages; each reply becomes a `Chain` with its final answer.

A chain counts only if its answer can be read beyond doubt (`reading`): with choices the answer is an option's letter,
without choices it has the form that is asked for, and a chain that was cut off has none.
"""

from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.reading import read_said
from dgrc.method.reading.options import lettered
from dgrc.method.replies import encodable
from dgrc.method.text.thoughts import set_apart
from dgrc.records import Chain, Message


def build_messages(pack: Pack, text: str, choices: Sequence[str], several: bool = False) -> list[Message]:
    """The messages that ask for one chain; where `several` options may be right, all their letters are asked for."""
    return pack.messages("sample", text=text, options=lettered(choices), several=several)


def asks_for_several(pack: Pack) -> bool:
    """Whether a pack's wording differs where several options may be right; else it would ask for one letter."""
    return build_messages(pack, "q", ("a", "b"), True) != build_messages(pack, "q", ("a", "b"), False)


def one_letter(pack: str) -> str:
    """What to say of a pack that has no words for several right options."""
    return (
        f"The prompt pack {pack!r} asks for one letter all the same: its sample.jinja does not use `several`. Add the "
        "case as the built-in packs have it, or leave such questions out."
    )


def to_chain(
    reply: str,
    finish_reason: str,
    tokens: int,
    choices: Sequence[str],
    form: str = "auto",
    thoughts: str = "",
    tagged: bool = False,
    several: bool = False,
    question: str = "",
) -> Chain:
    """A reply as a chain. One that did not stop by itself has no answer: what it says may not be its last word.

    `thoughts` are those that the engine gave apart; what stands in thinking marks in the reply joins them, but not
    where the pack's replies are `tagged`: there such marks are part of the text that is asked for.
    """
    inside, said = set_apart(reply)
    stopped = finish_reason == "stop"
    answer, read_by = read_said(said, choices, form, several, question) if stopped else (None, None)
    inside, text = ("", reply) if tagged else (inside, said)
    if thoughts.strip():
        text = text.strip()  # parsers leave the line breaks between the two
    thoughts = "\n".join(filter(None, (thoughts.strip(), inside)))
    return Chain(encodable(text), answer, finish_reason, tokens, encodable(thoughts), read_by)
