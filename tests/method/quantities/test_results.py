"""Answers that show their working, and answers for the period that the question names."""

import pytest

from dgrc.method import meaning
from dgrc.method.quantities.results import named_value, without_working

DAILY = "A patient of 70 kg gets 4 mg per kg, 3 times a day. How many mg does the patient get in one day?"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("70 * 4 * 3 = 840 mg", "840 mg"), ("the patient gets 70 * 4 * 3 = 840 mg in one day",
         "the patient gets 840 mg in one day"), ("1 mg \u00d7 70 kg = 70 mg", "70 mg"),
        ("70 kg * 4 mg/kg * 3 = 840 mg", "840 mg"), (r"\(70 \times 4 \times 3 = 840\) mg", "840 mg"),
        ("(70 kg \u00d7 4 mg/kg) x 3 = 280 mg \u00d7 3 = 840 mg", "840 mg"), ("$500 + 3 * $20 = $560", "$560"),
        ("12\u4e5825=300\u6beb\u514b", "300\u6beb\u514b"), ("10% * 200 = 20 kg", "20 kg"),
        ("840 mg = 0.84 g", "840 mg = 0.84 g"), ("5 + x = 10", "5 + x = 10"), ("2024-03-01", "2024-03-01"),
        ("a: x = 3, y = 4", "a: x = 3, y = 4"), ("3 * 4 = twelve", "3 * 4 = twelve"), ("3 * 4 =", "3 * 4 ="),
        ("3 * = 4", "3 * = 4"), ("", ""), ("1 + " * 200 + "1 = 5", "1 + " * 200 + "1 = 5"),
    ],
)  # fmt: skip
def test_the_result_stands_in_the_place_of_a_calculation(answer: str, said: str) -> None:
    assert without_working(answer) == said


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("total dose = 840 mg", "840 mg"), ("x = 840", "840"), ("pH = 7.4", "7.4"), ("Dose (daily) = 5 mg", "5 mg"),
        ("840 mg = 0.84 g", None), ("x = y = 3", None), ("= 3", None), ("5x = 10", None), ("840 mg", None),
    ],
)  # fmt: skip
def test_a_name_before_a_value_says_the_value(answer: str, value: str | None) -> None:
    assert named_value(answer) == value


@pytest.mark.parametrize(
    "answer",
    [
        "70 * 4 * 3 = 840 mg", "the patient gets 70 * 4 * 3 = 840 mg in one day", "total dose = 840 mg", "x = 840",
        r"\text{Total} = 840 \, \text{mg}", "dose = 70 * 12 = 840 mg", "70 * 4 * 3 = 840", "840 mg/day", "840 mg daily",
        "840 mg a day",
    ],
)  # fmt: skip
def test_answers_that_say_840_mg(answer: str) -> None:
    assert meaning.same("840 mg", answer, question=DAILY)
    assert meaning.same(answer, "840 mg", question=DAILY)


@pytest.mark.parametrize(
    "answer",
    ["70 * 4 * 3 = 850 mg", "840 * 2 = 1680 mg", "840 mg = 0.94 g", "840 mg/hour", "840 mg/kg", "840 + x = 900",
     "840 mg = dose of 70 kg", "840 mg twice a day", "840 g/day"],
)  # fmt: skip
def test_answers_that_do_not(answer: str) -> None:
    assert not meaning.same("840 mg", answer, question=DAILY)


@pytest.mark.parametrize(
    ("question", "one", "other", "alike"),
    [
        ("How many mL per hour does it run?", "25 mL/h", "25 mL", True),
        ("How many mL per hour does it run?", "25 mL/h", "25 mL/min", False),
        ("How many drops per minute must fall?", "20 drops per minute", "20 drops", True),
        ("How many drops per minute must fall?", "20 drops per minute", "20 drops/hour", False),
        ("How many mg does he get in 3 days?", "840 mg", "840 mg/day", False),
        ("How many mg does a patient get who takes 5 tablets a day for 3 days?", "840 mg", "840 mg/day", False),
        ("How many mg does she get each day over 3 days?", "840 mg", "840 mg/day", False),
        ("How many mg is each dose?", "840 mg", "840 mg/day", False),
        ("How many mg are given daily?", "840 mg", "840 mg/day", True),
        ("\u6bcf\u5929\u5171\u9700\u591a\u5c11\u6beb\u514b\uff1f", "840\u6beb\u514b", "840 mg/day", True),
        ("\u6bcf\u5c0f\u65f6\u5e94\u6ef4\u5165\u591a\u5c11\u6beb\u5347\uff1f", "25\u6beb\u5347",
         "25\u6beb\u5347/\u5206", False),
    ],
)  # fmt: skip
def test_a_period_that_the_question_names_need_not_be_said(question: str, one: str, other: str, alike: bool) -> None:
    assert meaning.same(one, other, question=question) is alike
    assert meaning.same(other, one, question=question) is alike
