"""Which answers mean the same, and what repeated answers agree on."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import meaning
from tests.method.builders import HOSTILE

SAME = [
    ("Antiviral drugs are used to treat it.", "Antiviral drug"), ("5 mg", "5 milligrams"), ("5 km", "5000 m"),
    ("Yes", "yes."), ("yes", "True"), ("The Supreme Court", "the supreme court."), ("antivirals", "antiviral"),
    ("the plaintiff", "The plaintiff, who bears it"), ("1,000", "1000.0"), ("therapies", "therapy"), ("5 %", "0.05"),
    ("4th Amendment", "The Fourth Amendment"), ("20th Amendment", "twentieth amendment"), ("Type II", "type 2"),
    ("Article III", "Article 3"), ("Factor VIII", "factor 8"), ("HbA1c ≥ 6.5 %", "HbA1c >= 6.5%"),
]  # fmt: skip
OTHER = [
    ("the left atrium", "the right atrium"), ("5 mg", "5 g"), ("3 days", "5 days"), ("type 1 diabetes",
    "type 2 diabetes"),
    ("diabetes", "type 2 diabetes"), ("liable", "not liable"), ("a duty", "no duty"), ("with consent",
    "without consent"),
    ("aspirin", "aspirin and clopidogrel"), ("aspirin", "aspirin or ibuprofen"), ("yes", "no"),
    ("yes", "yes, unless it is waived"), ("yes", "yes, if it is in writing"), ("yes", "only in Ohio"),
    ("increases", "decreases"), ("before trial", "after trial"), ("hyperkalemia", "hypokalemia"), ("A", "B"),
    ("increased", "rarely increased"), ("federal court", "state court"), ("at least 5 years", "at most 5 years"),
    ("aspirin", "avoid aspirin"), ("aspirin", "aspirin with clopidogrel"), ("aspirin", "aspirin, clopidogrel"),
    ("aspirin", "aspirin allergy"), ("the defendant", "the defendant's employer"), ("murder", "attempted murder"),
    ("insulin", "insulin resistance"), ("calcium", "loss of calcium"), ("contract", "breach of contract"),
    ("5 mg", "up to 5 mg"), ("kidney", "left kidney"), ("negligence", "negligence per se"),
    ("aspirin", "aspirin in children"), ("drug", "antiviral drug"), ("yes", "no, unless it is waived"),
    ("scurvy", "Vitamin C is what the scurvy virus lacks, which causes scurvy"),
    ("5", "5 %"), ("5 mW", "5 MW"), ("5 mW", "The power is 5 MW."), ("120/80", "150/100"), ("$1.5m", "$1.5bn"),
    ("10 mg IV", "10 mcg IV"), ("5 mg", "5 mg twice daily"), ("3rd Circuit", "3 rods"),
    ("4th Amendment", "Fifth Amendment"), ("4th Amendment", "Amendment"), ("14th Amendment", "4th Amendment"),
    ("Type II", "type 3"), ("Type I", "Type II"), ("Factor IX", "Factor XI"), ("grade IV-V", "grade 4"),
    ("aspirin", "Aspirin is contraindicated."), ("aspirin", "Aspirin is wrong."), ("HbA1c ≥ 6.5 %", "HbA1c > 6.5 %"),
    ("aspirin", "Aspirin. However, clopidogrel is preferred."), ("aspirin", "Aspirin. Clopidogrel is also right."),
    ("thyroid", "parathyroid"), ("axis", "axi"), ("", "aspirin"), ("the", "of"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SAME)
def test_wordings_of_one_answer(a: str, b: str) -> None:
    assert meaning.same(a, b) and meaning.same(b, a)
    assert meaning.group([a, b], "auto", 0.0) == [[a, b]]


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_in_doubt_two_answers_are_two(a: str, b: str) -> None:
    assert not meaning.same(a, b) and not meaning.same(b, a)
    assert meaning.group([a, b], "auto", 0.0) == [[a], [b]]


@pytest.mark.parametrize(
    ("short", "long", "question", "alike"),
    [
        ("liver", "The liver is spared.", "Which organ is affected?", False),
        ("aspirin", "Aspirin was replaced by clopidogrel.", "Which drug is used?", False),
        ("the plaintiff", "The plaintiff is the losing party.", "Who wins the case?", False),
        ("liver", "The liver is the organ that is affected.", "Which organ is affected?", True),
        ("aspirin", "Aspirin is used, because it is cheap.", "Which drug is used?", True),
    ],
)
def test_what_is_said_of_an_answer_must_be_what_was_asked(short: str, long: str, question: str, alike: bool) -> None:
    assert meaning.same(short, long, question=question) == meaning.same(long, short, question=question) == alike


def test_answers_of_one_form_are_grouped_by_value() -> None:
    said = ["5 kilometer", "5000 meter", "6 kilometer", "5.04 kilometer"]
    assert meaning.group(said, "number", 0.01) == [["5 kilometer", "5000 meter", "5.04 kilometer"], ["6 kilometer"]]
    assert meaning.group(said, "number", 0.0) == [["5 kilometer", "5000 meter"], ["6 kilometer"], ["5.04 kilometer"]]
    assert meaning.group(said, "text", 0.5) == [[answer] for answer in said]
    assert meaning.group(["court", "the high court"], "number", 0.0) == [["court"], ["the high court"]]


def test_a_group_does_not_drift() -> None:
    """What two answers both lie in does not make them the same."""
    aspirin, safe, cheap = "aspirin", "aspirin, because it is safe", "aspirin, because it is cheap"
    assert meaning.same(aspirin, safe) and meaning.same(aspirin, cheap) and not meaning.same(safe, cheap)
    assert meaning.group([aspirin, safe, cheap], "auto", 0.0) == [[aspirin, safe], [cheap]]
    for order in itertools.permutations((aspirin, safe, cheap)):
        assert {*map(frozenset, meaning.group(order, "auto", 0.0))} == {frozenset((aspirin, safe)), frozenset((cheap,))}


@pytest.mark.parametrize(
    ("question", "a", "b"),
    [
        ("What is the antidote for paracetamol overdose?", "acetylcysteine",
         "The antidote for paracetamol overdose is acetylcysteine (NAC)."),
        ("Who bears the burden of proof?", "the plaintiff", "The plaintiff bears the burden of proof."),
        ("What limits the rate of cholesterol synthesis?", "HMG-CoA reductase", "It is limited by HMG-CoA reductase."),
        ("Where does alpha fetoprotein come from in the body?", "In the body it comes from the liver.",
         "Alpha fetoprotein comes from the liver, where it is made."),
        ("What percentage recovers?", "5", "5 %"), ("How many days is it open?", "14", "2 weeks"),
        ("Is a contract for land to be in writing?", "Yes", "Yes, a contract for land is to be in writing."),
    ],
)  # fmt: skip
def test_the_words_of_the_question_say_nothing_new(question: str, a: str, b: str) -> None:
    assert meaning.same(a, b, question=question) and meaning.same(b, a, question=question)


@pytest.mark.parametrize(
    ("answers", "index", "share"),
    [
        (["5", "6", "6.0"], 1, 2 / 3), (["Crown", "crown.", None, None], 0, 0.5), (["a", "b"], 0, 0.5),
        ([None, None], None, 0.0), ([], None, 0.0), ([None, "b", "a", "a"], 2, 0.5),
        (["Antiviral drugs, which treat it", "antiviral drug", "antiviral drug", "aspirin"], 1, 0.75),
        (["aspirin", "aspirin and heparin", "heparin"], 0, 1 / 3),
    ],
)  # fmt: skip
def test_agreement_counts_unreadable_answers_and_the_most_frequent_wording_speaks(
    answers: list[str | None], index: int | None, share: float
) -> None:
    groups = meaning.group([answer for answer in answers if answer is not None], "auto", 0.0)
    assert meaning.agreement(answers, groups)[0] == index
    assert meaning.agreement(answers, groups)[1] == pytest.approx(share)


@given(st.text(), st.text() | st.sampled_from(HOSTILE[:4]))
def test_sameness_is_mutual_and_never_raises(a: str, b: str) -> None:
    assert meaning.same(a, a) and meaning.same(a, b) == meaning.same(b, a)


WORDINGS = [a for pair in (*SAME, *OTHER) for a in pair]


@given(st.lists(st.sampled_from(WORDINGS), max_size=8), st.sampled_from(("auto", "number")), st.randoms())
def test_groups_hold_each_answer_once_and_do_not_depend_on_the_order(
    answers: list[str], form: str, rng: random.Random
) -> None:
    groups = meaning.group(answers, form, 0.0)
    assert sorted(answer for members in groups for answer in members) == sorted({*answers})
    assert all(meaning.same(a, b, form) for members in groups for a in members for b in members)
    assert [members[0] for members in groups] == [a for a in dict.fromkeys(answers) if a in {m[0] for m in groups}]
    rng.shuffle(answers)
    assert {frozenset(members) for members in meaning.group(answers, form, 0.0)} == {*map(frozenset, groups)}


def test_long_answers_of_one_word_are_compared_at_once() -> None:
    assert not meaning.same("<answer>" * 12_500, "<answer>" * 12_500 + " x")
    assert not meaning.same("ab " * 16_000, "ab " * 33_000)
    assert meaning.same("liver", "liver body " + "in the " * 20_000, question="body")


@pytest.mark.parametrize(
    ("long", "question", "same"),
    [
        ("Aspirin is a drug that is given after infarction", "Which drug is given after infarction?", True),
        ("Aspirin is a drug that is not given after infarction", "Which drug is given after infarction?", False),
        ("Aspirin is a drug that is avoided after infarction", "Which drug is given after infarction?", False),
        ("Aspirin is a salicylate", "Which drug is given after infarction?", False),
        ("Aspirin is stopped first", "Which drug is given after infarction?", False),
    ],
)
def test_what_the_answer_is_explains_it_only_in_words_of_the_question(long: str, question: str, same: bool) -> None:
    assert meaning.same("Aspirin", long, question=question) is meaning.same(long, "Aspirin", question=question) is same


@pytest.mark.parametrize(("a", "b", "alike"), [
    ("应当", "应该", True), ("不应当", "不应该。", True), ("应当", "可以", False), ("不能", "不应当", False),
    ("应当", "是", True),
])  # fmt: skip
def test_modal_verbs_are_two_rules_of_law(a: str, b: str, alike: bool) -> None:
    assert meaning.same(a, b) is alike and meaning.same(b, a) is alike
