"""Which strings control a chat, and how a text that holds one is made to hold it no more.

Control are the special tokens of the tokenizer, every one, and the marks by which the chat template tells turns,
thoughts and tools apart, whether they are tokens (`<|im_start|>`, `<think>`) or plain text (`[INST]`, `USER:`).
A space breaks each up: people still read what it was, the tokenizer and the template no longer do.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dgrc.chat.thoughts import CLOSE, OPEN

_MARKUP = re.compile(r"<<[^\s<>]{1,40}>>|<[^\s<>]{1,40}>|\[/?[A-Z][A-Z_]*\]")
_LABEL = re.compile(r"(?:#+ ?)?[A-Za-z][\w ]{0,38}:")


@dataclass(frozen=True)
class Control:
    """The strings that control chats of one model.

    `pattern` finds them in a text. `ids` are those of tokens that a tokenizer which changes texts before it reads them
    (to lower case, say) may find in a text that holds them in another form; with no such tokenizer there are none.
    """

    pattern: re.Pattern[str] | None
    ids: frozenset[int]

    def broken_up(self, text: str, tokenizer: Any) -> str:
        """The text with a space in each of them."""
        while self.pattern is not None and self.pattern.search(text):  # two that overlap need a second round
            text = self.pattern.sub(lambda found: _broken(found[0]), text)
        while self.ids and (spans := self._spans(text, tokenizer)):
            for start, _ in reversed(spans):
                text = f"{text[: start + 1]} {text[start + 1 :]}"
        return text

    def _spans(self, text: str, tokenizer: Any) -> list[tuple[int, int]]:
        read = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        pairs = zip(read["input_ids"], read["offset_mapping"], strict=True)
        return [(start, end) for token, (start, end) in pairs if token in self.ids and end - start > 1]


def find_control(tokenizer: Any, literals: Sequence[str], framing: Iterable[str]) -> Control:
    """What controls chats of a tokenizer.

    Args:
        tokenizer: A `transformers` tokenizer.
        literals: The text that its chat template holds.
        framing: What the template wrote around the messages of a chat.
    """
    added = {token.content: token for token in tokenizer.added_tokens_decoder.values()}
    special = {*tokenizer.all_special_tokens, *(content for content, token in added.items() if token.special)}
    written = "\0".join(literals)
    marks = {content for content in added if content in written and _is_mark(content)}
    if OPEN in written or CLOSE in written:
        marks |= {OPEN, CLOSE}
    labels = set[str]()
    for text in framing:
        marks |= set(_MARKUP.findall(text))
        rest = _MARKUP.sub("\n", text)
        labels |= {line.strip() for line in rest.splitlines() if _LABEL.fullmatch(line.strip())}
    tokens = sorted((t for t in special | marks if len(t) > 1 and not t.isspace()), key=len, reverse=True)
    parts = [*map(re.escape, tokens), *(rf"(?<!\w){re.escape(label)}" for label in sorted(labels))]
    changed = [token for content, token in added.items() if content in special and token.normalized]
    ids = tokenizer.convert_tokens_to_ids([token.content for token in changed])
    return Control(re.compile("|".join(parts)) if parts else None, frozenset(ids))


def _is_mark(content: str) -> bool:
    """Whether an added token that is not special is a mark by its look: no word, no white space."""
    return len(content) > 1 and not any(map(str.isspace, content)) and not content.isalnum()


def _broken(mark: str) -> str:
    """`< |im_end|>` of a token, `USER :` of a label."""
    return f"{mark[:-1]} {mark[-1]}" if mark[0].isalnum() else f"{mark[0]} {mark[1:]}"
