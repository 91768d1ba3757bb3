"""A tiny byte-level model that writes replies of the right form and random content.

    python -m dgrc.proving.noise noise - - OUT -     (arguments are those of `train`; only OUT counts)

Nothing goes in but the forms of replies; a Hugging Face directory comes out. On any prompt it writes
`<think>...</think><answer>LETTER</answer>` with a random letter, and, where a JSON schema holds it, an
object with a few made phrases. So configurations for real text run end to end on a real engine where
no real weights are at hand. It knows nothing and learns nothing: its scores are chance.
"""

import random
import string
import sys
from typing import TYPE_CHECKING

from dgrc.proving.train import IGNORED, Recipe, build_model, make_optimizers, save, schedule

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

MAX_LENGTH = 16384
PAD, END, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"
RECIPE = Recipe(width=64, layers=2, heads=2, feed_forward=192, steps=270, warm_up=10, adam_rate=1e-2)
BATCH = 10
LETTERS = "ABCD"
"""Options that every multiple-choice question has; a fifth is never chosen."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'assistant' %}"
    "<|assistant|>{% generation %}{{ message.content }}<|end|>{% endgeneration %}"
    "{% else %}<|user|>{{ message.content }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

# Prompts hold the tags and braces of replies too; they must not be taken for one.
_PIECES = [
    *string.printable,
    "<think> ",
    " </think>",
    "<answer>",
    "</answer>",
    '{"facts": ',
    " the ",
    " of ",
    "\nA. ",
    "\nB. ",
]
_WORDS = "the rule court claim fact case holds because patient sign cause dose law then so here fits best".split()


def reply(rng: random.Random) -> str:
    """A reply of one of the four forms: a chain, an answer to an atom, or the JSON of a diagnosis (of either kind that
    packs have) or a verdict."""
    form = rng.choice((0, 0, 0, 1, 2, 3))
    if form == 0:
        return f"<think>{_phrase(rng)}</think><answer>{rng.choice(LETTERS)}</answer>"
    if form == 1:
        one = rng.choice(('"what is {0}?"', '{{"given": "{1}.", "question": "what is {0}?"}}'))
        asked = ", ".join(one.format(_phrase(rng), _phrase(rng)) for _ in range(rng.randint(1, 2)))
        return f'{{"comparison": "{_phrase(rng)}", "questions": [{asked}]}}'
    if form == 2:
        return f"{_phrase(rng)}\n<answer>{rng.choice(_WORDS)}</answer>"
    relations = [rng.choice(("supports", "unrelated", "unrelated", "contradicts")) for _ in range(rng.randint(1, 3))]
    facts = ", ".join(
        f'{{"fact": {n}, "finding": "{_phrase(rng)}", "relation": "{relation}"}}'
        for n, relation in enumerate(relations, 1)
    )
    consistent = "false" if "contradicts" in relations else "true"
    return f'{{"facts": [{facts}], "consistent": {consistent}}}'


def train(folder: str) -> None:
    """Trains the model and writes it to `folder`."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = random.Random("dgrc noise")
    tokenizer = build_tokenizer()
    model = build_model(RECIPE, len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id, MAX_LENGTH)
    model.set_attn_implementation("eager")
    optimizers = make_optimizers(model, RECIPE)
    for step in range(RECIPE.steps):
        # One prompt in three is long and answered many times over: attention must learn to find the reply's own
        # words among thousands of others, also other replies (prompts of later steps quote chains).
        shape = (1, 2000, 12) if step % 3 == 2 else (BATCH, 60, 1)
        inputs, labels = _batch(tokenizer, rng, *shape)
        logits = model(input_ids=inputs[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * schedule(step, RECIPE)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if step % 20 == 19:
            print(f"noise step {step + 1}/{RECIPE.steps} loss {loss.item():.3f}", flush=True)
    save(model, folder)
    tokenizer.save_pretrained(folder)


def build_tokenizer() -> "PreTrainedTokenizerFast":
    """Byte-level BPE without merges: 256 bytes and four special tokens."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    tokens = [PAD, END, USER, ASSISTANT, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = Tokenizer(BPE(vocab={token: n for n, token in enumerate(tokens)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        model_max_length=MAX_LENGTH,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _batch(
    tokenizer: "PreTrainedTokenizerFast", rng: random.Random, rows: int, longest: int, replies: int
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Right-padded ids and labels, (rows, longest row), of made prompts with so many replies each."""
    import torch

    encoded = [_encode(tokenizer, rng, longest, replies) for _ in range(rows)]
    ids, labels = (
        torch.nn.utils.rnn.pad_sequence([torch.tensor(row[part]) for row in encoded], True, filler)
        for part, filler in ((0, tokenizer.pad_token_id), (1, IGNORED))
    )
    return ids, labels


def _encode(
    tokenizer: "PreTrainedTokenizerFast", rng: random.Random, longest: int, replies: int
) -> tuple[list[int], list[int]]:
    """Ids and labels of a made prompt of at most `longest` characters and its replies.

    The first byte of a JSON reply carries no loss: the model does not learn to begin one of itself,
    only to go on once a schema has forced the brace.
    """
    prompt = "".join(rng.choice(_PIECES) for _ in range(longest))[: rng.randint(0, longest)]
    ids = tokenizer.encode(f"{USER}{prompt}", add_special_tokens=False)
    labels = [IGNORED] * len(ids)
    for text in (reply(rng) for _ in range(replies)):
        body = tokenizer.encode(f"{ASSISTANT}{text}{END}", add_special_tokens=False)
        silent = 1 + text.startswith("{")
        ids += body
        labels += [IGNORED] * silent + body[silent:]
    return ids, labels


def _phrase(rng: random.Random) -> str:
    return " ".join(rng.choices(_WORDS, k=rng.randint(2, 4)))


if __name__ == "__main__":
    train(sys.argv[4])
