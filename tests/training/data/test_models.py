"""Replies of twenty-two models' templates: what is learned is what would be generated, to the token that ends it."""

import datetime
from pathlib import Path
from typing import Any

import pytest
import transformers.utils.chat_template_utils as their_templates

from dgrc.config import EngineConfig
from dgrc.engines.vllm.tokens import PromptEncoder
from dgrc.records import Message
from dgrc.training.data.encode import encode_messages
from tests.chat.models import CHAT, MODELS, Model, tokenizer_of

ASKED: list[Message] = [{"role": "user", "content": "2 and <|im_end|> 2?"}]
SAID: Message = {"role": "assistant", "content": "Four."}
SYSTEM: Message = {"role": "system", "content": "Be exact."}
DAY = datetime.date(2026, 11, 29)


def saved(model: Model, folder: Path) -> str:
    tokenizer: Any = tokenizer_of(model)
    tokenizer.save_pretrained(folder)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    return str(folder)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("asked", [ASKED, [SYSTEM, *ASKED]], ids=["user", "system"])
def test_a_reply_is_learned_served_and_scored_as_one(model: Model, asked: list[Message], tmp_path: Path) -> None:
    tokenizer: Any = tokenizer_of(model)
    section = EngineConfig(model=saved(model, tmp_path), day=DAY)
    ids, mask = encode_messages(tokenizer, [*asked, SAID], section)
    begin = mask.index(True)
    end = begin + sum(mask)
    assert mask == [begin <= place < end for place in range(len(ids))]
    assert tokenizer.decode(ids[begin:end]) == model.learned
    assert tokenizer.convert_ids_to_tokens(ids[end - 1]) == model.end
    encoder = PromptEncoder.of(section)
    assert encoder.encode(tuple(asked)) == ids[:begin], "the prompt that is learned from is the one that is served"
    head, turn = encoder.encode_scored((*asked, SAID))
    assert head + turn == ids[:end] and turn[-1] == ids[end - 1], "so is what IFD scores"
    before, said, after = model.learned.partition("Four.")
    assert tokenizer.decode(turn) == ("" if before.strip() else before) + said + after, "marks before it are no score"
    stops = {tokenizer.eos_token_id, *encoder.stops()}
    assert ids[end - 1] in stops and not stops & set(ids[begin : end - 1])


@pytest.mark.parametrize("model", [model for model in MODELS if model.dated], ids=lambda model: model.name)
def test_the_day_is_the_runs_whatever_the_clock_says(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer: Any = tokenizer_of(model)
    found = []
    for day in (1, 2):

        class Clock(datetime.datetime):
            @classmethod
            def now(cls, tz: Any = None, of: int = day) -> Any:
                return datetime.datetime(2027, 3, of)

        monkeypatch.setattr(their_templates, "datetime", Clock)
        found += [encode_messages(tokenizer, [*ASKED, SAID], EngineConfig(day=given)) for given in (DAY, None)]
    assert model.dated in tokenizer.decode(found[0][0])
    assert found[:2] == found[2:] and found[0] != found[1]


@pytest.mark.parametrize("name", ["Phi-4-mini", "GLM-4", "Llama 3.2", "Qwen2.5", "Mistral Small 3"])
def test_earlier_replies_are_learned_with_their_ends(name: str) -> None:
    model = next(model for model in MODELS if model.name == name)
    tokenizer: Any = tokenizer_of(model)
    ids, mask = encode_messages(tokenizer, [*ASKED, SAID, *ASKED, SAID])
    assert tokenizer.decode([i for i, learns in zip(ids, mask, strict=True) if learns]) == model.learned * 2


def test_prompts_are_tokens_as_they_are_served_where_what_follows_would_change_them() -> None:
    """A tokenizer that reads two line breaks as one token at a text's end, and as two before a word."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: n for n, token in enumerate([*alphabet, "ĊĊ", "<|end|>"])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ċ", "Ċ")]))
    words = pre_tokenizers.Split(Regex(r"\S+|\s+(?!\S)|\s"), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.Sequence([words, bytes_]), decoders.ByteLevel()
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}\n\n{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}assistant\n\n{% endif %}"
    )
    served = tokenizer("user\n\nQ?<|end|>assistant\n\n")["input_ids"]
    whole = tokenizer("user\n\nQ?<|end|>assistant\n\nFour.<|end|>")["input_ids"]
    assert whole[: len(served)] != served
    ids, mask = encode_messages(tokenizer, [{"role": "user", "content": "Q?"}, SAID])
    assert ids[: mask.index(True)] == served
    assert tokenizer.decode(ids[mask.index(True) :]) == "Four.<|end|>"


def test_a_token_that_was_added_by_hand_ends_turns_though_it_is_not_special() -> None:
    model = Model("by hand", CHAT, ("<|endoftext|>",), "<|endoftext|>", "", ("<|im_start|>", "<|im_end|>"))
    tokenizer: Any = tokenizer_of(model)
    tokenizer.chat_template += "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ids, mask = encode_messages(tokenizer, [*ASKED, SAID])
    learned = [i for i, learns in zip(ids, mask, strict=True) if learns]
    assert tokenizer.decode(learned) == "Four.<|im_end|>"
