"""Diagnosing: neutral messages, and atomic questions out of JSON and tagged replies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import diagnose
from dgrc.method.prompts import load_pack
from tests.method.builders import HOSTILE, chain

GENERAL, PROVING = load_pack("general"), load_pack("proving")
TEACHER, STUDENT = chain("A", "the older chain"), chain("B", "the younger chain")
WORDS = st.lists(st.sampled_from("differ : ? . done same what is the limit".split()), max_size=30).map(" ".join)


@pytest.mark.parametrize("name", ["general", "legal", "medical", "proving"])
def test_swap_exchanges_the_chains_and_nothing_else(name: str) -> None:
    pack = load_pack(name)
    plain = diagnose.build_messages(pack, "Which?", ("x", "y"), TEACHER, STUDENT, False)
    swapped = diagnose.build_messages(pack, "Which?", ("x", "y"), TEACHER, STUDENT, True)
    assert plain == diagnose.build_messages(pack, "Which?", ("x", "y"), STUDENT, TEACHER, True)
    text, other = plain[-1]["content"], swapped[-1]["content"]
    assert text.index("older") < text.index("younger")
    assert other.index("younger") < other.index("older")
    assert "teacher" not in text.lower()
    assert "student" not in text.lower()


def test_json_questions_are_distinct_single_lines_and_at_most_five() -> None:
    asked = [" What is\n a tort? ", "What is a tort?", "", *(f"What is {n}?" for n in range(9))]
    atoms, error = diagnose.parse_reply(GENERAL, json.dumps({"comparison": "c", "questions": asked}))
    assert error is None
    assert atoms == ("What is a tort?", "What is 0?", "What is 1?", "What is 2?", "What is 3?")


@pytest.mark.parametrize(
    "value",
    [{}, {"questions": []}, {"questions": [" "]}, {"questions": "What?"}, {"questions": ["What?", 1]}, ["What?"]],
)
def test_json_replies_without_questions_are_errors(value: object) -> None:
    atoms, error = diagnose.parse_reply(GENERAL, json.dumps(value))
    assert atoms == ()
    assert error


@pytest.mark.parametrize(
    ("reply", "atoms"),
    [
        (
            "breach limit 5 5 same . widow grace 1 2 differ : what is the widow grace in garth ? court x x same . done",
            ("what is the widow grace in garth ?",),
        ),
        ("a 1 2 differ : what is a ? b 1 2 differ : what is b ? done", ("what is a ?", "what is b ?")),
        ("a 1 2 differ : what is a ?\nb 1 2 differ :  what is a ? done\n", ("what is a ?",)),
        ("a 1 1 same . done", ()),
        ("done", ()),
    ],
)
def test_tagged_questions(reply: str, atoms: tuple[str, ...]) -> None:
    assert diagnose.parse_reply(PROVING, reply) == (atoms, None)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "a 1 1 same .",
        "a 1 2 differ : what is a ?",
        "a 1 2 differ : what is a ? done .",
        "a 1 2 differ what is a ? done",
        "a 1 2 differ : what is a . done",
        "a 1 2 differ : ? done",
        "a 1 2 differ : done",
        "a 1 2 differ done",
        "a 1 2 differ : what is differ : what is b ? done",
    ],
)
def test_incomplete_tagged_replies_are_errors(reply: str) -> None:
    atoms, error = diagnose.parse_reply(PROVING, reply)
    assert atoms == ()
    assert error


@given(st.text() | WORDS)
def test_parsing_never_raises_and_gives_questions_or_an_error(reply: str) -> None:
    atoms, error = diagnose.parse_reply(PROVING, reply)
    assert error is None or atoms == ()
    assert all(atom.endswith(" ?") and "differ" not in atom for atom in atoms)
    atoms, error = diagnose.parse_reply(GENERAL, reply)
    assert bool(atoms) != bool(error)


@given(st.lists(st.from_regex(r"[a-z]{1,5}( [a-z]{1,5}){0,4} \?", fullmatch=True), max_size=4))
def test_tagged_round_trip(questions: list[str]) -> None:
    questions = [question for question in questions if not {"differ", "done"} & set(question.split())]
    reply = " ".join([*(f"x 1 2 differ : {question}" for question in questions), "done"])
    assert diagnose.parse_reply(PROVING, reply) == (tuple(dict.fromkeys(questions)), None)


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_replies_are_errors(reply: str) -> None:
    for pack in (GENERAL, PROVING):
        atoms, error = diagnose.parse_reply(pack, reply)
        assert atoms == ()
        assert error
