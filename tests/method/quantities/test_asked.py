"""Which unit a question asks for: the one after "how many", else the last one "in" which; none where it says none."""

import pytest

from dgrc.method import quantities
from dgrc.method.quantities.asked import asked


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("How many milligrams are given?", "milligram"), ("How many mg/kg are given per day?", "milligram/kilogram"),
        ("What is the dose in mg?", "milligram"), ("What is the dose (mg)?", "milligram"),
        ("What is the dose (in mg/dL)?", "milligram/deciliter"), ("How long, in weeks, does it last?", "week"),
        ("A patient of 70 kg gets 5 mg/kg. How many mg in total?", "milligram"), ("Answer in %.", "percent"),
        ("What percentage recovers?", "percent"), ("Give it as a percentage.", "percent"), ("How old is he?", "year"),
        ("What is the fine in US dollars?", "dollar"), ("How many jurors sit?", "juror"), ("What is its pH?", "ph"),
        ("What is the normal pH of blood?", "ph"), ("How many days, and how many hours?", None),
        ("What is the first choice in patients with gout?", None), ("Which is used in second place?", None),
        ("Is the INR (international normalised ratio) reliable?", None), ("Is the ratio (INR) reliable?", None),
        ("With a pH of 7.2, she is ill. What is next?", None), ("What is the dose?", None), ("", None),
        ("\u6bcf\u6b21\u670d\u7528\u591a\u5c11\u6beb\u514b\uff1f", "milligram"), ("\u51e0\u5929\uff1f", "day"),
        ("\u4ee5\u6beb\u514b\u4e3a\u5355\u4f4d\u56de\u7b54", "milligram"),
        ("\u5229\u7387\u662f\u767e\u5206\u4e4b\u591a\u5c11\uff1f", "percent"),
    ],
)  # fmt: skip
def test_the_unit_that_a_question_says(question: str, unit: str | None) -> None:
    found = asked(question).unit
    assert (found.name if found else None) == unit


@pytest.mark.parametrize(
    ("said", "question", "resolved"),
    [
        ("5", "How many mg?", "5 milligram"), ("5 g", "How many mg?", "5 gram"),
        ("2-4", "How many weeks?", "2 to 4 week"),
        ("at least 5", "How many days?", "at least 5 day"), ("120/80", "What, in mmHg?", "120/80 millimeter_hg"),
        ("1:4", "How many mg?", "1:4"), ("1973", "In which year?", "year 1973"),
        ("12", "How old is she?", "12 year old"),
        ("3", "How many times a day?", "3 times a day"),
        ("5 years", "Which term of imprisonment?", "5 year of imprisonment"),
        ("5 years", "Which term?", "5 year"),
    ],
)  # fmt: skip
def test_a_bare_number_gets_what_the_question_says(said: str, question: str, resolved: str) -> None:
    value = quantities.parse(said)
    assert value is not None
    assert quantities.spell(quantities.resolved(value, question)) == resolved
