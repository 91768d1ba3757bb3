"""What small models answer to atoms, in sentences: right where the conclusion is, wrong where it is not."""

import pytest

from dgrc.evaluation.truth.answered import says

DOSE = "How many mg is one dose for a patient of 25 kg at 12 mg per kg?"
PRODUCT = "What is 12 times 25?"
DATE = "What date is 45 days after 2021-12-26?"


@pytest.mark.parametrize(
    ("question", "truth", "answer"),
    [
        (DOSE, "300 mg", "300"),
        (DOSE, "300 mg", "The dose is 300 mg."),
        (DOSE, "300 mg", "300 mg per dose"),
        (DOSE, "300 mg", "300 mg of the medicine"),
        (DOSE, "300 mg", "12 × 25 = 300 mg"),
        (DOSE, "300 mg", "\\( 12 \\text{ mg/kg} \\times 25 \\text{ kg} = 300 \\text{ mg} \\)"),
        (DOSE, "300 mg", "The dose for a patient of 25 kg at 12 mg per kg is 300 mg"),
        (DOSE, "300 mg", "It is 0.3 g."),
        (PRODUCT, "300", "12 times 25 is 300."),
        (PRODUCT, "300", "300 mg"),
        ("What is 2.5% of $12,000?", "300 dollar", "300"),
        (DATE, "2022-02-09", "The date is February 9, 2022."),
        (DATE, "2022-02-09", "45 days after 2021-12-26 is 2022-02-09"),
        ("How many g are 300 mg?", "0.3 gram", "300 mg is 0.3"),
        ("How many g are 300 mg?", "0.3 gram", "It gets 0.3 g of it."),
        ("每次用药多少毫克？体重60公斤，每公斤5毫克。", "300毫克", "5 × 60 = 300毫克"),
        ("Is 2024 a leap year?", "yes", "Yes, 2024 is a leap year."),
    ],
)
def test_an_answer_says_what_is_true(question: str, truth: str, answer: str) -> None:
    assert says(answer, truth, question)


@pytest.mark.parametrize(
    ("question", "truth", "answer"),
    [
        (DOSE, "300 mg", "310 mg"),
        (DOSE, "300 mg", "300 g"),
        (DOSE, "300 mg", "300 mg/day"),
        (DOSE, "300 mg", "12 × 25 = 310 mg"),
        (DOSE, "300 mg", "300 mg is too much, so the dose is 250 mg"),
        (DOSE, "300 mg", "300 to 350 mg"),
        (DOSE, "300 mg", "300-350 mg"),
        (DOSE, "300 mg", "12 mg per kg"),
        (DOSE, "300 mg", "It depends on the patient."),
        ("How many g are 300 mg?", "0.3 gram", "300"),
        (DATE, "2022-02-09", "The date is February 10, 2022."),
        (DATE, "2022-02-09", "45 days after 2021-12-26"),
        (PRODUCT, "300", "12 times 25 is 37."),
        ("Is 2024 a leap year?", "yes", "No, 2024 has 365 days."),
    ],
)
def test_an_answer_that_concludes_otherwise_does_not(question: str, truth: str, answer: str) -> None:
    assert not says(answer, truth, question)
