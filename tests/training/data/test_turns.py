"""What an example teaches where the template knows of thoughts: the turn as it is generated, thoughts kept or not."""

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.vllm.tokens import PromptEncoder
from dgrc.errors import TrainingError
from dgrc.records import Message
from dgrc.training.data.encode import encode_messages
from tests.chat.families import DEEPSEEK, GEMMA, SILENT, make_tokenizer
from tests.thinking import QWEN, R1, make_thinking_tokenizer

ASKED: list[Message] = [{"role": "system", "content": "Be exact."}, {"role": "user", "content": "2 and 2?"}]
SAID: Message = {"role": "assistant", "content": "Four."}
THOUGHT: Message = {"role": "assistant", "content": "<think>\nTwo more.\n</think>\n\nFour."}
HEAD = "<|im_start|>system\nBe exact.<|im_end|>\n<|im_start|>user\n2 and 2?<|im_end|>\n<|im_start|>assistant\n"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_BLOCK = QWEN.replace("{% if loop.last %}", "{% if loop.last and thought %}")
"""A template that closes thoughts in its prompt, and writes none before a turn that has none."""
KEYED = "{% if m.thinking %}<think>{{ m.thinking }}</think>{% endif %}{{ m.content }}"
KEYED = CHATML.replace("{{ m.content }}", KEYED)
KEYED = KEYED.replace("{% for m in messages %}", "{% for m in messages if '</think>' not in m.content %}")
"""A template that takes thoughts under a key of their own, and no others."""


def learned(template: str, last: Message, **student: object) -> tuple[str, str]:
    """What is context and what is learned, as texts."""
    tokenizer = make_thinking_tokenizer(template)
    ids, mask = encode_messages(tokenizer, [*ASKED, last], EngineConfig.model_validate(student))
    begin = mask.index(True)
    end = begin + sum(mask)
    assert all(mask[begin:end]) and tokenizer.decode(ids[end:]) == "\n", "what follows the turn carries no loss"
    return tokenizer.decode(ids[:begin]), tokenizer.decode(ids[begin:end])


EMPTY = "<think>\n\n</think>\n\n"
KEPT = "<think>\nTwo more.\n</think>\n\nFour.<|im_end|>"


@pytest.mark.parametrize(
    ("template", "last", "student", "context", "reply"),
    [
        (CHATML, SAID, {}, HEAD, "Four.<|im_end|>"),
        (CHATML, THOUGHT, {}, HEAD, KEPT),
        (QWEN, SAID, {}, HEAD, f"{EMPTY}Four.<|im_end|>"),
        (QWEN, SAID, {"thinking": "off"}, HEAD + EMPTY, "Four.<|im_end|>"),
        (QWEN, THOUGHT, {"thinking": "on"}, HEAD, KEPT),
        (NO_BLOCK, SAID, {}, HEAD, f"{EMPTY}Four.<|im_end|>"),
        (NO_BLOCK, SAID, {"thinking": "off"}, HEAD + EMPTY, "Four.<|im_end|>"),
        (R1, SAID, {}, f"{HEAD}<think>\n", "\n</think>\n\nFour.<|im_end|>"),
        (R1, THOUGHT, {}, f"{HEAD}<think>\n", KEPT.removeprefix("<think>\n")),
        (KEYED, THOUGHT, {}, HEAD, "<think>Two more.</think>Four.<|im_end|>"),
    ],
)
def test_a_turn_is_learned_as_it_is_generated(
    template: str, last: Message, student: dict[str, object], context: str, reply: str
) -> None:
    assert learned(template, last, **student) == (context, reply)


