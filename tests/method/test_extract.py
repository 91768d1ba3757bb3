"""Reading off: the fact's answer is never shown, and what was read off is compared, or left to a reader."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.prompts import load_pack
from dgrc.method.verify import Fact, extract
from dgrc.records import Chain
from tests.method.builders import HOSTILE

GENERAL = load_pack("general")
DOSE = Fact(1, "How many mg is the dose at 33 kg and 5 mg per kg?", "165 mg")
HELD = Fact(2, "Was the notice given in time?", "Yes.")
DRUG = Fact(3, "Which drug is given first in anaphylaxis?", "Epinephrine")


def reply(*entries: object) -> str:
    return json.dumps({"answers": [{"question": n, "answer": said} for n, said in enumerate(entries, 1)]})


@pytest.mark.parametrize("name", ["general", "legal", "legal_zh", "medical", "medical_zh"])
def test_who_reads_off_sees_questions_and_chain_but_no_answer_of_a_fact(name: str) -> None:
    pack = load_pack(name)
    chain = Chain("It is B.", "B", "stop", 3)
    turns = extract.build_messages(pack, "Whole question?", ("one", "two"), chain, [DOSE, DRUG])
    assert [turn["role"] for turn in turns] == ["system", "user"]
    said = turns[1]["content"]
    assert "It is B." in said and "Whole question?" in said and "B. two" in said
    assert f"1. {DOSE.question}\n2. {DRUG.question}" in said
    assert "165" not in said and "Epinephrine" not in said
    for key in ("answers", "question", "answer"):
        assert f"`{key}`" in turns[0]["content"]


def test_the_grammar_asks_for_one_entry_a_question() -> None:
    entries = json.loads(extract.schema(GENERAL, [DOSE, DRUG]) or "")["properties"]["answers"]
    assert (entries["minItems"], entries["maxItems"]) == (2, 2)


def test_replies_are_read_in_the_order_of_the_questions() -> None:
    assert extract.parse_reply(GENERAL, reply("165\nmg", "None."), 2) == ["165 mg", None]
    turned = {"answers": [{"question": 2, "answer": "no"}, {"question": 1, "answer": "\u65e0"}]}
    assert extract.parse_reply(GENERAL, json.dumps(turned), 2) == [None, "no"]
    echo = "copy the answer that the reasoning itself gives to it"
    assert extract.parse_reply(GENERAL, reply(echo), 1) == [None]


@pytest.mark.parametrize(
    "text", ["", "165 mg", '{"answers": 1}', reply("165 mg"), reply("1", "2", "3"), reply("1", 2),
             '{"answers": [1, 2]}', '{"answers": [{"question": 1, "answer": "a"}, {"question": 1, "answer": "b"}]}',
             '{"answers": [{"question": true, "answer": "a"}, {"question": 2, "answer": "b"}]}', *HOSTILE],
)  # fmt: skip
def test_a_reply_that_does_not_answer_each_question_once_is_none(text: str) -> None:
    assert extract.parse_reply(GENERAL, text, 2) is None


@pytest.mark.parametrize(
    ("fact", "said", "chain", "relation"),
    [
        (DOSE, "165", "33 x 5 = 165 mg", "supports"),
        (DOSE, "0.165 g", "That is 0.165 g.", "supports"),
        (DOSE, "1,650 mg", "33 x 50 = 1650 mg", "contradicts"),
        (DOSE, "6.6 mg", "33 / 5 = 6.6 mg", "contradicts"),
        (DOSE, None, "The patient is a child.", "unrelated"),
        (DOSE, "165 mg", "The dose is 33 + 5 = 38 mg.", None),
        (DOSE, "a high dose", "It is a high dose.", None),
        (HELD, "yes", "Notice was given in time.", "supports"),
        (HELD, "No, it was late", "It was late.", "contradicts"),
        (HELD, "it was late", "It was late.", None),
        (DRUG, "epinephrine", "Epinephrine comes first.", "supports"),
        (DRUG, "The drug is epinephrine.", "Epinephrine comes first.", "supports"),
        (DRUG, "adrenaline", "Adrenaline comes first.", None),
    ],
)
def test_words_decide_measures_and_yes_or_no_and_leave_the_rest(
    fact: Fact, said: str | None, chain: str, relation: str | None
) -> None:
    assert extract.relation(fact, said, chain) == relation


def test_a_tolerance_holds_here_as_elsewhere() -> None:
    assert extract.relation(DOSE, "166 mg", "about 166 mg") == "contradicts"
    assert extract.relation(DOSE, "166 mg", "about 166 mg", tolerance=0.01) == "supports"


@given(st.text(), st.text())
def test_any_text_has_a_relation_or_is_left(said: str, chain: str) -> None:
    assert extract.relation(DRUG, said, chain) in ("supports", "contradicts", "unrelated", None)
