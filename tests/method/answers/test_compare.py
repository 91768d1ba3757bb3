"""Equality of answers, and which chains are held against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import compare
from dgrc.method.text.normalize import normalize
from dgrc.records import Chain, Divergence
from tests.method.builders import HOSTILE, chains

ANSWERS = st.lists(st.sampled_from(["a", "b", "c", "A.", None]), max_size=6)
MODES = st.sampled_from(["per_answer", "all", "majority"])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The Senate.", "the  senate"),
        ("5.0", "5"),
        ("1,000", "1000"),
        ("1,000.00", "1000"),
        ("$1,250.00", "$1250"),
        (".50", "0.5"),
        ("+3", "3"),
        ("-0.0", "0"),
        ("\u22125", "-5"),
        ("\uff15", "5"),
        ("5.0 mg", "5 mg"),
        ("'crown' ", "crown"),
        ("senate .", "senate"),
        ("Stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_same_answers_in_other_spelling(a: str, b: str) -> None:
    assert compare.same_answer(a, b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("5", "-5"),
        ("5", "50"),
        ("1.5", "15"),
        ("section 12.10", "section 12.1"),
        ("10\u00b2", "102"),
        ("1.2.0", "1.2"),
        ("1,00", "100"),
        ("yes", "no"),
        ("5 mg", "5 g"),
        ("5!", "5"),
    ],
)
def test_different_answers_stay_different(a: str, b: str) -> None:
    assert compare.same_answer(a, b) is False


def test_a_missing_answer_compares_with_nothing() -> None:
    assert compare.same_answer(None, "a") is None
    assert compare.same_answer("a", None) is None
    assert compare.same_answer(None, None) is None


@given(st.text() | st.text(alphabet="0123456789.,-+ %\u00b2a'\"*?"))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(st.integers(0, 10**12))
def test_a_number_has_one_spelling(number: int) -> None:
    assert normalize(f"{number:,}.0") == normalize(f" {number} ") == str(number)


@pytest.mark.parametrize("text", HOSTILE)
def test_normalize_takes_any_text(text: str) -> None:
    assert normalize(text) == normalize(text + " ")


@pytest.mark.parametrize(
    ("teacher", "student", "status"),
    [
        ("ab", "a", "divergent"),
        ("a", "ab", "divergent"),
        ("aa", "aa", "agreeing"),
        ("a-", "-a", "agreeing"),
        ("--", "ab", "unparsed"),
        ("a", "", "unparsed"),
        ("", "", "unparsed"),
    ],
)
def test_status(teacher: str, student: str, status: str) -> None:
    assert compare.status(_chains(teacher), _chains(student)) == status


def test_majority_answer_is_as_first_written_and_ties_go_to_the_first() -> None:
    assert compare.majority_answer(chains(None, "b", "A", "a.")) == "A"
    assert compare.majority_answer(chains("b", "a")) == "b"
    assert compare.majority_answer(chains(None)) is None


@pytest.mark.parametrize(
    ("teacher", "student", "pairs"),
    [
        ("a", "bcb", [(0, 0), (0, 1)]),  # one pair for each distinct student answer
        ("a", "cbb", [(0, 1), (0, 0)]),  # the most frequent first
        ("baa", "c", [(1, 0), (0, 0)]),  # the teacher's majority speaks, then its other answer is covered too
        ("aab", "a", [(2, 0)]),  # a student with the majority answer still meets the teacher's other answer
        ("aab", "bbc", [(0, 0), (2, 2), (0, 2)]),  # b meets the majority, c too, and the teacher's b is covered second
        ("aa", "aa", []),
        ("-", "ab", []),
    ],
)
def test_one_pair_per_answer(teacher: str, student: str, pairs: list[tuple[int, int]]) -> None:
    found = compare.diverging_pairs(_chains(teacher), _chains(student), "per_answer", 9)
    assert found == [Divergence(*pair) for pair in pairs]


def test_all_pairs_and_majority_pair() -> None:
    teacher, student = _chains("abb"), _chains("ab-")
    every = compare.diverging_pairs(teacher, student, "all", 9)
    assert every == [Divergence(0, 1), Divergence(1, 0), Divergence(2, 0)]
    assert compare.diverging_pairs(teacher, student, "majority", 9) == [Divergence(1, 0)]
    assert compare.diverging_pairs(teacher, _chains("bb"), "majority", 9) == []
    assert compare.diverging_pairs(teacher, _chains("--"), "majority", 9) == []


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="per_answer, all or majority"):
        compare.diverging_pairs((), (), "some", 1)


@given(ANSWERS, ANSWERS, MODES, st.integers(0, 9))
def test_pairs_differ_keep_the_limit_and_exist_exactly_if_divergent(
    teacher: list[str | None], student: list[str | None], mode: str, limit: int
) -> None:
    ours, theirs = chains(*teacher), chains(*student)
    pairs = compare.diverging_pairs(ours, theirs, mode, limit)
    assert len(pairs) == len(set(pairs)) <= limit
    assert all(compare.same_answer(ours[p.teacher].answer, theirs[p.student].answer) is False for p in pairs)
    if mode != "majority" and limit:
        assert bool(pairs) == (compare.status(ours, theirs) == "divergent")


@given(ANSWERS, ANSWERS)
def test_every_answer_at_stake_is_covered(teacher: list[str | None], student: list[str | None]) -> None:
    ours, theirs = chains(*teacher), chains(*student)
    pairs = compare.diverging_pairs(ours, theirs, "per_answer", 99)
    every = compare.diverging_pairs(ours, theirs, "all", 99)
    for side, said in (("teacher", ours), ("student", theirs)):
        at_stake = {normalize(said[getattr(p, side)].answer or "") for p in every}
        assert {normalize(said[getattr(p, side)].answer or "") for p in pairs} == at_stake


def _chains(answers: str) -> tuple[Chain, ...]:
    return chains(*(None if answer == "-" else answer for answer in answers))


def test_a_group_gets_one_wording_and_unread_answers_stay_unread() -> None:
    given = chains("senate", "the senate", None, "moot")
    unified = compare.unify(given, [["senate", "the senate"], ["moot"]])
    assert [chain.answer for chain in unified] == ["senate", "senate", None, "moot"]
    assert [chain.text for chain in unified] == [chain.text for chain in given]
    assert compare.status(unified[:1], unified[1:2]) == "agreeing" != compare.status(given[:1], given[1:2])
