"""Atoms that give their own answer away, as small models wrote them, and such as say how to answer."""

import json

import pytest

from dgrc.method import diagnose
from dgrc.method.prompts import load_pack
from dgrc.method.text.giving import gives_answer

GIVING = [
    "How many mg does a patient take who swallows 8 tablets of 15 mg? 120 mg.",
    "Which date is the last day? Give the date as YYYY-MM-DD. 2017-03-01.",
    "How many dollars of support are owed? 4,680 dollars",
    "How many dollars of support are owed? (780 dollars)",
    "Is a minor bound by the contract? Yes.",
    "Is a minor bound by the contract? No",
    "What is the first-line drug for gout? Answer: colchicine",
    "What is the first-line drug for gout? The correct answer is colchicine.",
    "How many days is that? = 30 days",
    "How many mg does a patient take who swallows 8 tablets of 15 mg? That is 120 mg.",
    "Is a minor bound by the contract? Yes, a minor is bound.",
    "Is a minor bound by the contract? No - the contract is void.",
    "21.6g × 1000 = 21600mg. How many mg is that?",
    "The total is 8 x 80 = 640 dollars. How many dollars is the fine?",
    "未成年人签订的合同是否有效？不是，合同无效。",
    "诉讼时效是几年？答：三年",
    "通知期一共是多少天？90天。",
    "未成年人签订的合同是否有效？否",
    "诉讼时效是几年？答案：三年",
]
ASKING = [
    "How many mg does a patient take who swallows 8 tablets of 15 mg?",
    "Which date is 5 days after 2017-02-24? Give the date as YYYY-MM-DD.",
    "A tablet has 15 mg. How many mg are 8 tablets? Round to whole mg.",
    "One dose is 5 mg x 3 = 15 mg. How many mg are given in 2 days?",
    "The clearance is CL = 10 mL/min. How many hours is the half-life?",
    "He works 2 + 3 = 5 hours. How many dollars does he earn?",
    "How many mL per hour is that? Answer in mL per hour.",
    "Which of these is larger? 5 mg or 3 mg",
    "Is that enough? There is a notice of 30 days in the lease.",
    "How many days is that? No day is counted twice.",
    "What is the limitation period for debts? Assume that the law is that of 2020.",
    "Is a notice of 30 days enough? The lease asks for 60 days.",
    "民法典规定的诉讼时效是几年？请用阿拉伯数字回答。",
    "Name the drug of first choice for gout.",
    "What is the answer to a claim called in civil procedure?",
]


@pytest.mark.parametrize("atom", GIVING)
def test_a_question_with_its_answer_is_found(atom: str) -> None:
    assert gives_answer(atom)


@pytest.mark.parametrize("atom", ASKING)
def test_a_question_that_says_how_to_answer_stands(atom: str) -> None:
    assert not gives_answer(atom)


@pytest.mark.parametrize("pack", ["general", "medical", "legal", "legal_zh", "medical_zh"])
def test_such_an_atom_is_refused_with_its_reason(pack: str) -> None:
    atom, good = GIVING[0], ASKING[0]
    kept, refused, _ = diagnose.parse_reply(load_pack(pack), json.dumps({"questions": [atom, good]}), [atom])
    assert kept == (good,) and [(r.text, r.reason) for r in refused] == [(atom, "gives_answer")]
