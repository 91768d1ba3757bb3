"""Replies in English and Chinese, written by hand in the manner of current models, held against what they answer.

`replies.tsv` has a row a reply: when it was written (`built`: beside the code; `first` to `fifth`: lists written
after it, each after the one before had shown faults), whose options it chooses from, whether one or several may be
right, the answer (`-` where none is given beyond doubt) and the reply with its line breaks as `\\n`.
"""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.reading import in_tags, read
from dgrc.method.reading.marks import plain

OPTIONS = {
    "law": ("甲公司应当承担违约责任", "乙公司有权解除合同", "该合同无效", "丙应当承担连带责任"),
    "medicine": ("胃溃疡", "急性胰腺炎", "胆囊结石", "肾上腺素瘤"),
    "drugs": ("Aspirin", "Vancomycin", "Cost", "PDGF"),
}
LINES = (Path(__file__).parent / "replies.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [line.split("\t") for line in LINES]


@pytest.mark.parametrize(("half", "options", "kind", "answer", "reply"), ROWS)
def test_a_reply_is_read_as_a_careful_reader_reads_it(
    half: str, options: str, kind: str, answer: str, reply: str
) -> None:
    said, tier = read(reply.replace("\\n", "\n"), OPTIONS[options], several=kind == "several")
    assert said == (None if answer == "-" else answer)
    assert (said is None) == (tier is None)


def test_there_are_enough_rows_of_each_kind() -> None:
    kinds = {(kind, answer != "-") for _, _, kind, answer, _ in ROWS}
    assert kinds == {("one", True), ("one", False), ("several", True), ("several", False)}
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in reply) for *_, reply in ROWS) >= 150
    assert len(ROWS) >= 400


LEADS = (
    "{}", "<answer>{}</answer>", "\\boxed{{{}}}", "答案：{}", "故选{}。",
    "The correct answers are {}.", "**Answer:** {}",
)
JOINS = ("", " ", ",", ", ", "、", "，", "；", ";", "/", " and ", "和", " & ")
SETS = st.lists(st.sampled_from("ABCD"), min_size=1, max_size=4, unique=True)


@given(SETS, st.sampled_from(JOINS), st.sampled_from(LEADS), st.sampled_from(sorted(OPTIONS)))
def test_neither_order_nor_separators_make_another_set(said: list[str], join: str, lead: str, options: str) -> None:
    reply = lead.format(join.join(said))
    assert read(reply, OPTIONS[options], several=True)[0] == "".join(sorted(said))
    if len(said) > 1:
        assert read(reply, OPTIONS[options])[0] is None, "two answers, where one is right, are none"


@given(SETS, st.sampled_from(("; ", "\n", "；", ", ")), st.booleans(), st.sampled_from(sorted(OPTIONS)))
def test_a_set_may_be_given_by_its_texts(said: list[str], join: str, lettered: bool, options: str) -> None:
    texts = [f"{name}. " * lettered + OPTIONS[options]["ABCD".index(name)] for name in said]
    wanted = "".join(sorted(said))
    assert in_tags(f"<answer>{join.join(texts)}</answer>", OPTIONS[options], several=True) == wanted


@given(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.sampled_from(sorted(OPTIONS)))
def test_alternatives_are_no_answer(one: str, other: str, options: str) -> None:
    for join in (" or ", "或", "或者", ", or maybe ", "，也可能是"):
        for several in (False, True):
            said, _ = read(f"<answer>{one}{join}{other}</answer>", OPTIONS[options], several=several)
            assert said is None or one == other


@pytest.mark.parametrize(
    ("choices", "said", "answer"),
    [
        (("是", "否"), "答案：否", "B"), (("正确", "错误"), "错误", "B"), (("正确", "错误"), "答案：不正确", None),
        (("True", "False"), "The answer is False.", "B"), (("yes", "no", "maybe"), "The answer is maybe.", "C"),
        (("yes", "no", "maybe"), "yes or maybe", None), (("A型血", "AB型血", "B型血"), "答案是B型血", "C"),
        (("肾上腺素", "阿托品"), "应给予去甲肾上腺素。", None), (("肾上腺素", "阿托品"), "应首选肾上腺素。", "A"),
        (("乙肝", "甲肝"), "选 B 超检查。", None), (("甲", "乙", "甲"), "C", "A"),
        (("甲", "乙", "甲"), "答案：甲", "A"),
    ],
)  # fmt: skip
def test_options_of_other_kinds(choices: tuple[str, ...], said: str, answer: str | None) -> None:
    assert read(said, choices)[0] == answer


def test_options_that_are_one_text_are_one_in_a_set() -> None:
    assert read("<answer>A, C, B</answer>", ("x", "y", "x"), several=True)[0] == "AB"


def test_more_options_than_letters_have_no_sets() -> None:
    many = [f"option {number} x" for number in range(27)]
    assert read("<answer>AB</answer>", many, several=True) == (None, None)
    assert read("<answer>AB</answer>", [*many, "y"], several=False) == ("AB", "tag")


@pytest.mark.parametrize(
    ("text", "as_read"),
    [
        ("答案：Ｂ。", "答案: B. "), ("选项B正确", " B 正确"), ("Ｂ项", "B "), ("（Ａ）甲", " (A) 甲"), ("B超", "B超"),
        ("plain text: B项", "plain text: B "), ("“B”", "“B”"), ("A项目", "A项目"),
    ],
)  # fmt: skip
def test_marks_are_read_in_one_spelling(text: str, as_read: str) -> None:
    assert plain(text) == as_read


@given(st.text())
def test_ascii_stays_as_it_is(text: str) -> None:
    ascii_ = text.encode("ascii", "ignore").decode()
    assert plain(ascii_) == ascii_


TWO = (
    ("A", "C"), ("(A)", "(C)"), ("**A**", "**C**"), ("option A", "option C"), ("$A$", "$C$"), ("A项", "C项"),
    ("选项A", "选项C"), ("（A）", "（C）"), ("Ａ", "Ｃ"),
)  # fmt: skip
JOINED = (
    " and ", " or ", ", ", "/", " & ", " as well as ", ", or maybe ", " and possibly ", ". Or ", " or else ", " + ",
    " and/or ", ", but also ", ", otherwise ", " versus ", "和", "或者", "、", "；",
    "，也可能是", "，也可以选", "，另外还有", "，同时", "还是", "并且", "，再加上",
)  # fmt: skip
SAYINGS = (
    "{}", "<answer>{}</answer>", "<answer>{}", "The answer is {}.", "**Answer:** {}", "\\boxed{{{}}}", "I choose {}.",
    "Either {}", "The correct answer is {}, because of the facts.", "Both {} are correct.",
    "答案：{}", "答案是{}。", "故选{}。", "【答案】{}", "[正确答案]{}<eoa>", "本题选{}，理由如上。",
)  # fmt: skip


@pytest.mark.parametrize("join", JOINED)
def test_where_one_is_right_two_are_none_whatever_joins_them(join: str) -> None:
    for saying, options in itertools.product(SAYINGS, OPTIONS.values()):
        for one, other in (*TWO, (options[0], options[2])):
            assert read(saying.format(one + join + other), options)[0] is None, (saying, one, other)
