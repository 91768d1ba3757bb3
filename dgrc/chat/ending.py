"""How an assistant's turn ends, read off what the chat template writes: rendered chats in, the token that ends it out.

That is the token a student learns to stop with, an engine stops at and a score counts. It need not be the tokenizer's
eos: base models with a ChatML template end documents with one token and turns with another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TurnEnd:
    """The end of an assistant's turn.

    Attributes:
        token: What a model says to end it.
        mark: That token as text.
        written: What the template writes at a chat's end from the last word said up to the token, with it; empty where
            it writes none, and only a model that ends its turn does.
        after: What it writes behind that.
    """

    token: int
    mark: str
    written: str
    after: str

    def place(self, text: str, begin: int) -> int | None:
        """Where in a chat's text its last turn, which begins there, is over; None if it holds no such token."""
        if not self.written:
            return None
        if text.endswith(self.written + self.after):
            return len(text) - len(self.after)
        found = text.rfind(self.mark, begin)
        return None if found < 0 else found + len(self.mark)


def find_end(tokenizer: Any, last: str, followed: str) -> TurnEnd | None:
    """How turns end.

    Args:
        tokenizer: A `transformers` tokenizer.
        last: What its template writes after what the assistant says last in a chat.
        followed: What it writes between that and what a user says next; empty if it was not to be had.

    Returns:
        The first special token of `last`. Where that holds none: the token that begins the next turn, if nothing
        stands before it (as in GLM's chats, whose models say `<|user|>` to hand over), or else the tokenizer's eos.
        None if it has none either.
    """
    special = _special_tokens(tokenizer)
    if found := _first(last, special):
        at, mark = found
        return _end(tokenizer, mark, last[: at + len(mark)], last[at + len(mark) :])
    begin = _first(followed, [mark for mark in special if mark != tokenizer.bos_token])
    if begin and not followed[: begin[0]].strip() and not last.strip():
        return _end(tokenizer, begin[1], "", last)
    return None if tokenizer.eos_token is None else _end(tokenizer, str(tokenizer.eos_token), "", last)


def _end(tokenizer: Any, mark: str, written: str, after: str) -> TurnEnd:
    return TurnEnd(int(tokenizer.convert_tokens_to_ids(mark)), mark, written, after)


def _special_tokens(tokenizer: Any) -> list[str]:
    """The tokens that may end a turn: special ones, and added ones that look it (`<|im_end|>`, added by hand)."""
    added = {token.content: token.special for token in tokenizer.added_tokens_decoder.values()}
    looks = [content for content in added if content.startswith("<|") and content.endswith("|>")]
    return [mark for mark in {*tokenizer.all_special_tokens, *(c for c, s in added.items() if s), *looks} if mark]


def _first(text: str, marks: Sequence[str]) -> tuple[int, str] | None:
    """Where the first of these begins in a text, and which it is: the longest if several begin there."""
    found = [(text.find(mark), -len(mark), mark) for mark in marks if mark in text]
    return (min(found)[0], min(found)[2]) if found else None
