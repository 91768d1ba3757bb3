"""The lenient reader of `benchmarks.real`, on replies in the style of small models, judged by hand."""

import json
from pathlib import Path

import pytest

from benchmarks.real import lenient
from dgrc.errors import EvaluationError
from dgrc.proving.natural.generate import problems

DOSE = "A medicine is given at 10 mg per kg of body weight. A patient weighs 50 kg. How many mg is one dose?"
DAY = "A contract was signed on January 31, 2024. Notice is 30 days. On which date does it end?"
RATE = "An infusion of 1000 mL runs over 8 hours. At how many mL per hour?"
DAYS = "A bottle holds 40 tablets. A patient takes 3 tablets a day. How many full days does it last?"
FINE = "A fine is $250 plus $40 for each day. How much is it after 5 days?"
LATE = "A claim must be filed within 30 days. It was filed after 32 days. Was it filed in time?"

READ = [
    # (question, truth, reply, whether it ends with the truth), in the style of the two small models; judged by hand.
    (DOSE, "500 mg", "The dose is 10 mg/kg x 50 kg = 500 mg.", True),
    (DOSE, "500 mg", "To find the dose, multiply 10 by 50.\n\n10 * 50 = 500", True),
    (DOSE, "500 mg", "Therefore, the patient should receive **500 mg** of the medicine.", True),
    (DOSE, "500 mg", "\\[ \\text{Dose} = 10 \\times 50 = 500 \\text{ mg} \\]", True),
    (DOSE, "500 mg", "The final answer is \\(\\boxed{500 \\text{ mg}}\\).", True),
    (DOSE, "500 mg", "So one dose is 500 mg for a patient who weighs 50 kg.", True),
    (DOSE, "500 mg", "<answer>500</answer>", True),
    (DOSE, "500 mg", "The dose is $500 \\, \\text{mg}$.", True),
    (DOSE, "500 mg", "500 mg per dose, i.e. 250 mg twice", True),
    (DOSE, "500 mg", "One dose is 0.5 g.", True),
    (DOSE, "500 mg", "One dose is 500 ml.", False),
    (DOSE, "500 mg", "One dose is 500 mcg.", False),
    (DOSE, "500 mg", "The dose is 5 mg because 50 / 10 = 5.", False),
    (DOSE, "500 mg", "10 mg per kg times 50 kg is 500 mg. So the dose is 50 mg.", False),
    (DOSE, "500 mg", "The patient weighs 50 kg and gets 10 mg per kg.", False),
    (DOSE, "500 mg", "I cannot answer this question.", False),
    (DOSE, "500 mg", "", False),
    (DOSE, "500 mg", "500 mg is the dose. Call a doctor.", True),
    (DOSE, "50 kg", "The patient weighs 50 kg and gets 500 mg.", False),
    (RATE, "125 mL per hour", "1000 mL / 8 hours = 125 mL/hour.", True),
    (RATE, "125 mL per hour", "The rate is 125 ml per hour.", True),
    (RATE, "125 mL per hour", "The rate is 125.", True),
    (RATE, "125 mL per hour", "Answer: 125 mL/h", True),
    (RATE, "125 mL per hour", "The infusion runs at 1000 mL / 8 = 120 mL/hour.", False),
    (RATE, "125 mL per hour", "The rate is 8000 mL per hour.", False),
    (DAYS, "13 days", "40 / 3 = 13.33, so it lasts 13 full days.", True),
    (DAYS, "13 days", "40 / 3 = 13.33", False),
    (DAYS, "13 days", "The bottle lasts 13 days.\n\nAnswer: 13", True),
    (DAYS, "13 days", "The patient takes 3 tablets a day, so the bottle of 40 tablets lasts 14 days.", False),
    (DAYS, "13 days", "It lasts thirteen days.", False),  # words are not looked for: a miss that costs all models alike
    (DAY, "2024-03-01", "The notice ends on March 1, 2024.", True),
    (DAY, "2024-03-01", "30 days after January 31, 2024 is **1 March 2024**.", True),
    (DAY, "2024-03-01", "The date is 2024-03-01.", True),
    (DAY, "2024-03-01", "It ends on March 1st, 2024.", True),
    (DAY, "2024-03-01", "It ends on March 2, 2024.", False),
    (DAY, "2024-03-01", "The notice of 30 days ends on February 29, 2024.", False),
    (FINE, "$450", "The fine is $250 + $40 * 5 = $450.", True),
    (FINE, "$450", "The total fine is 450 dollars.", True),
    (FINE, "$450", "The total is $290.", False),
    (FINE, "$450", "$250 + $200 = **$450.00**", True),
    (LATE, "no", "No, it was filed 2 days late.", True),
    (LATE, "no", "Yes, the claim was filed in time.", False),
]


@pytest.mark.parametrize(("question", "truth", "reply", "right"), READ, ids=[str(n) for n in range(len(READ))])
def test_the_lenient_reader_looks_at_how_a_reply_ends(question: str, truth: str, reply: str, right: bool) -> None:
    assert lenient.right(reply, truth, question) is right


def test_a_reply_that_was_cut_off_has_no_end() -> None:
    assert not lenient.right("The dose is 500 mg.", "500 mg", DOSE, finished=False)


def test_the_readers_precision_comes_from_a_hands_labels(tmp_path: Path) -> None:
    file = tmp_path / "checked.jsonl"
    rows = [{"hand": hand, "lenient": said} for hand, said in ((True, True), (False, True), (True, False))]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert lenient.precision(file) == {
        "replies": 3, "called_right": 2, "of_these_right": 1, "called_wrong": 1, "of_these_right_after_all": 1,
    }  # fmt: skip
    file.write_text('{"hand": null, "lenient": true}\n')
    with pytest.raises(EvaluationError, match="Line 1 of"):
        lenient.precision(file)


@pytest.mark.parametrize(
    ("reply", "right"),
    [("It ends at 12:50.", True), ("It ends at 12:50 PM", True), ("6 hours later, at 12:50 AM", False),
     ("It starts at 06:50 and ends at 12:50.", True), ("The drip ends at 13:50.", False), ("At 12:50:00", False)],
)  # fmt: skip
def test_times_of_day(reply: str, right: bool) -> None:
    assert lenient.right(reply, "12:50", "It starts at 06:50. At what time does it end?") is right


def test_every_answer_of_the_domain_is_found_where_a_reply_ends_with_it() -> None:
    for problem in problems("train", 60, seed=5):
        said = f"First look at what is given. So the answer is **{problem.answer}**."
        assert lenient.right(said, problem.answer, problem.text), problem.template
        assert not lenient.right("I do not know.", problem.answer, problem.text), problem.template
