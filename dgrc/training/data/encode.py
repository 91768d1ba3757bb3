"""Chat messages in, token ids and a loss mask out, taken from the tokenizer's own chat template.

A reply is learned in exactly the context it would be generated in: the messages before it, rendered
with the generation prompt. That rendering must be a prefix of the rendering of the whole chat; what
follows it, up to and including the token that ends the turn, carries loss. Nothing is assumed of the
template beyond this, so it may have `{% generation %}` markers or not. Templates that take the
`<think>` part out of earlier turns rewrite those turns: they stay as context, without loss, because
no model would ever have to generate them in that form.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dgrc.errors import TrainingError
from dgrc.records import Example, Message

Tokenizer = Any
"""A `transformers` fast tokenizer with a chat template."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Encoded examples laid end to end, so that Ray's object store shares them without copying.

    `tokens` int32 [T] and `loss` bool [T] hold all examples; example e is the slice
    `offsets[e]:offsets[e + 1]` (int64 [E + 1]). The first `atoms` examples are atoms, the rest chains. `ids` int64 [E]
    are what the examples are called in their curriculum.
    """

    tokens: npt.NDArray[np.int32]
    loss: npt.NDArray[np.bool_]
    offsets: npt.NDArray[np.int64]
    atoms: int
    ids: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def length(self, example: int) -> int:
        """Tokens in an example."""
        return int(self.offsets[example + 1] - self.offsets[example])

    def slice(self, example: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """An example's tokens and loss mask."""
        part = slice(self.offsets[example], self.offsets[example + 1])
        return self.tokens[part], self.loss[part]


@dataclass(frozen=True, slots=True)
class SetAside:
    """An example that cannot be trained on, with its length in tokens and the limit it broke."""

    id: int
    kind: str
    source: int
    tokens: int
    reason: str


