"""Answers to open questions in Chinese, behind the leads that models write before them."""

import pytest

from dgrc.method.reading import read


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("依照规定计算。\n综上，答案：三年", "三年"), ("答案：三年", "三年"), ("**答案**：三年", "三年"),
        ("答案：\n三年", "三年"),
        ("时效期间届满。答案是三年。", "三年"), ("本题的答案为三年。理由如下：期间已过。", "三年"),
        ("正确答案应为二十年；", "二十年"),
        ("最终答案应该是：合同无效。", "合同无效"), ("先前的答案是一年，但是期间中断。最后的答案是三年。", "三年"),
        ("结论：构成善意取得！", "构成善意取得"), ("The answer is: 三年。", "三年"),
    ],
)  # fmt: skip
def test_the_last_lead_has_the_answer(reply: str, answer: str) -> None:
    assert read(reply, ()) == (answer, "phrase")


@pytest.mark.parametrize(
    "reply",
    [
        "推理如下。\n答案是根据民法典的规定得出的，\n", "推理如下。\n答案：答案",
        "推理如下。\n答案不是三年\n也不是一年", "推理。\n我不知道答案\n",
        "推理。\n结论：合同无效，理由是违反强制性规定，且一方明知仍签订，故不能主张履行利益的赔偿，也不能主张返还已付的价款",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_not_read_as_one(reply: str) -> None:
    assert read(reply, ()) == (None, None)


def test_long_rows_of_leads_take_no_time_and_say_nothing() -> None:
    for row in ("答案是" * 40_000, "答案：" * 40_000, "正确的" * 40_000, "最终" * 50_000 + "答案", "答案*" * 40_000):
        assert read(row + "\n" + row, ())[0] is None
