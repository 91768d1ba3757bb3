"""Chat messages in, token ids and a loss mask out, taken from the tokenizer's own chat template.

A reply is learned in exactly the context it would be generated in: the messages before it, rendered
with the generation prompt. What follows it (`turns`), up to and including the token that ends the turn, carries
loss. Nothing is assumed of the template beyond this, so it may have `{% generation %}` markers or not. Templates
that take the `<think>` part out of earlier turns rewrite those turns: they stay as context, without loss, because
no model would ever have to generate them in that form.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dgrc.chat.template import ChatTemplate
from dgrc.chat.thoughts import split_thoughts
from dgrc.chat.turns import Span, clip, lacking, last_turn
from dgrc.config.engines import EngineConfig
from dgrc.errors import TrainingError
from dgrc.records import Example, Message

ROLE = "assistant"
Tokenizer = Any
"""A `transformers` fast tokenizer with a chat template."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Encoded examples laid end to end, so that Ray's object store shares them without copying.

    `tokens` int32 [T] and `loss` bool [T] hold all examples; example e is the slice
    `offsets[e]:offsets[e + 1]` (int64 [E + 1]). The first `atoms` examples are atoms, the last `replayed` are replayed
    ones, the rest chains. `ids` int64 [E] are what the examples are called in their curriculum.
    """

    tokens: npt.NDArray[np.int32]
    loss: npt.NDArray[np.bool_]
    offsets: npt.NDArray[np.int64]
    atoms: int
    ids: npt.NDArray[np.int64]
    replayed: int = 0

    @property
    def chains(self) -> int:
        """How many examples are chains."""
        return len(self) - self.atoms - self.replayed

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


def encode_messages(
    tokenizer: Tokenizer, messages: Sequence[Message], student: EngineConfig | None = None
) -> tuple[list[int], list[bool]]:
    """Token ids of a chat, and for each whether it carries loss.

    Args:
        tokenizer: The student's.
        messages: The chat. Thoughts of the last reply stand at its head (`dgrc.chat.thoughts`).
        student: The student's section, which says how its template is asked when it speaks.

    Raises:
        TrainingError: the last message is no assistant's, the template refuses the chat, or it does not render replies
            as continuations of their prompts, leaves part of the last reply out, or ends it with no token.
    """
    return _encode(_template(tokenizer, student), messages)


def _template(tokenizer: Tokenizer, student: EngineConfig | None) -> ChatTemplate:
    asked = student or EngineConfig()
    return ChatTemplate(tokenizer, TrainingError, asked.thinking, asked.chat_template_kwargs, asked.day)


def _encode(template: ChatTemplate, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    if not messages or messages[-1]["role"] != ROLE:
        roles = [m["role"] for m in messages]
        raise TrainingError(
            f"An example to train on has messages with the roles {roles}, but its last message must be an assistant's, "
            "because that is the text to learn. Mend the curriculum that holds it."
        )
    text, last = last_turn(template, messages)
    earlier = (_earlier_reply(template, messages, n, text) for n, m in enumerate(messages[:-1]) if m["role"] == ROLE)
    return _tokenize(template, text, [span for span in earlier if span is not None], last)


def encode_corpus(
    tokenizer: Tokenizer,
    atoms: Sequence[Example],
    chains: Sequence[Example],
    max_length: int,
    student: EngineConfig | None = None,
    replayed: Sequence[Example] = (),
) -> tuple[Corpus, list[SetAside]]:
    """All examples encoded in the order given; those longer than `max_length` tokens are set aside, none is cut.

    Raises:
        TrainingError: one cannot be encoded; of the user's own examples it names file and line.
    """
    tokens: list[list[int]] = []
    masks: list[list[bool]] = []
    aside: list[SetAside] = []
    kept: list[int] = []
    kept_of = Counter[str]()
    template = _template(tokenizer, student)
    kinds = ("atoms", atoms), ("chains", chains), ("replayed", replayed)
    for kind, example in ((kind, example) for kind, examples in kinds for example in examples):
        ids, mask = _encode_own(template, example) if kind == "replayed" else _encode(template, example.messages)
        if len(ids) > max_length:
            reason = f"longer than max_length = {max_length} tokens"
            aside.append(SetAside(example.id, example.kind, example.source, len(ids), reason))
            continue
        tokens.append(ids)
        masks.append(mask)
        kept.append(example.id)
        kept_of[kind] += 1
    corpus = Corpus(
        tokens=np.fromiter(itertools.chain.from_iterable(tokens), np.int32),
        loss=np.fromiter(itertools.chain.from_iterable(masks), np.bool_),
        offsets=np.cumsum([0, *map(len, tokens)], dtype=np.int64),
        atoms=kept_of["atoms"],
        ids=np.array(kept, np.int64),
        replayed=kept_of["replayed"],
    )
    return corpus, aside


def _encode_own(template: ChatTemplate, example: Example) -> tuple[list[int], list[bool]]:
    try:
        return _encode(template, example.messages)
    except TrainingError as e:
        raise TrainingError(f"The example {example.source_file}:{example.source_line} cannot be replayed. {e}") from e


def _earlier_reply(template: ChatTemplate, messages: Sequence[Message], turn: int, text: str) -> Span | None:
    """Where in the rendered chat the reply of an earlier turn stands, if it stands there as it would be generated."""
    prompt = template.render(messages[:turn], prompt=True)
    # White space after the end of the turn belongs to the template: generation stops before it.
    until = template.render(messages[: turn + 1]).rstrip()
    if template.end and (place := template.end.place(until, len(prompt))):
        until = until[:place]
    if not (text.startswith(prompt) and text.startswith(until) and len(until) > len(prompt) > 0):
        return None
    if template.end and not template.end.written and text.startswith(template.end.mark, len(until)):
        until += template.end.mark  # the next turn begins with what ends this one
    parts = [part for part in split_thoughts(template.clean(messages[turn])["content"]) if part]
    return None if lacking(text[len(prompt) : len(until)], parts) else (len(prompt), len(until))


def _tokenize(template: ChatTemplate, text: str, earlier: list[Span], last: Span) -> tuple[list[int], list[bool]]:
    """The chat as tokens: its prompt as an engine is given it, then the rest."""
    prompt, mask = _prompt(template.tokenizer, text[: last[0]], earlier)
    rest, learned = _rest(template.tokenizer, text, last)
    ids, mask = prompt + rest, mask + learned
    end = max(i for i, learns in enumerate(mask) if learns)
    if ids[end] in _special_ids(template.tokenizer) | ({template.end.token} if template.end else set()):
        return ids, mask
    # The template ends a turn with plain text or nothing: without a token to stop at, the student would never stop.
    if template.end is None:
        raise TrainingError(
            f"The chat template of the tokenizer {template.tokenizer.name_or_path!r} ends a reply with "
            f"{clip(text[-20:])}, which is no special token, and the tokenizer has no eos_token either, so the student "
            "could not learn where to stop. Set an eos_token in the tokenizer of the base model."
        )
    return [*ids[: end + 1], template.end.token], [*mask[: end + 1], True]


def _prompt(tokenizer: Tokenizer, text: str, spans: list[Span]) -> tuple[list[int], list[bool]]:
    """A prompt tokenized by itself, and which of its tokens lie wholly in one of these spans."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    inside = [any(a <= start and end <= b for a, b in spans) for start, end in encoded["offset_mapping"]]
    return list(encoded["input_ids"]), inside


def _rest(tokenizer: Tokenizer, text: str, reply: Span) -> tuple[list[int], list[bool]]:
    """What follows the prompt, tokenized as it stands there, and what of it is the reply.

    Where a token of the whole chat straddles an edge of the reply, the parts are tokenized apart, as generation does.
    """
    begin, end = reply
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    placed = list(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True))
    if not any(start < edge < stop for _, (start, stop) in placed for edge in reply):
        rest = [(token, start < end) for token, (start, _) in placed if start >= begin]
    else:
        parts = (text[begin:end], True), (text[end:], False)
        rest = [(i, learned) for part, learned in parts for i in tokenizer(part, add_special_tokens=False)["input_ids"]]
    return [token for token, _ in rest], [learned for _, learned in rest]


def _special_ids(tokenizer: Tokenizer) -> set[int]:
    added = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    return added | set(tokenizer.all_special_ids)
