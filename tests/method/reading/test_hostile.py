"""No text breaks the reading, and none takes long: 24,000 characters of what backtracking feeds on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.reading import TIERS, in_tags, read
from dgrc.method.reading.choices import split_choices
from tests.method.builders import HOSTILE, assert_no_backtracking

OPTIONS = ("Iron", "Zinc and tin", "Lead", "Both A and B")
PIECES = (
    "the answer is ", "the answer is A. ", "the answer is A.\n", "final ", "the final correct ", "answer of ",
    "answer for *",
    "answer *", "(A", "((", "A is ", "A, ", "A: ,", "A. x ", "A is correct. ", "It is A ", "choose ", "if ",
    "not iron ",
    "<answer>", "</answer>", "<answer>A</answer>", "<think>", "</think>", "<think></think>", "\\boxed{", "\\boxed{}",
    "{",
    "{}", "\\text{", "**", "_", " ", "\n", "A\n", "A. x\n", "letter: ", "word, ", "word. ", "- ", "a-", "zinc and ",
    "<b",
    "\u0301", "1.", "0,", "$", "yes ", "```", "A/", "wait ",
    'answer to the question "',
    "<|channel|>", "<|channel|>analysis<|message|>", "<|im_end|>", "\nQuestion: ", "would you like ", "analysisA",
    "assistantfinal", "| A - ", "A: correct. ", "not A but ", "#### 5\n", ", not ", "only A remains ", "A. lead ",
)  # fmt: skip
CHINESE = (
    "答案是", "答案：", "答案：A。", "选", "选A或", "故选A。", "A项", "A、", "A正确", "A、B、C", "（", "不", "最可能的",
    "而是A", "B错误，", "选项", "也可能", "、", "。", "A.甲 ",
)  # fmt: skip
SAID = (*PIECES, *CHINESE, "B", "Lead", "铅", "；", " is correct", "?", "Wait, ", "LETTER")
WORDS = st.lists(st.sampled_from(SAID), max_size=12).map("".join)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("before", ["", "The answer is ", "<answer>", "\\boxed{"])
def test_a_long_reply_takes_no_time(before: str, piece: str) -> None:
    def work(reply: str) -> None:
        read(reply, OPTIONS)
        read(reply, ())
        in_tags(f"<answer>{reply}</answer>", OPTIONS)

    assert_no_backtracking(work, piece, before)


@pytest.mark.parametrize("piece", [*CHINESE, "and ", "or A ", "also A ", "A, ", "A.", "(A) ", "B is also "])
def test_neither_do_long_lists(piece: str) -> None:
    def work(reply: str) -> None:
        for before in ("", "<answer>", "答案："):
            read(before + reply, OPTIONS, several=not before)
        split_choices(reply)

    assert_no_backtracking(work, piece)


@given(st.text() | WORDS | st.sampled_from(HOSTILE), st.sampled_from([OPTIONS, (), ("", "x"), ("A", "B")]))
def test_any_text_gives_an_option_with_its_tier_or_nothing(reply: str, choices: tuple[str, ...]) -> None:
    answer, tier = read(reply, choices)
    assert (answer is None) == (tier is None)
    assert answer is None or (tier in TIERS[:-1] and answer != "")
    assert answer is None or not choices or answer in "ABCD"[: len(choices)]
    assert (answer or "").encode() is not None


@given(st.text() | WORDS | st.sampled_from(HOSTILE), st.sampled_from([OPTIONS, (), ("", "x"), ("A", "B", "A")]))
def test_any_text_gives_a_sorted_set_or_nothing(reply: str, choices: tuple[str, ...]) -> None:
    answer, tier = read(reply, choices, several=True)
    assert (answer is None) == (tier is None)
    if answer is not None and choices:
        assert answer == "".join(sorted({*answer})) and {*answer} <= {*"ABCD"[: len(choices)]} and answer


@given(WORDS)
def test_thoughts_before_a_reply_do_not_change_what_it_says(reply: str) -> None:
    said = reply.replace("think", "thank")
    assert read(f"<think>The answer is A. <answer>A</answer></think>{said}", OPTIONS) == read(said.strip(), OPTIONS)
