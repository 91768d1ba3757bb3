"""Numbers and negations of Chinese, Japanese and Thai text become words of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.screen import content_words, decisive, words_of
from dgrc.method.text.unspaced import set_apart, without_small_words


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("三十", "30"), ("十", "10"), ("十二", "12"), ("三百一十二", "312"), ("一千二百六十", "1260"),
        ("二〇二〇", "2020"),
        ("两万", "20000"), ("三万五千", "35000"), ("一亿二千万", "120000000"), ("三万亿", "3000000000000"),
        ("3.5万", "35000"),
        ("0.05亿", "5000000"), ("3000万", "30000000"), ("壹拾贰万", "120000"), ("三点五", "3.5"), ("３０", "30"),
        ("零", "0"),
        ("百分之三十", "30 %"), ("千分之五", "5 ‰"), ("1.50万", "15000"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_digits(written: str, number: str) -> None:
    assert words_of(f"满{written}的") == ["满", *number.split(), "的"]


@pytest.mark.parametrize("text", ["统一规定", "一般情况", "一定期限", "万一", "大陆法系", "队伍", "十分严重", "一旦"])
def test_fixed_words_are_no_numbers(text: str) -> None:
    assert not any(map(str.isdigit, set_apart(text)))


@pytest.mark.parametrize(
    ("text", "negations"),
    [
        ("不得转让", ["不"]), ("未成年人", ["未"]), ("没有约定", ["没"]), ("合同无效", ["无"]), ("非法经营", ["非"]),
        ("否则解除", ["否"]), ("请勿服用", ["勿"]), ("莫要停药", ["莫"]), ("不得不履行", ["不", "不"]),
        ("是否有效", []), ("能否上诉", []), ("能不能上诉", []), ("有没有效力", []), ("当事人得转让", []),
        ("薬を飲まない", ["ない"]), ("薬を飲みません", ["ない"]), ("ผู้ป่วยไม่แพ้ยา", ["ไม"]),
    ],
)  # fmt: skip
def test_negations_decide_and_questions_deny_nothing(text: str, negations: list[str]) -> None:
    assert decisive(content_words(text)) == negations


def test_small_words_carry_no_fact() -> None:
    assert without_small_words("什么是合同的条件吗").split() == ["合同", "条件"]
    assert without_small_words("目的、标的物、吗啡、是非、为了") == "目的、标的物、吗啡、是非、为了"


@given(st.text(alphabet="一二三十百千万亿零点分之不没有未是否能的了吗壹拾3.5,ない合同", max_size=60))
def test_any_row_of_these_is_read(text: str) -> None:
    assert all(content_words(text)) and content_words(f" {text}\n") == content_words(text)


def test_long_rows_of_them_are_done_at_once() -> None:
    for sign in ("一", "十", "万", "不", "是不", "3万", "1", "点", "百分之"):
        assert words_of(sign * 5_000 + "元")
