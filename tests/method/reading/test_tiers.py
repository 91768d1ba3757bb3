"""How replies end, and which tier reads what: tables of replies as models write them."""

import pytest

from dgrc.method.reading import TIERS, read

DRUGS = ("Aspirin", "Vancomycin", "Cost", "PDGF")
RULINGS = ("Liable", "Not liable", "The owner, not the tenant", "None of the above")

READ = {
    "tag": [
        ("<answer>B</answer>", "B"), ("So it is A. <answer>B</answer>", "B"), ("<ANSWER> b. </ANSWER>", "B"),
        ("<answer>A</answer> no, <answer>B</answer>", "B"), ("<answer>LETTER</answer> <answer>B</answer>", "B"),
        ("<answer>The correct answer is B.</answer>", "B"), ("<answer>[B]</answer>", "B"),
    ],
    "open_tag": [
        ("<answer>B", "B"), ("<answer>A</answer> On reflection: <answer>B", "B"),
        ("So: <answer>B. Vancomycin\nIt works.", "B"),
    ],
    "boxed": [
        (r"\[ \boxed{B} \]", "B"), (r"$\boxed{\text{B}}$", "B"), (r"The answer is A, no: \fbox{B}", "B"),
        (r"\boxed{\textbf{(B) Vancomycin}}", "B"),
    ],
    "phrase": [
        ("The final answer is C.", "C"), ("Therefore, the correct option is B) Vancomycin, as it works.", "B"),
        ("**Answer:** B", "B"), ("**Final Answer**: (B)", "B"), ("Answer:\n**B**", "B"), ("Answer = B", "B"),
        ("LETTER: B", "B"),
        ("The answer is: \n\nB", "B"), ("B is correct", "B"), ("It is B", "B"), ("I choose B", "B"),
        ("I'd go with option B.", "B"), ("Option B is the best choice.", "B"), ("The drug of choice is vancomycin.",
        "B"),
        ("Thus, B would be the most appropriate choice.", "B"), ("The answer to the question is B.", "B"),
        ("The right answer is \"Vancomycin\".", "B"), ("Correct answer: Vancomycin (B)", "B"),
        ("The answer is not A, it is B.", "B"), ("A is wrong. B is right.", "B"), ("The answer is (B), not (A).", "B"),
        ("The answer is A. Wait, the answer is B.", "B"), ("Answer: A\nActually, answer: B", "B"),
        ("Let's see. Is the answer A? No. It's B.", "B"), ("The answer is clearly B.", "B"),
        ("The answer is most likely B", "B"), ("The answer is therefore: **B**", "B"), ("My answer is b", "B"),
        ("The correct answer is not A. The correct answer is B.", "B"), ("<answer>...</answer> The answer is B", "B"),
        (r"\boxed{LETTER} The answer is B", "B"), ("The answer is (B) (option A is wrong)", "B"),
    ],
    "line": [
        ("**C. Cost**", "C"), ("D. PDGF Fab", "D"), ("B - Vancomycin", "B"), ("<b>B</b>", "B"),
        ("B because it kills the germ.", "B"), ("{B}", "B"), ("(b)", "B"), ("Vancomycin", "B"), ("- B", "B"), ("1. B",
        "B"),
        ("### Answer\nB", "B"), ("`B`", "B"), ("Let us think.\nIt kills the germ.\n\n**B. Vancomycin**", "B"),
        ("A. Aspirin\nB. Vancomycin\nC. Cost\nD. PDGF\n\nB", "B"), ("B, not A", "B"), ("Option (B).", "B"),
        ("A. Aspirin is not correct.\nB. Vancomycin", "B"),
    ],
    "whole": [
        ("B.\n\nExplanation: it kills the germ.", "B"), ("Based on this, option D (PDGF) is correct.", "D"),
        ("Vancomycin (B)", "B"), ("For such a germ vancomycin is given first.", "B"),
    ],
}  # fmt: skip

