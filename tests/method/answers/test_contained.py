"""Sentences of scripts without spaces that give an answer, and those that give another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import meaning

DRUG = "高血压合并心衰的首选药物是什么？"
SAME = [
    ("阿司匹林", "阿司匹林。", ""), ("利尿药", "首选药物是利尿药。", DRUG), ("利尿药", "答案是利尿药", ""),
    ("利尿药", "正确答案：利尿药，因为能减轻水肿", DRUG), ("原告", "举证责任由原告承担", "谁承担举证责任？"),
    ("原告", "原告承担举证责任。", "谁承担举证责任？"), ("三年", "诉讼时效期间为3年", "诉讼时效期间是多久？"),
    ("aspirin", "答案是aspirin", ""), ("ＡＣＥＩ", "首选ACEI", DRUG), ("甲", "应由甲承担", "由谁承担责任？"),
    ("甲", "是甲", ""), ("β-受体阻滞剂", "β受体阻滞剂", ""),
    ("《民法典》第1165条", "民法典第一千一百六十五条", ""), ("“善意取得”", "善意取得", ""),
    ("アスピリン", "答えはアスピリンです。", ""), ("人民法院", "由人民法院管辖。", "由哪个机关管辖？"),
]  # fmt: skip
OTHER = [
    ("胰岛素", "胰岛素抵抗", ""), ("胰岛素", "胰岛素抵抗", "胰岛素抵抗用什么治疗？"), ("甲", "甲和乙", ""),
    ("利尿药", "不是利尿药", DRUG),
    ("利尿药", "利尿药和ACEI", DRUG), ("杀人罪", "故意杀人罪", ""), ("3年", "13年", ""), ("3年", "不超过3年", ""),
    ("权", "选择权", ""),
    ("肾", "左肾", ""), ("有效", "无效", ""), ("有效", "未必有效", ""), ("甲", "除甲外", ""),
    ("利尿药", "避免利尿药", DRUG),
    ("糖尿病", "2型糖尿病", ""), ("合同", "合同解除", ""), ("承担", "不承担", ""), ("甲", "乙", ""), ("", "甲", ""),
    ("原告", "被告", "原告还是被告承担举证责任？"), ("肝炎", "病毒性肝炎", ""), ("一级", "二级", ""),
    ("有效", "有效（附条件）", ""), ("是", "是（附条件）", ""), ("可以", "可以。经同意后", "可以转租吗？"),
    ("肝", "肝。肾亦可", ""), ("原告", "原告，其次被告", ""), ("甲", "甲因乙的行为免责", ""),
    ("甲", "甲。乙也可以。", ""), ("甲", "是甲。另外还有乙。", ""), ("《民法典》第1165条", "民法典第1156条", ""),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "question"), SAME)
def test_a_sentence_that_gives_the_answer_means_it(a: str, b: str, question: str) -> None:
    assert meaning.same(a, b, question=question) and meaning.same(b, a, question=question)


@pytest.mark.parametrize(("a", "b", "question"), OTHER)
def test_in_doubt_two_answers_are_two(a: str, b: str, question: str) -> None:
    assert not meaning.same(a, b, question=question) and not meaning.same(b, a, question=question)


@given(st.text(alphabet="甲乙是不和为，。3a ", max_size=12), st.text(alphabet="甲乙是不和为，。3a ", max_size=12))
def test_it_does_not_matter_which_comes_first(a: str, b: str) -> None:
    assert meaning.same(a, b) == meaning.same(b, a)
    assert meaning.same(a, a)


def test_long_answers_are_compared_at_once() -> None:
    assert not meaning.same("甲" * 20_000, "甲" * 40_000)
    assert not meaning.same("甲", "乙" * 100_000)
    assert not meaning.same("是否" * 50_000, "是否" * 50_000 + "甲")
    assert not meaning.same("甲", "请问什么" * 25_000)
