"""Where a model's turn ends, what its channels are, and what it only offers."""

import random

import pytest

from dgrc.method.reading import read
from dgrc.method.sample import to_chain
from dgrc.method.text import turns
from dgrc.method.text.turns import before_next, own_turn, with_channels, without_offer

DRUGS = ("Metoprolol", "Lisinopril", "Amlodipine", "Hydrochlorothiazide")
CHANNELS = "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b"


@pytest.mark.parametrize(
    ("reply", "own"),
    [
        ("b", "b"), ("b<|im_end|>\nc", "b"), ("b</s>", "b"), ("<s>b</s> c", "<s>b</s> c"),
        (CHANNELS, "<think>a</think>b"),
        (f"{CHANNELS}<|return|>", "<think>a</think>b"), ("<|channel|>analysis<|message|>a", "<think>a"),
        ("<|channel|>final<|message|>b", "b"), ("analysisWe a.assistantfinalB", "<think>We a.</think>B"),
        ("analysis of a", "analysis of a"), ("<|im_start|>assistant\nb<|im_end|>", "b"),
        ("b<start_of_turn>user\nc", "b"), ("<|eot_id|>", "<|eot_id|>"),
    ],
)  # fmt: skip
def test_a_reply_ends_with_its_turn(reply: str, own: str) -> None:
    assert own_turn(with_channels(reply)) == own


def test_channels_are_the_thoughts_of_a_chain() -> None:
    reply = CHANNELS.replace("<|message|>a", "<|message|>The answer is A.").replace("|>b", "|>B")
    chain = to_chain(reply, "stop", 9, DRUGS)
    assert (chain.thoughts, chain.text, chain.answer) == ("The answer is A.", "B", "B")


def test_a_next_question_is_not_answered() -> None:
    text = "D\n\nQuestion: which causes cough?\nAnswer: B"
    assert before_next(text) == "D\n" and before_next("Question: which?\nAnswer: B") is None
    assert read(text, DRUGS) == ("D", "line")
    assert read("He takes metoprolol.\n\nQuestion: what next?\nAnswer: C", DRUGS) == ("C", "phrase")


@pytest.mark.parametrize("offer", [" Would you like me to compare A and C?", "\n\nLet me know if you want (A)."])
def test_an_offer_names_no_answer(offer: str) -> None:
    assert without_offer(f"It is B.{offer}") == "It is B."
    assert without_offer("Would B like it? It is C.") == "Would B like it? It is C."


PIECES = (
    "Let me know", " if you need", "Would you like", "feel free", "shall I", "请问您是否需要我", "如果你需要", "\n",
    "\n\n", " ", "  ", "\u2028", ".", "!", "?", "*", ")", "。", "！", "The answer is B", "y" * 290, "z" * 310,
    "q" * 1990,
)  # fmt: skip


def test_an_offer_is_found_wherever_a_search_through_all_of_the_text_finds_it() -> None:
    drawn, cut = random.Random(0), 0
    for _ in range(3000):
        text = "".join(drawn.choices(PIECES, k=drawn.randint(1, 8)))
        whole = text[:-2000] + turns._OFFER.sub("", text[-2000:])
        assert without_offer(text) == whole, repr(text)
        cut += whole != text
    assert cut > 300
