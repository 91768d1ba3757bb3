import itertools

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from dgrc.errors import TrainingError
from dgrc.records import Example, Message
from dgrc.training.data.encode import encode_corpus, encode_messages
from tests.training.builders import MARKED, PLAIN, STRIPPING, make_examples, make_tokenizer


def chat(*contents: str) -> list[Message]:
    return [{"role": role, "content": text} for role, text in zip(itertools.cycle(["user", "assistant"]), contents)]


def learned(tokenizer: PreTrainedTokenizerFast, messages: list[Message]) -> str:
    ids, mask = encode_messages(tokenizer, messages)
    assert len(ids) == len(mask)
    return " ".join(tokenizer.convert_ids_to_tokens([i for i, m in zip(ids, mask, strict=True) if m]))


@pytest.mark.parametrize("template", [PLAIN, MARKED, STRIPPING])
def test_reply_and_its_end_are_learned_and_nothing_else(template: str) -> None:
    tokenizer = make_tokenizer(template)
    ids, mask = encode_messages(tokenizer, chat("w1 w2", "<think> w3 </think> w4"))
    assert tokenizer.convert_ids_to_tokens(ids) == (
        "<|user|> w1 w2 <|end|> <|assistant|> <think> w3 </think> w4 <|end|>".split()
    )
    assert mask == [False] * 5 + [True] * 5


def test_the_prompt_is_what_generation_is_given() -> None:
    tokenizer = make_tokenizer(PLAIN)
    messages = [{"role": "system", "content": "w9"}, *chat("w1", "w2")]
    ids, mask = encode_messages(tokenizer, messages)
    prompt = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, return_dict=False)
    assert ids[: mask.index(True)] == prompt


def test_every_turn_is_learned_where_the_template_keeps_it() -> None:
    messages = chat("w1", "<think> w2 </think> w3", "w4", "<think> w5 </think> w6")
    both = "<think> w2 </think> w3 <|end|> <think> w5 </think> w6 <|end|>"
    assert learned(make_tokenizer(PLAIN), messages) == both
    assert learned(make_tokenizer(MARKED), messages) == both


def test_mask_agrees_with_generation_markers() -> None:
    tokenizer = make_tokenizer(MARKED)
    messages = chat("w1", "<think> w2 </think> w3", "w4", "w6")
    theirs = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    ids, mask = encode_messages(tokenizer, messages)
    assert (ids, mask) == (theirs["input_ids"], [bool(m) for m in theirs["assistant_masks"]])


def test_a_turn_whose_thoughts_were_stripped_is_context_only() -> None:
    tokenizer = make_tokenizer(STRIPPING)
    messages = chat("w1", "<think> w2 </think> w3", "w4", "<think> w5 </think> w6")
    assert learned(tokenizer, messages) == "<think> w5 </think> w6 <|end|>"
    kept_whole = chat("w1", "w3", "w4", "w6")
    assert learned(tokenizer, kept_whole) == "w3 <|end|> w6 <|end|>"


def test_template_that_drops_the_last_thoughts_is_refused() -> None:
    template = PLAIN.replace("{{ m.content }}", "{{ m.content.split('</think>')[-1] }}")
    with pytest.raises(TrainingError, match="lacks part of the message"):
        encode_messages(make_tokenizer(template), chat("w1", "<think> w2 </think> w3"))


def test_template_whose_prompt_is_no_prefix_is_refused() -> None:
    template = PLAIN.replace("<|assistant|>{% endif %}", "<|assistant|> w5{% endif %}")
    with pytest.raises(TrainingError, match="does not begin with its generation prompt"):
        encode_messages(make_tokenizer(template), chat("w1", "w3"))


def test_a_stop_token_is_added_where_the_template_has_none() -> None:
    tokenizer = make_tokenizer(PLAIN.replace(" <|end|>\n", " .\n"))
    assert learned(tokenizer, chat("w1", "w2 w3")) == "w2 w3 . <|end|>"
    tokenizer.eos_token = None
    with pytest.raises(TrainingError, match="no eos_token"):
        encode_messages(tokenizer, chat("w1", "w2 w3"))


def test_last_message_must_be_the_assistants() -> None:
    with pytest.raises(TrainingError, match=r"\['user'\]"):
        encode_messages(make_tokenizer(PLAIN), chat("w1"))


def test_a_token_across_the_edge_of_the_reply_is_split_as_generation_splits_it() -> None:
    inner = Tokenizer(BPE({"q": 0, ":": 1, "a": 2, ":a": 3, "$": 4}, [(":", "a")]))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="$")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }}{% if m.role == 'user' %}:{% else %}${% endif %}{% endfor %}"
    )
    assert tokenizer("q:a$")["input_ids"] == [0, 3, 4]
    assert encode_messages(tokenizer, chat("q", "a")) == ([0, 1, 2, 4], [False, False, True, True])


def test_corpus_keeps_order_and_sets_long_examples_aside() -> None:
    tokenizer = make_tokenizer(PLAIN)
    atoms, chains = make_examples("atom", 9), make_examples("chain", 12)
    encoded = [encode_messages(tokenizer, example.messages) for example in [*atoms, *chains]]
    limit = sorted(len(ids) for ids, _ in encoded)[14]
    corpus, aside = encode_corpus(tokenizer, atoms, chains, limit)
    kept = [pair for pair in encoded if len(pair[0]) <= limit]
    assert [(t.tolist(), m.tolist()) for t, m in map(corpus.slice, range(len(corpus)))] == [(i, m) for i, m in kept]
    assert corpus.atoms == sum(len(ids) <= limit for ids, _ in encoded[:9])
    long = [example for example, (ids, _) in zip([*atoms, *chains], encoded, strict=True) if len(ids) > limit]
    assert [(item.id, item.kind) for item in aside] == [(example.id, example.kind) for example in long]
    assert len(aside) + len(corpus) == 21 and all(item.tokens > limit for item in aside)


def test_corpus_of_nothing() -> None:
    corpus, aside = encode_corpus(make_tokenizer(PLAIN), [], list[Example](), 16)
    assert len(corpus) == 0 and aside == []


def test_the_users_own_come_last_and_each_of_their_replies_is_learned() -> None:
    tokenizer = make_tokenizer(PLAIN)
    own = Example(7, "replayed", 7, tuple(chat("w1", "w2 w3", "w4", "w5")), "", "mine.jsonl", 3)
    long = Example(8, "replayed", 8, tuple(chat("w1", " ".join(["w2"] * 30))), "", "mine.jsonl", 4)
    atoms, chains = make_examples("atom", 2, longest=4), make_examples("chain", 3, longest=4)
    corpus, aside = encode_corpus(tokenizer, atoms, chains, 20, None, [own, long])
    assert (corpus.atoms, corpus.chains, corpus.replayed, len(corpus)) == (2, 3, 1, 6)
    assert [(item.id, item.kind) for item in aside] == [(8, "replayed")]
    tokens, loss = corpus.slice(5)
    assert " ".join(tokenizer.convert_ids_to_tokens(tokens[loss])) == "w2 w3 <|end|> w5 <|end|>"


def test_one_that_the_template_refuses_is_named_by_file_and_line() -> None:
    picky = make_tokenizer("{% if messages | length > 2 %}{{ raise_exception('one turn') }}{% endif %}" + PLAIN)
    own = Example(7, "replayed", 7, tuple(chat("w1", "w2 w3", "w4", "w5")), "", "mine.jsonl", 3)
    with pytest.raises(TrainingError, match=r"The example mine\.jsonl:3 cannot be replayed\. .*one turn"):
        encode_corpus(picky, [], [], 99, None, [own])
