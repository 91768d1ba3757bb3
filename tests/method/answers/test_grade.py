"""Grading free text: groups are taken only if they place every answer once."""

import json

import pytest

from dgrc.method import grade
from dgrc.method.prompts import load_pack

ANSWERS = ["the supreme court", "the high court", "scotus"]


def test_the_question_and_every_answer_are_shown_with_its_number() -> None:
    (system, user) = grade.build_messages(load_pack("general"), "which court ?", ANSWERS)
    assert system["role"] == "system" and "groups" in system["content"]
    assert "which court ?" in user["content"]
    assert all(f"Answer {n}. {answer}" in user["content"] for n, answer in enumerate(ANSWERS, 1))


def test_groups_hold_the_answers_in_order() -> None:
    assert grade.parse_reply('{"groups": [[3, 1], [2]]}', ANSWERS) == (
        [["the supreme court", "scotus"], ["the high court"]], None,
    )


@pytest.mark.parametrize(
    "groups",
    [[[1, 2]], [[1, 2], [3, 3]], [[1], [2], [3], [4]], [[1, 2, True]], [1, 2, 3], None, [["1", 2, 3]]],
)
def test_a_grading_that_does_not_place_every_answer_once_is_none(groups: object) -> None:
    grouped, error = grade.parse_reply(json.dumps({"groups": groups}), ANSWERS)
    assert grouped is None and error is not None and "the grading" in error
