"""Options as they come: with letters before them, inside a paragraph, in Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.reading import in_tags
from dgrc.method.reading.choices import label_of, split_choices, unlettered
from dgrc.method.reading.options import letter
from tests.method.builders import HOSTILE


@pytest.mark.parametrize(
    ("choices", "bare"),
    [
        (("A. x", "B. y"), ("x", "y")), (("(A) x", "(B) y"), ("x", "y")), (("A) x", "B) y"), ("x", "y")),
        (("A: x", "B: y"), ("x", "y")), (("a) x", "b) y"), ("x", "y")), (("A．甲", "B．乙"), ("甲", "乙")),
        (("A、甲", "B、乙"), ("甲", "乙")), (("Ａ．甲", "Ｂ．乙"), ("甲", "乙")),
        (("（A）甲", "（B）乙"), ("甲", "乙")),
        (("【A】甲", "【B】乙"), ("甲", "乙")), (("A.甲", "B.乙"), ("甲", "乙")), (("A：甲", "B：乙"), ("甲", "乙")),
        (("A x", "B y", "C z"), ("x", "y", "z")), (("A. A. x", "B. B. y"), ("A. x", "B. y")),
        (("A. x\ny", "B. z"), ("x\ny", "z")),
    ],
)  # fmt: skip
def test_letters_that_all_options_bring_are_taken_off_once(choices: tuple[str, ...], bare: tuple[str, ...]) -> None:
    assert unlettered(choices) == bare


@pytest.mark.parametrize(
    "choices",
    [
        ("A. x", "C. y"), ("A. x", "B) y"), ("A. x", "y"), ("x", "B. y"), ("B. x", "A. y"), ("A", "B"), ("A. x",), (),
        ("A x", "B y"), ("A. x", "b. y"), ("A.1", "B.2"), ("A.", "B."), ("AB. x", "B. y"), ("1. x", "2. y"),
        ("Aspirin", "Bosentan", "Cocaine"),
    ],
)
def test_in_doubt_options_stay_as_they_are(choices: tuple[str, ...]) -> None:
    assert unlettered(choices) == choices


TEXTS = st.from_regex(r"[a-z甲乙丙][a-z 甲乙丙]{0,6}[a-z甲乙丙]", fullmatch=True)
STYLES = ("{}. {}", "({}) {}", "{}) {}", "{}、{}", "{}．{}", "（{}）{}", "{}: {}", "{} {}")


@given(st.lists(TEXTS, min_size=3, max_size=26), st.sampled_from(STYLES))
def test_any_style_is_taken_off(texts: list[str], style: str) -> None:
    assert unlettered([style.format(letter(n), text) for n, text in enumerate(texts)]) == tuple(texts)


@pytest.mark.parametrize(
    ("text", "stem", "options"),
    [
        ("哪项正确？\nA．甲\nB．乙", "哪项正确？", ("甲", "乙")),
        ("哪项正确？\nA、甲\nB、乙", "哪项正确？", ("甲", "乙")),
        ("哪项正确？\nA.甲\nB.乙", "哪项正确？", ("甲", "乙")),
        ("哪项？\nA：甲\nB：乙\nC：丙", "哪项？", ("甲", "乙", "丙")),
        ("哪项？\n（A）甲\n（B）乙", "哪项？", ("甲", "乙")),
        ("哪项？\nＡ．甲\nＢ．乙", "哪项？", ("甲", "乙")),
        ("哪项？A.甲 B.乙 C.丙 D.丁", "哪项？", ("甲", "乙", "丙", "丁")),
        ("哪项？A:甲;B:乙;C:丙;D:丁。", "哪项？", ("甲", "乙", "丙", "丁")),
        ("哪项？A：甲；B：乙；C：丙。", "哪项？", ("甲", "乙", "丙")),
        ("属于物权的是A.甲权B.乙权C.丙权", "属于物权的是", ("甲权", "乙权", "丙权")),
        ("哪项？\nA.甲 B.乙\nC.丙 D.丁", "哪项？", ("甲", "乙", "丙", "丁")),
        ("哪项？（A）甲（B）乙（C）丙", "哪项？", ("甲", "乙", "丙")),
        ("哪项？A、甲 B、乙 C、丙", "哪项？", ("甲", "乙", "丙")),
        ("哪项？\nA．甲\nB．乙\n请选出正确答案。", "哪项？", ("甲", "乙")),
        ("哪项？\nA．甲\nB．乙\n答案：", "哪项？", ("甲", "乙")),
        ("What now? (A) Guilty. (B) Free. (C) Both.", "What now?", ("Guilty.", "Free.", "Both.")),
        ("Which holds? A. one B. two C. three", "Which holds?", ("one", "two", "three")),
        ("Which? (A) p (B) q (C) both (A) and (B) (D) none", "Which?", ("p", "q", "both (A) and (B)", "none")),
        ("Which? (A) p (B) q (C) r (D) all of (A), (B) and (C)", "Which?", ("p", "q", "r", "all of (A), (B) and (C)")),
        ("Of (A) and (B), which? (A) p (B) q (C) r", "Of (A) and (B), which?", ("p", "q", "r")),
        ("Which?\nA. Iron B. Zinc\nC. Lead D. Tin", "Which?", ("Iron", "Zinc", "Lead", "Tin")),
    ],
)  # fmt: skip
def test_options_inside_a_paragraph_and_in_chinese(text: str, stem: str, options: tuple[str, ...]) -> None:
    assert split_choices(text) == (stem, options)


@pytest.mark.parametrize(
    "text",
    [
        "甲与A公司、B公司、C公司签订合同。谁承担责任？", "甲与A、乙与B、丙与C、分别签订合同，谁负责？",
        "The act requires (A) notice, (B) consent, and (C) payment. Which was missing?",
        "A. Smith, B. Jones and C. Brown sued. Who won?", "Smith sued A. Jones, B. Kay, and C. Lee?",
        "J. A. Smith met B. Jones and C. Brown?", "维生素A、B、C中，哪项是脂溶性的？", "哪项？A.甲 B.乙",
        "A.甲 B.乙 C.丙", "See 5 U.S.C. 552(b)(A), (B) and (C): who?", "按照第A条、第B条、第C条，谁负责？",
        "Which? Under (A) x, (B) y and (C) z the court held. What now?", "Which?\nA: Hello.\nB: Hi.",
        "Which? (A) p (C) q (D) r", "Which? (A) p B. q (C) r", "哪项？A.甲 B.乙 D.丙",
    ],
)  # fmt: skip
def test_lists_in_prose_and_names_are_no_options(text: str) -> None:
    assert split_choices(text) == (text, ())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_holds_no_options(text: str) -> None:
    assert split_choices(text) == (text, ())
    assert unlettered([text, text]) == (text, text)


@given(st.text(alphabet="AB.)(:、．Ｃ甲 \nxy?;"))
def test_splitting_never_raises_and_loses_no_word(text: str) -> None:
    stem, options = split_choices(text)
    assert (stem, options) == (text, ()) or len(options) >= 2
    for sign in "xy甲":
        assert sum(part.count(sign) for part in (stem, *options)) == text.count(sign)


@given(st.lists(st.sampled_from(["A", "B", "C", "D", "a", "bc", "x"]), min_size=2, max_size=6), st.data())
def test_what_names_an_option_is_read_as_that_option(choices: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(choices) - 1))
    label = label_of(index, choices)
    assert in_tags(f"<answer>{label}</answer>", choices) == letter(choices.index(choices[index]))