@pytest.mark.parametrize("template", [QWEN, NO_BLOCK])
@pytest.mark.parametrize("thinking", ["auto", "on", "off"])
def test_without_thoughts_the_tokens_are_those_of_a_prompt_that_asks_for_none(
    template: str, thinking: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    tokenizer = make_thinking_tokenizer(template)
    tokenizer.save_pretrained(folder)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    off = PromptEncoder(str(folder), "off").encode(tuple(ASKED))
    ids, mask = encode_messages(tokenizer, [*ASKED, SAID], EngineConfig.model_validate({"thinking": thinking}))
    assert ids[: len(off)] == off
    assert ids[: mask.index(True)] == PromptEncoder(str(folder), thinking).encode(tuple(ASKED))


def test_empty_thoughts_are_learned_once_in_whatever_form_the_template_writes_them() -> None:
    """Between the tags of its prompt this template has line breaks, between those of a turn that is over none."""
    template = QWEN.replace("<think>\n{{ thought.strip('\n') }}\n</think>", "<think>{{ thought }}</think>")
    assert template != QWEN
    assert learned(template, SAID) == (HEAD, f"{EMPTY}Four.<|im_end|>")


def test_thoughts_that_a_template_cannot_hold_are_refused_with_the_setting_that_helps() -> None:
    stripping = CHATML.replace("{{ m.content }}", "{{ m.content.split('</think>')[-1] }}")
    with pytest.raises(TrainingError, match=r"lacks part of the message, 'Two more\.'.*training\.thoughts: drop"):
        learned(stripping, THOUGHT)
    assert learned(stripping, SAID) == (HEAD, "Four.<|im_end|>")


def test_marks_of_thoughts_inside_a_reply_are_text() -> None:
    last: Message = {"role": "assistant", "content": "It writes </think> and <|im_end|> then."}
    _, reply = learned(QWEN, last)
    assert reply == f"{EMPTY}It writes < /think> and < |im_end|> then.<|im_end|>"


@pytest.mark.parametrize("family", [GEMMA, SILENT])
def test_a_system_turn_that_cannot_be_one_is_learned_in_the_users(family: tuple[str, ...]) -> None:
    tokenizer = make_tokenizer(*family)
    user: list[Message] = [{"role": "user", "content": "Be exact.\n\n2 and 2?"}]
    assert encode_messages(tokenizer, [*ASKED, SAID]) == encode_messages(tokenizer, [*user, SAID])
    ids, mask = encode_messages(tokenizer, [*ASKED, SAID])
    assert tokenizer.decode([i for i, learns in zip(ids, mask, strict=True) if learns]).startswith("Four.")
    assert "Be exact." in tokenizer.decode(ids[: mask.index(True)])


def test_a_template_that_refuses_a_chat_says_so_as_a_training_error() -> None:
    with pytest.raises(TrainingError, match="Roles must alternate"):
        encode_messages(make_tokenizer(*GEMMA), [ASKED[1], ASKED[1], SAID])


@pytest.mark.parametrize(
    ("last", "reply"), [(SAID, "\n</think>\n\nFour."), (THOUGHT, "Two more.\n</think>\n\nFour.")]
)
def test_thoughts_that_the_prompt_opens_are_closed_once(last: Message, reply: str) -> None:
    """DeepSeek V3.1 closes in its prompt what it is told not to think, and at the head of a turn that is over."""
    tokenizer = make_tokenizer(*DEEPSEEK)
    ids, mask = encode_messages(tokenizer, [*ASKED, last], EngineConfig(thinking="on"))
    assert tokenizer.decode(ids[: mask.index(True)]).endswith("<｜Assistant｜><think>")
    learns = tokenizer.decode([i for i, learned in zip(ids, mask, strict=True) if learned])
    assert learns == reply + "<｜end▁of▁sentence｜>"


def test_a_template_whose_marks_of_thoughts_lie_before_what_is_said_is_followed() -> None:
    tokenizer = make_tokenizer(*DEEPSEEK)
    ids, mask = encode_messages(tokenizer, [*ASKED, SAID])
    assert tokenizer.decode([i for i, learns in zip(ids, mask, strict=True) if learns]).startswith("Four.")
    assert tokenizer.decode(ids[: mask.index(True)]).endswith("<｜Assistant｜></think>")
