"""Scoring: labels in every accepted form, unreadable answers, and Wilson's interval against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.errors import EvaluationError
from dgrc.evaluation.score import accuracy, expected_answer, is_right
from dgrc.method.interval import wilson
from dgrc.method.reading import read

COURTS = ("the crown court", "the mill court", "the 3rd bench")


@pytest.mark.parametrize(
    "label", ["B", "b", "(B)", "B. The Mill Court", "the mill court", "<think>so</think><answer>B</answer>"]
)
def test_a_label_may_be_a_letter_an_options_text_or_a_worked_reply(label: str) -> None:
    assert expected_answer(label, COURTS) == "B"
    assert is_right("B", label, COURTS) and not is_right("A", label, COURTS)


@pytest.mark.parametrize(
    ("label", "expected"), [(" Crown ", "crown"), ("1,000.0", "1000"), ("<answer>crown</answer>", "crown")]
)
def test_without_choices_the_label_is_normalized_text(label: str, expected: str) -> None:
    assert expected_answer(label, ()) == expected


@pytest.mark.parametrize("label", ["2", "D", "the high court", ""])
def test_a_label_that_names_no_option_is_an_error_with_the_remedy(label: str) -> None:
    with pytest.raises(EvaluationError, match=r"letter from A to C.*the mill court.*evaluation\.fields\.label"):
        expected_answer(label, COURTS)


def test_a_missing_or_empty_label_is_an_error_whatever_the_answer() -> None:
    with pytest.raises(EvaluationError, match="no label"):
        is_right(None, None, ())
    with pytest.raises(EvaluationError, match="not empty"):
        is_right("crown", " ", ())


@pytest.mark.parametrize(
    ("answer", "label", "right"),
    [("1,000.0", "1000", True), ("Crown.", "crown", True), ("mill", "crown", False), (None, "crown", False)],
)
def test_answers_are_compared_as_the_method_compares_them(answer: str | None, label: str, right: bool) -> None:
    assert is_right(answer, label, ()) is right


def test_accuracy_counts_and_carries_the_interval() -> None:
    result = accuracy([True, False, False, True], 1, 0.95)
    assert (result.right, result.n, result.accuracy, result.unparsed) == (2, 4, 0.5, 1)
    assert (result.low, result.high) == wilson(2, 4, 0.95)


def test_no_questions_is_an_error() -> None:
    with pytest.raises(EvaluationError, match=r"evaluation\.files"):
        accuracy([], 0, 0.95)


@pytest.mark.parametrize(  # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n, 0.95) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0, 0.95) == (0.0, 1.0)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.999))
def test_wilson_holds_the_share_and_is_symmetric(counts: tuple[int, int], confidence: float) -> None:
    successes, n = counts
    low, high = wilson(successes, n, confidence)
    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n, confidence) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_more_confidence_is_wider_and_more_questions_are_narrower(counts: tuple[int, int]) -> None:
    successes, n = counts
    low, high = wilson(successes, n, 0.95)
    wide_low, wide_high = wilson(successes, n, 0.99)
    many_low, many_high = wilson(successes * 4, n * 4, 0.95)
    assert wide_low <= low and high <= wide_high
    assert many_high - many_low < high - low


@pytest.mark.parametrize(
    ("choices", "label"),
    [(("O", "A", "B", "AB"), "A"), (("C", "A", "D", "B"), "B"), (("a", "c", "bc", "ad"), "c")],
)
def test_a_label_that_is_one_options_letter_and_anothers_text_is_refused(choices: tuple[str, ...], label: str) -> None:
    with pytest.raises(EvaluationError, match=r"the letter of one option and the text of another.*Give both"):
        expected_answer(label, choices)


def test_letter_and_text_together_are_beyond_doubt() -> None:
    choices = ("C", "A", "D", "B")
    for name, text in zip("ABCD", choices, strict=True):
        assert expected_answer(f"{name}. {text}", choices) == name
    assert expected_answer("(B)", choices[:3]) == "B", "no text of these is B"
    assert expected_answer("A", ("A", "B")) == "A", "letter and text are of one option"
    assert expected_answer("AB", ("O", "A", "B", "AB")) == "D"


def test_options_of_one_text_are_one_answer() -> None:
    same = ("Mode", "Mean", "SD", " mean. ")
    for label in ("B", "D", "Mean"):
        assert is_right("D", label, same) and is_right("B", label, same) and not is_right("A", label, same)
    assert not is_right("B", "A", ("5 mW", "5 MW"))
    assert is_right("AD", "AB", same, several=True) and is_right("AB", "DA", same, several=True)


@pytest.mark.parametrize(
    "label",
    ["ABD", "A, B, D", "D;B;A", "A、B、D", "<answer>A, B and D</answer>", "x; y; v", '["A", "B", "D"]', "A B D"],
)
def test_several_right_options_are_a_set(label: str) -> None:
    choices = ("x", "y", "z", "v")
    assert expected_answer(label, choices, several=True) == "ABD"
    assert is_right("ABD", label, choices, several=True) and is_right("DBA", label, choices, several=True)
    assert not any(is_right(said, label, choices, several=True) for said in ("AB", "ABCD", "A", None))


def test_one_of_several_may_be_right_alone_and_what_is_no_option_never() -> None:
    assert expected_answer("C", ("x", "y", "z"), several=True) == "C"
    for label in ("ABE", "A or B", "", "w", "1;2"):
        with pytest.raises(EvaluationError, match=r"letters, such as `AC`, from A to C"):
            expected_answer(label, ("x", "y", "z"), several=True)
    with pytest.raises(EvaluationError, match="is the text of option D"):
        expected_answer("AB", ("O", "A", "B", "AB"), several=True)


@pytest.mark.parametrize("label", ["AB", "A, C", "A;B", "x; z", "<answer>A and B</answer>", "A、B"])
def test_a_label_of_several_letters_where_one_is_right_is_refused(label: str) -> None:
    with pytest.raises(EvaluationError, match=r"names several options \([ABC, ]+\).*`several`"):
        expected_answer(label, ("x", "y", "z"))


@pytest.mark.parametrize(("form", "right"), [("yes_no_maybe", True), ("auto", True), ("text", False)])
def test_maybe_is_an_answer_of_its_own(form: str, right: bool) -> None:
    assert is_right("maybe", "maybe", (), form)
    said, _ = read("<answer>Uncertain.</answer>", (), form)
    assert is_right(said, "maybe", (), form) is right
    assert not is_right("yes", "maybe", (), form) and not is_right("maybe", "no", (), form)
    with pytest.raises(EvaluationError, match="yes or no"):
        expected_answer("maybe", (), "yes_no")