UNREAD = [
    "**D. Cost**", "B. Aspirin", "The answer is B. Aspirin", "The answer is Vancomycin (option A).", "Vancomycin (A)",
    "The answer is A.\nThe answer is B.", "<answer>A or B</answer>", "The answer is B or C.", "B, C", "B/C",
    "The answers are B and C.", "A. Aspirin\nB. Vancomycin\nC. Cost\nD. PDGF", "A. Aspirin\nB. Vancomycin",
    "<answer>LETTER</answer>", "<answer> </answer>", "<answer>OPTION", r"\boxed{LETTER}", "The answer is LETTER",
    "The answer is not A.", "The answer is not A", "If the answer is A then it is wrong.", "A. Not correct",
    "A - wrong",
    "A) Incorrect.", "A. Aspirin is not correct.", "Not vancomycin but aspirin.", "The answer is not likely B",
    "A is incorrect. C is incorrect. D is incorrect.", "It isn't A. It isn't C.", "Neither aspirin nor PDGF.",
    "A patient needs care.", "I think it is a hard question.", "The answer is a drug.", "E", "The answer is E.",
    "None of these", "The answer is none of the above.", "Both A and B", "", "...", "Aspirin and vancomycin are drugs.",
]  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "answer", "tier"), [(reply, answer, tier) for tier, rows in READ.items() for reply, answer in rows]
)
def test_a_reply_is_read_by_the_surest_tier_that_finds_anything(reply: str, answer: str, tier: str) -> None:
    assert tier in TIERS
    assert read(reply, DRUGS) == (answer, tier)


@pytest.mark.parametrize("reply", UNREAD)
def test_what_is_not_said_beyond_doubt_is_not_read(reply: str) -> None:
    assert read(reply, DRUGS) == (None, None)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("B. Not liable", "B"), ("Not liable", "B"), ("The answer is not liable.", "B"), ("Answer: B. Not liable", "B"),
        ("C. The owner, not the tenant", "C"), ("D", "D"), ("None of the above", "D"), ("A. Liable", "A"),
    ],
)  # fmt: skip
def test_an_option_may_deny_by_itself(reply: str, answer: str | None) -> None:
    assert read(reply, RULINGS)[0] == answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<think>the answer is A</think>", None), ("<think>the answer is A</think>B", "B"),
        ("the answer is A</think>The answer is B", "B"), ("<think>so <answer>A</answer>", None),
        ("<think>Perhaps <answer>A</answer>?</think>\nThe final answer is B.", "B"),
        ("[THINK]<answer>A</answer>[/THINK] <answer>B</answer>", "B"),
        ("<thinking>A</thinking><thinking>C</thinking>B", "B"),
        (r"<reasoning>\boxed{A}</reasoning>", None), ("<THINK>A</THINK>\nB", "B"),
    ],
)  # fmt: skip
def test_what_is_only_thought_is_no_answer(reply: str, answer: str | None) -> None:
    assert read(reply, DRUGS)[0] == answer


@pytest.mark.parametrize(
    ("reply", "answer", "tier"),
    [
        ("The Senate.", "the senate", "whole"), ("Yes.", "yes", "whole"), ("No, for it is barred.\nSo it fails.",
        "no", "whole"),
        ("The answer is 5 mg.", "5 mg", "phrase"), ("**Answer:** the Senate", "the senate", "phrase"),
        (r"\[ \boxed{5} \]", "5", "boxed"), ("The answer is <answer>5", "5", "open_tag"),
        (r"\boxed{\frac{3}{8}}", "3/8", "boxed"), ("<think>5</think>6", "6", "whole"),
        ("The limit follows from the code.\n\nAnswer: 5 km", "5 km", "phrase"),
        ("No patient should get it.", "no patient should get it", "whole"),
        ("Correct treatment is rest", "correct treatment is rest", "whole"),
        ("<answer>ANSWER</answer>", None, None), (r"\boxed{answer}", None, None), ("Answer: the answer", None, None),
        ("No contract is formed without consideration.\nFor it is a rule.", None, None), ("one\ntwo", None, None),
        ("It depends on many things and nobody can say in advance what the court of appeal would find.", None, None),
    ],
)  # fmt: skip
def test_without_options_text_is_read(reply: str, answer: str | None, tier: str | None) -> None:
    assert read(reply, ()) == (answer, tier)
