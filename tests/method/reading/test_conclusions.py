"""A last sentence that concludes with what was asked for is an answer; a step, a condition or a choice is none."""

import pytest

from dgrc.method import answer, sample
from dgrc.method.prompts import load_pack
from dgrc.method.reading import read
from tests.method.builders import assert_no_backtracking

MG = "A pharmacist weighs out 66 g of a powder. How many mg is that?"
FEE = "The fee is 150 dollars, plus 3% of what is above 1500. How many dollars is it for a claim of 5500 dollars?"
WEEKS = "A judge orders 216 hours, 12 hours of it every week. How many weeks does it take?"
DATE = "On which date does she take the last ones? Give the date as YYYY-MM-DD."
TIME = "A drip runs for 3 hours from 06:20. At what time is it finished? Give the time as HH:MM on a 24-hour clock."
FINE = "每迟延一天罚款80元，迟延8天，罚款多少元？"


@pytest.mark.parametrize(
    ("question", "reply", "said"),
    [
        (MG, "Multiply the grams by 1000. So, 66 grams is equal to 6600 milligrams.", "6600 milligram"),
        (MG, "One gram has 1000 mg.\n\nTherefore, the weight is **66,000 mg**.", "66000 milligram"),
        (MG, "One gram has 1000 mg.\n\nThus the weight is \\( 66000 \\) mg.", "66000 milligram"),
        (FEE, "It is 120 above.\n\nTherefore, the fee for a claim of 5500 dollars is 270 dollars.", "270 dollar"),
        (FEE, "It is 120 above.\n\nTherefore, the fee for a claim of 5500 dollars is $270.", "270 dollar"),
        (FEE, "3% of 4000 is 120. Hence each claimant pays 270 dollars.", "270 dollar"),
        (WEEKS, "He works 12 hours a week, so the number of weeks it takes is 216 / 12 = 18.", "18"),
        (WEEKS, "The hours are known.\n\nCalculation:\n- 216 / 12 = 18 weeks", "18 week"),
        (WEEKS, "He has 216 hours. In total, it takes about 18 weeks.", "18 week"),
        (FEE, "3% of 4000 is 120.\nTherefore Ms Grant can claim a total of 190 dollars of lost wages.", "190 dollar"),
        (MG, "A gram has 1000 mg.\nSo a nurse needs 66000 mg of it to fill the sachet.", "66000 milligram"),
        ("A patient gets 25.2 L. How many mL per hour is it in the first 8 hours?",
         "It is 25.2 / 8.\nSo the fluid runs in the first 8 hours at a rate of 3.1 mL/hour.", "3.1 milliliter/hour"),
        (DATE, "She has 21 days. So 2015-05-24 is the last one.", "2015-05-24"),
        (DATE, "She has 21 days. This means that she takes the last 5 of them on 2015-05-24.", "2015-05-24"),
        (TIME, "It runs 3 hours. Therefore the infusion is finished at 09:20.", "09:20"),
        (FINE, "每天80元，共8天。因此罚款为640元。", "640 yuan"),
    ],
)  # fmt: skip
def test_a_conclusion_is_read(question: str, reply: str, said: str) -> None:
    assert read(reply, (), question=question) == (said, "line")
    assert read(reply, (), "number", question=question) == (said, "line")


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        (MG, "So the powder weighs 66 g."),  # what is known, not what is asked for
        (MG, "One gram has 1000 mg.\nSo the weight is not 6600 mg."),
        (MG, "One gram has 1000 mg.\nSo if it is pure, the weight is 66000 mg."),
        (MG, "One gram has 1000 mg.\nSo the weight is 6600 mg or 66000 mg."),
        (MG, "One gram has 1000 mg.\nSo the weight is between 6600 and 66000 mg."),
        (MG, "One gram has 1000 mg.\nSo is the weight 66000 mg?"),
        (MG, "One gram has 1000 mg.\nSo a sachet is 500 mg and the weight is 66000 mg."),
        (MG, "One gram has 1000 mg.\nThe balance shows that its label is 66000 mg."),  # concludes nothing
        (MG, "A gram has 1000 mg.\nSo a nurse fills 66 g of it into the sachet."),  # which the question says itself
        (MG, "A gram has 1000 mg.\nSo a nurse fills 500 mg into one sachet and 66000 mg into the bag."),
        (MG, "A gram has 1000 mg.\nSo a nurse needs 66000 of them to fill the sachet."),  # of what?
        (MG, "A gram has 1000 mg.\nSo a nurse gives 500 mg a day to him."),
        (MG, "A gram has 1000 mg.\nSo the weight is 66 g."),
        (MG, "A gram has 1000 mg.\nIt is filled so that a sachet is 500 mg."),
        (MG, "A gram has 1000 mg.\nHe has a tablet that gives 500 mg."),
        ("A judgment was served on 2017-02-24. Which date is the last day for an appeal?",
         "It is 5 days.\nTherefore the judgment was served on 2017-02-24."),
        ("A judgment was served on 2017-02-24. Which date is the last day for an appeal?",
         "It is 5 days.\nTherefore 2017-02-24 is the day of service."),
        ("一起交通事故有3名受害人，每人获赔80元，一共赔偿多少元？", "赔偿按人计算。\n事故中每人获赔为500元。"),
        (MG, "A gram has 1000 mg.\nSo the first sachet is 500 mg."),
        (MG, "So the weight is 66000 mg.\nI hope this helps in the pharmacy of the hospital, as it should for all."),
        (WEEKS, "The hours are known to all.\nTherefore the offender works on 2015-05-24."),
        (DATE, "She has 21 days in all.\nTherefore the number of capsules is 105."),
    ],
)  # fmt: skip
def test_what_concludes_nothing_of_the_kind_is_not_read(question: str, reply: str) -> None:
    assert read(reply, (), "number", question=question) == (None, None)
    assert read(reply, (), question=question)[1] != "line"


def test_without_its_question_open_text_is_not_taken_for_a_measure() -> None:
    reply = "Multiply the grams by 1000.\nSo, 66 grams is equal to 6600 milligrams."
    assert read(reply, (), question="Which drug is it that the patient needs?") == (None, None)
    assert read(reply, ()) == (None, None)
    assert read(reply, (), "number") == ("6600 milligram", "line")
    assert read(reply, (), "yes_no", question=MG) == read(reply, (), "text", question=MG) == (None, None)


def test_the_answer_to_a_quoted_question_is_a_phrase() -> None:
    reply = f'One gram is 1000.\n\nTherefore, the answer to the question "{MG}" is 66000 mg.'
    assert read(reply, (), question=MG) == read(reply, ()) == ("66000 mg", "phrase")


def test_what_says_the_answer_comes_first() -> None:
    reply = "The answer is 66000 mg.\nSo the weight of 66 g is 6600 mg."
    assert read(reply, (), question=MG) == ("66000 mg", "phrase")


def test_chains_and_atoms_are_read_with_their_questions() -> None:
    reply = "Multiply the grams by 1000.\nSo, 66 grams is equal to 6600 milligrams."
    assert sample.to_chain(reply, "stop", 9, (), question=MG).answer == "6600 milligram"
    assert sample.to_chain(reply, "length", 9, (), question=MG).answer is None
    assert answer.parse_reply(load_pack("medical"), reply, MG)[0] == "6600 milligram"


@pytest.mark.parametrize("piece", ["so ", "is 5 mg ", "= 5 ", "因此为5", "is 5. ", "( ", "is ", "5 "])
def test_a_long_last_line_takes_no_time(piece: str) -> None:
    assert_no_backtracking(lambda reply: read(reply, (), question=MG), piece, "So ")