def encode_messages(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Token ids of a chat, and for each whether it carries loss.

    Raises:
        TrainingError: the last message is no assistant's, or the template does not render replies as
            continuations of their prompts, leaves part of the last reply out, or ends it with no token.
    """
    if not messages or messages[-1]["role"] != "assistant":
        roles = [m["role"] for m in messages]
        raise TrainingError(
            f"An example to train on has messages with the roles {roles}, but its last message must be an assistant's, "
            "because that is the text to learn. Mend the curriculum that holds it."
        )
    text = _render(tokenizer, messages)
    spans = [
        span
        for turn, message in enumerate(messages)
        if message["role"] == "assistant" and (span := _reply_span(tokenizer, messages, turn, text)) is not None
    ]
    return _tokenize(tokenizer, text, spans)


def encode_corpus(
    tokenizer: Tokenizer, atoms: Sequence[Example], chains: Sequence[Example], max_length: int
) -> tuple[Corpus, list[SetAside]]:
    """All examples encoded in the order given; those longer than `max_length` tokens are set aside, none is cut."""
    tokens: list[list[int]] = []
    masks: list[list[bool]] = []
    aside: list[SetAside] = []
    kept: list[int] = []
    kept_atoms = 0
    for n, example in enumerate(itertools.chain(atoms, chains)):
        ids, mask = encode_messages(tokenizer, example.messages)
        if len(ids) > max_length:
            reason = f"longer than max_length = {max_length} tokens"
            aside.append(SetAside(example.id, example.kind, example.source, len(ids), reason))
            continue
        tokens.append(ids)
        masks.append(mask)
        kept.append(example.id)
        kept_atoms += n < len(atoms)
    corpus = Corpus(
        tokens=np.fromiter(itertools.chain.from_iterable(tokens), np.int32),
        loss=np.fromiter(itertools.chain.from_iterable(masks), np.bool_),
        offsets=np.cumsum([0, *map(len, tokens)], dtype=np.int64),
        atoms=kept_atoms,
        ids=np.array(kept, np.int64),
    )
    return corpus, aside


def _render(tokenizer: Tokenizer, messages: Sequence[Message], prompt: bool = False) -> str:
    text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=prompt)
    assert isinstance(text, str)
    return text


def _reply_span(tokenizer: Tokenizer, messages: Sequence[Message], turn: int, text: str) -> tuple[int, int] | None:
    """Where in the rendered chat the reply of one assistant turn stands, its end-of-turn included."""
    last = turn == len(messages) - 1
    prompt = _render(tokenizer, messages[:turn], prompt=True)
    # White space after the end of the turn belongs to the template: generation stops before it.
    until = (text if last else _render(tokenizer, messages[: turn + 1])).rstrip()
    if text.startswith(prompt) and text.startswith(until) and len(until) > len(prompt) > 0:
        content, reply = messages[turn]["content"], text[len(prompt) : len(until)]
        if _squeeze(content) in _squeeze(reply):
            return len(prompt), len(until)
        problem = f"the reply as rendered, {_clip(reply)}, lacks part of the message, {_clip(content)}"
    else:
        problem = f"the chat, {_clip(text, 400)}, does not begin with its generation prompt, {_clip(prompt, 400)}"
    if not last:
        return None
    raise TrainingError(
        f"The chat template of the tokenizer {tokenizer.name_or_path!r} cannot be trained on: {problem}. A reply must "
        "be rendered whole and as the continuation of its prompt, or what is learned is not what is generated. Give "
        "the base model a template that keeps the last turn as it is."
    )


def _tokenize(tokenizer: Tokenizer, text: str, spans: list[tuple[int, int]]) -> tuple[list[int], list[bool]]:
    ids, mask = _tokenize_whole(tokenizer, text, spans) or _tokenize_parts(tokenizer, text, spans)
    end = max(i for i, learned in enumerate(mask) if learned)
    if ids[end] in _special_ids(tokenizer):
        return ids, mask
    # The template ends a turn with plain text or nothing: without a token to stop at, the student would never stop.
    if tokenizer.eos_token_id is None:
        raise TrainingError(
            f"The chat template of the tokenizer {tokenizer.name_or_path!r} ends a reply with {_clip(text[-20:])}, "
            "which is no special token, and the tokenizer has no eos_token either, so the student could not learn "
            "where to stop. Set an eos_token in the tokenizer of the base model."
        )
    return [*ids[: end + 1], tokenizer.eos_token_id], [*mask[: end + 1], True]


def _tokenize_whole(
    tokenizer: Tokenizer, text: str, spans: list[tuple[int, int]]
) -> tuple[list[int], list[bool]] | None:
    """The chat tokenized at once; None if a token straddles the edge of a reply."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets: list[tuple[int, int]] = encoded["offset_mapping"]
    edges = [edge for span in spans for edge in span]
    if any(start < edge < end for start, end in offsets for edge in edges):
        return None
    mask = [any(a <= start < b for a, b in spans) for start, _ in offsets]
    return list(encoded["input_ids"]), mask


def _tokenize_parts(tokenizer: Tokenizer, text: str, spans: list[tuple[int, int]]) -> tuple[list[int], list[bool]]:
    """The chat tokenized part by part, as generation does it: the prompt ends where the reply begins."""
    ids: list[int] = []
    mask: list[bool] = []
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    for n, (start, end) in enumerate(itertools.pairwise(edges)):
        part = tokenizer(text[start:end], add_special_tokens=False)["input_ids"]
        ids += part
        mask += [n % 2 == 1] * len(part)
    return ids, mask


def _special_ids(tokenizer: Tokenizer) -> set[int]:
    added = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    return added | set(tokenizer.all_special_ids)


def _squeeze(text: str) -> str:
    """Without white space, which templates trim and add around the parts of a reply."""
    return "".join(text.split())


def _clip(text: str, longest: int = 80) -> str:
    return repr(text if len(text) <= longest else f"{text[:longest]}...")
