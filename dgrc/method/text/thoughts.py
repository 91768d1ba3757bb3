"""What a model only thinks, apart from what it says. A reply flows in; thoughts and text flow out, and what of a chain
others read and learn.

Engines with a reasoning parser give the thoughts apart already. What reaches here inside the text (a model that writes
`<think>` without being known for it, a file of recorded chains) is set apart by the marks themselves.
"""

import re

from dgrc.method.text.segment import count
from dgrc.method.text.turns import own_turn, with_channels
from dgrc.records import Chain

_MARK = re.compile(
    r"< ?(/?) ?(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|scratchpad|inner_monologue) ?>|\[(/?)THINK\]"
    r"|\u25c1(/?)think\u25b7|<\|(?:(/|end_of_|END_)|begin_of_|START_)?(?:think(?:ing)?|thought)\|>"
    r"|<unused94>(?:thought\b)?|<(unused95)>",
    re.IGNORECASE,
)
_AROUND = re.compile(r"<\|(?:(?:begin|end)_of_solution|(?:START|END)_RESPONSE)\|>")
"""What models put round what they say after such thoughts."""
_ANSWER = re.compile(r"<answer>.*?(?:</answer>|$)|\\boxed\{[^{}]*\}", re.IGNORECASE | re.DOTALL)
_CALCULATION = re.compile(r"\d[^\n=]{0,80}[=\u2248\uff1d][^\n=]{0,20}\d")
LEAST_WORDS = 8
"""A text of fewer words (`segment.count`), its answer apart, reasons about nothing, unless it calculates."""


def set_apart(reply: str) -> tuple[str, str]:
    """Thoughts and visible text of a reply.

    Thoughts that are never closed reach to the end; those that are closed without being opened (some templates open
    them in the prompt) begin with the reply. What follows the end of the model's turn is not its reply.
    """
    thoughts, text = _parted(with_channels(reply))
    while thoughts and (more := _parted(with_channels(text)))[0]:  # a channel may begin behind them
        thoughts, text = f"{thoughts}\n{more[0]}", more[1]
    return thoughts, own_turn(text)


def _parted(reply: str) -> tuple[str, str]:
    """Thoughts and text of a turn by the marks between them."""
    thoughts: list[str] = []
    visible: list[str] = []
    at, thinks, marked = 0, False, False
    for mark in _MARK.finditer(reply):  # each mark once: a reply may be nothing but marks
        said, closes, marked = reply[at : mark.start()], any(mark.groups()), True
        if thinks and not closes:
            continue  # thoughts may speak of their own marks
        if closes and not thinks:
            thoughts += [*visible, said]
            visible = []
        else:
            (thoughts if thinks else visible).append(said)
            thinks = not thinks
        at = mark.end()
    if not marked:
        return "", reply
    (thoughts if thinks else visible).append(reply[at:])
    text = _AROUND.sub("", "".join(visible)).strip()
    return "\n".join(filter(None, (part.strip() for part in thoughts))), text


def reasons(text: str) -> bool:
    """Whether a text says more than an answer."""
    said = _ANSWER.sub(" ", text)
    return count(said) >= LEAST_WORDS or _CALCULATION.search(said) is not None


def shown(chain: Chain, which: str) -> str:
    """What diagnosis and verification read of a chain: `visible` is its text, or its thoughts before it where the text
    alone reasons about nothing; `all` is always both."""
    if not chain.thoughts or (which == "visible" and reasons(chain.text)):
        return chain.text
    return f"{chain.thoughts}\n\n{chain.text}".strip()


def learned(chain: Chain, which: str) -> str:
    """The assistant's turn that a student learns: with `keep` the thoughts in the marks that templates know, then the
    text; with `drop` the text, with the thoughts as plain text before it where it alone reasons about nothing."""
    if chain.thoughts and which == "keep":
        return f"<think>\n{chain.thoughts.strip()}\n</think>\n\n{chain.text.strip()}"
    return shown(chain, "visible").strip()
