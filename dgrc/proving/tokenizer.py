"""The word-level tokenizer of the proving world: one token a word, and a chat template.

A vocabulary goes in, a Hugging Face fast tokenizer comes out. Turn markers, the end of a turn, and
padding are special tokens; `<think>` and `<answer>` are plain words, so that they survive decoding
with `skip_special_tokens=True`. `encode_chat` gives the same ids in plain Python, for training.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END, UNKNOWN, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|unknown|>", "<|user|>", "<|assistant|>"
SPECIAL = (PAD, END, UNKNOWN, USER, ASSISTANT)

# A system turn has no place in this world; it is read as part of what the user says.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'assistant' %}"
    "<|assistant|>{% generation %}{{ message.content }}<|end|>{% endgeneration %}"
    "{% else %}<|user|>{{ message.content }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def word_ids(words: Sequence[str]) -> dict[str, int]:
    """Token to id; the special tokens come first."""
    return {word: n for n, word in enumerate([*SPECIAL, *words])}


def encode_chat(ids: dict[str, int], prompt: str, reply: str) -> tuple[list[int], int]:
    """The ids of one user turn and one assistant turn, and how many of them are the prompt's."""
    head = [ids[USER], *(ids[word] for word in prompt.split()), ids[ASSISTANT]]
    return [*head, *(ids[word] for word in reply.split()), ids[END]], len(head)


def build_tokenizer(words: Sequence[str], max_length: int) -> "PreTrainedTokenizerFast":
    """The Hugging Face tokenizer over these words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(WordLevel(word_ids(words), unk_token=UNKNOWN))
    inner.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=[USER, ASSISTANT],
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
