"""Which option a short piece of text names, and which a text speaks of."""

import pytest

from dgrc.method.reading import read
from dgrc.method.reading.options import CONFLICT, Options, bare, letter, lettered

DRUGS = Options.of(("Aspirin", "Vancomycin", "PDGF", "Aspirin and vancomycin together"))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("B", "B"), ("b.", "B"), ("(B)", "B"), ("[b]", "B"), ("{B}", "B"), ("<b>B</b>", "B"), ("**B**", "B"),
        ("B: Vancomycin", "B"), ("B | Vancomycin", "B"), ("B = Vancomycin", "B"), ("B \u2014 vancomycin", "B"),
        ("C. PDGF Fab", "C"), ("Option B", "B"), ("the letter B", None), ("vancomycin", "B"), ("Vancomycin.", "B"),
        ("A. Vancomycin", CONFLICT), ("A and B", CONFLICT), ("(A) or (B)", CONFLICT), ("A. x B. y", CONFLICT),
        ("A patient", None), ("a drug", None), ("I", None), ("E", None), ("", None), ("A is wrong", None),
        ("A. incorrect", None), ("A. Aspirin: wrong", None), ("A. Aspirin would be wrong", None),
    ],
)  # fmt: skip
def test_what_a_piece_names(said: str, named: str | None) -> None:
    assert DRUGS.named(said) == named


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("One gives vancomycin here.", "B"), ("Aspirin, or vancomycin?", "AB"), ("No aspirin, but vancomycin.", ""),
        ("Aspirin and vancomycin together are best", "D"), ("It is not vancomycin.", ""), ("vancomycins", ""),
        ("Never aspirin. In such a case as this vancomycin.", "B"),
    ],
)  # fmt: skip
def test_what_a_text_speaks_of(text: str, letters: str) -> None:
    assert DRUGS.mentioned(text) == {*letters}


def test_letters_and_lines() -> None:
    assert [letter(n) for n in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
    assert lettered(["x\nB. y", " z "]) == ("A. x B. y", "B. z")


@pytest.mark.parametrize(
    ("said", "left"), [(" **D. Cost** ", "D. Cost"), ("<b>B</b>", "B"), ("({B})", "({B})"), ("\u201cB\u201d.", "B"),
    (".", ".")]
)
def test_decoration_goes(said: str, left: str) -> None:
    assert bare(said) == left


MEASURES = ("5 mg", "10 mg", "10 mcg", "≥ 20 mg")


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<answer>10mg</answer>", "B"), ("$\\boxed{10~\\mathrm{mg}}$", "B"), ("The answer is 0.01 g.", "B"),
        ("<answer>10 µg</answer>", "C"), ("<answer>at least 20 mg</answer>", "D"),
        ("<answer>20 mg</answer>", None), ("<answer>10mg or 5mg</answer>", None),
    ],
)  # fmt: skip
def test_an_option_that_is_a_measure_is_named_by_its_value(reply: str, answer: str | None) -> None:
    assert read(reply, MEASURES)[0] == answer


def test_a_short_reply_is_held_against_long_options_at_once() -> None:
    assert read("答案是肝炎", ["是" * 100_000, "年" * 100_000, "肝炎"]) == ("C", "phrase")
    assert read("It is hepatitis I think.", ["word " * 40_000, "other " * 40_000, "hepatitis"])[0] == "C"
