"""Asking a reader which option a chain ends with: twice, in orders and letters that give nothing away."""

import json

import pytest

from dgrc.method.prompts import load_pack
from dgrc.method.reading import asked as ask_reading
from tests.method.builders import chain

COURTS = ("the crown", "the mill", "the senate")


@pytest.mark.parametrize("count", range(2, ask_reading.MOST_CHOICES + 1))
def test_no_option_keeps_its_place(count: int) -> None:
    first, second = ask_reading.orders(count)
    assert sorted(first) == sorted(second) == list(range(count))
    assert all(one != two for one, two in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["general", "legal", "medical"])
def test_options_stand_under_other_letters_and_question_and_chain_come_first(name: str) -> None:
    pack = load_pack(name)
    said = chain(None, "I would say the mill, all told.")
    first, second = ask_reading.orders(3)
    asked, schema = ask_reading.build_messages(pack, "Which court?", COURTS, said, first)
    again, _ = ask_reading.build_messages(pack, "Which court?", COURTS, said, second)
    one, two = asked[-1]["content"], again[-1]["content"]
    head = one[: one.index("<new_letters>")]
    assert two.startswith(head) and one != two
    assert "A. the crown" in head and said.text in head
    assert one[len(head) :].split("\n")[1:4] == [f"{n}. {COURTS[i]}" for n, i in zip("KLM", first, strict=True)]
    assert json.loads(schema)["properties"]["option"]["enum"] == ["K", "L", "M", "none"]


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ('{"option": "K"}', "B"), ('{"option": "L"}', "C"), ('{"option": "M"}', "A"), ('{"option": "none"}', None),
        ('{"option": "A"}', None), ('{"option": "k"}', None), ('{"option": ["K"]}', None), ('{"option": 1}', None),
        ("K", None), ("", None), ("{}", None), ('["K"]', None), ('```json\n{"option": "K"}\n```', "B"),
    ],
)  # fmt: skip
def test_a_reply_names_an_option_of_the_question_or_nothing(reply: str, read: str | None) -> None:
    assert ask_reading.parse_reply(reply, (1, 2, 0)) == read


def test_a_reader_that_always_takes_the_first_letter_never_says_the_same_twice() -> None:
    for count in range(2, 9):
        said = [ask_reading.parse_reply('{"option": "K"}', order) for order in ask_reading.orders(count)]
        assert None not in said and said[0] != said[1]


def test_not_everything_can_be_asked() -> None:
    assert ask_reading.can_be_asked(load_pack("general"), COURTS)
    assert not ask_reading.can_be_asked(load_pack("proving"), COURTS)
    assert not ask_reading.can_be_asked(load_pack("general"), ())
    assert not ask_reading.can_be_asked(load_pack("general"), ["x"] * (ask_reading.MOST_CHOICES + 1))


def test_no_reader_is_asked_where_an_answer_is_a_set() -> None:
    pack = load_pack("general")
    assert ask_reading.can_be_asked(pack, COURTS) and not ask_reading.can_be_asked(pack, COURTS, several=True)
