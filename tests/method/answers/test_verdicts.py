"""Yes, no and maybe: which of the three an answer says, and that none is taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import meaning
from dgrc.method.reading import answer_forms, read
from dgrc.method.reading.verdicts import verdict

SAID = {
    "yes": ["Yes", "yes.", "True", "Correct", "**Yes**", r"\boxed{Yes}", r"$\text{yes}$", "Yes, it is possible",
            "是", "是的。",
            "正确", "对", "对的", "属实", "可以", "是，因为合同有效。", "Yes. Perhaps it also matters that it is late"],
    "no": ["No", "no.", "False", "Incorrect", "否", "不是", "错误", "不对", "不正确", "不能", "否，合同无效。"],
    "maybe": ["Maybe", "perhaps", "Uncertain.", "Possibly", "inconclusive", "可能", "不确定", "无法确定", "也许"],
}  # fmt: skip
NEITHER = [
    "maybe yes", "Yes, maybe", "No, perhaps", "yes and no", "是不是", "是否",
    "不，是的", "正确，不对", "是，也许", "对吗",
    "", "n/a", "The contract", "合同有效", "不构成犯罪", "可能是，也可能不是",
]


@pytest.mark.parametrize(("answer", "wanted"), [(said, which) for which, rows in SAID.items() for said in rows])
def test_each_is_read_and_maybe_only_where_the_form_knows_it(answer: str, wanted: str) -> None:
    assert verdict(answer, maybe=True) == answer_forms.canonical(answer, "yes_no_maybe") == wanted
    assert answer_forms.canonical(answer, "yes_no") == (None if wanted == "maybe" else wanted)


@pytest.mark.parametrize("answer", NEITHER)
def test_what_says_neither_or_two_is_none(answer: str) -> None:
    assert verdict(answer) is None
    assert verdict(answer, maybe=True) in (None, "maybe")


@given(st.sampled_from(sorted(SAID)), st.sampled_from(sorted(SAID)), st.data())
def test_in_auto_two_are_the_same_exactly_if_they_say_the_same(one: str, other: str, data: st.DataObject) -> None:
    a, b = (data.draw(st.sampled_from([said for said in SAID[which] if said.isalpha()])) for which in (one, other))
    one_way, another = (answer_forms.canonical(said, "auto") or "" for said in (a, b))
    assert answer_forms.same(one_way, another, "auto", 0) is (one == other)
    assert meaning.same(a, b) is (one == other)


@pytest.mark.parametrize(
    ("reply", "form", "answer"),
    [
        ("Maybe. The evidence is mixed.", "yes_no_maybe", "maybe"), ("Maybe. The evidence is mixed.", "yes_no", None),
        ("Maybe.\nThe evidence is mixed.", "auto", "maybe"), ("The answer is maybe.", "yes_no_maybe", "maybe"),
        ("<answer>不确定</answer>", "yes_no_maybe", "maybe"), ("<answer>不确定</answer>", "yes_no", None),
        ("答案是：否", "yes_no", "no"), ("是。因为合同有效。", "auto", "yes"), ("答案：盗窃罪。", "auto", "盗窃罪"),
        ("【答案】盗窃罪", "auto", "盗窃罪"), ("最终答案为5天。理由如下", "auto", "5天"),
        ("<answer>盗窃罪。</answer>", "auto", "盗窃罪"),
    ],
)  # fmt: skip
def test_replies_to_questions_without_options(reply: str, form: str, answer: str | None) -> None:
    assert read(reply, (), form)[0] == answer
