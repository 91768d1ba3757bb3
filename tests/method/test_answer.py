"""Answering atoms: the question alone goes out; answer and rationale come back."""

import dataclasses
import functools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import answer
from dgrc.method.prompts import load_pack
from tests.method.builders import HOSTILE

GENERAL, PROVING = load_pack("general"), load_pack("proving")
HELD = dataclasses.replace(GENERAL, schemas={**GENERAL.schemas, "answer": "{}"})
"""The same where answers are held to JSON."""
parse = functools.partial(answer.parse_reply, atom="Who has to prove it?")
LINES = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="<"), min_size=1)


@pytest.mark.parametrize("name", ["general", "legal", "legal_zh", "medical", "medical_zh", "proving"])
def test_the_question_stands_alone_and_unchanged(name: str) -> None:
    messages = answer.build_messages(load_pack(name), "What is a tort?")
    assert messages[-1]["role"] == "user"
    said = messages[-1]["content"]
    # What is asked of the reply comes behind it: asked before, small models answer at once and work nothing out.
    assert said.endswith("What is a tort?") or said.startswith("<question>\nWhat is a tort?\n</question>\n")


def test_replies_in_both_forms() -> None:
    reply = json.dumps({"reasoning": " By law\nit is. ", "answer": " the\nCrown "})
    for pack in (HELD, GENERAL):
        assert parse(pack, reply) == ("the Crown", "By law\nit is.", None)
    tagged = "<think> grace in corvin is 0 . </think> <answer> 0 </answer>"
    assert parse(PROVING, tagged) == ("0", "grace in corvin is 0 .", None)


@pytest.mark.parametrize("said", ["", " ", "unknown", "Unknown.", "."])
def test_no_answer_and_unknown_are_none_with_their_rationale(said: str) -> None:
    assert parse(HELD, json.dumps({"reasoning": "r", "answer": said})) == (None, "r", None)
    assert parse(PROVING, f"<think> r </think> <answer> {said} </answer>") == (None, "r", None)
    assert parse(GENERAL, f"By rule 3.\n<answer>{said}</answer>")[::2] == (None, None)


@pytest.mark.parametrize(
    "reply", ['{"answer": "5"}', '{"reasoning": "r"}', '{"reasoning": "r", "answer": 5}', "<answer> 5 </answer>", "5"]
)
def test_a_reply_that_cannot_be_read_is_its_own_rationale(reply: str) -> None:
    assert parse(HELD, reply) == (None, reply, None)
    assert parse(PROVING, reply) == (None, reply, None)


@pytest.mark.parametrize(
    ("reply", "said", "why"),
    [
        ("By the Code.\n\n3 x 2 = 6.\n<answer>6 mL</answer>", "6 mL", "By the Code.\n\n3 x 2 = 6."),
        ("<think>Or 7?</think>By the Code.\n<answer> The\nCrown </answer>", "The Crown", "By the Code."),
        ("It may be <answer>5</answer>, or not.\n<answer>6</answer>", "6", "It may be <answer>5</answer>, or not."),
        ("3 x 2 = 6.\n<answer>6 mL</answer>\nI hope this helps.", "6 mL", "3 x 2 = 6."),
        ("By the Code.\n\n**Final answer:** The Crown.", "the crown", "By the Code.\n\n**Final answer:** The Crown."),
        (r"3 x 2 = \boxed{6}", "6", r"3 x 2 = \boxed{6}"),
        ("<answer>6</answer>", "6", ""),
    ],
)
def test_free_text_is_read_as_a_chain_is(reply: str, said: str, why: str) -> None:
    assert parse(GENERAL, reply) == (said, why, None)


@pytest.mark.parametrize(
    "reply", ["", "By the Code.\n<answer>ANSWER</answer>", "It may be 5.\n\nOr it may be 6.", "<think>It is 5.</think>"]
)
def test_free_text_without_an_answer_has_none(reply: str) -> None:
    assert parse(GENERAL, reply)[::2] == (None, None)


@given(LINES, LINES)
def test_round_trip(said: str, why: str) -> None:
    json_reply = parse(HELD, json.dumps({"reasoning": why, "answer": said}))
    tagged_reply = parse(PROVING, f"<think> {why} </think> <answer> {said} </answer>")
    assert json_reply == tagged_reply
    assert json_reply[1] == why
    assert json_reply[0] in (said, None)


@given(st.text())
def test_parsing_never_raises(reply: str) -> None:
    assert parse(HELD, reply)[0] is None
    assert parse(PROVING, reply)[0] is None
    said, why, _ = parse(GENERAL, reply)
    assert why in reply and said != ""


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_replies_have_no_answer_and_can_be_stored(reply: str) -> None:
    for pack in (HELD, PROVING):
        said, rationale, problem = parse(pack, reply)
        assert (said, problem) == (None, None)
        assert len(rationale.encode()) >= len(rationale)
    said, _, _ = parse(GENERAL, '{"reasoning": "r", "answer": "a\\udfff"}')
    assert said == "a?"


@pytest.mark.parametrize(
    ("why", "said", "problem"),
    [
        ("Work it out step by step: name the fact", "5 years", "echo"),
        ("By the code it is five years.", "the fact or rule that settles it", "echo"),
        ("By the code it is five years.", "5 years", None),
        ("", "give the answer alone on the last line", "echo"),
        ("The party who asserts a claim has it.", "burden of proof", None),
        ("Antivirals act on the virus.", "antiviral drugs", None),
    ],
)
def test_an_answer_in_the_prompts_own_words_is_refused(why: str, said: str, problem: str | None) -> None:
    for reply in (json.dumps({"reasoning": why, "answer": said}), f"{why}\n<answer>{said}</answer>"):
        assert parse(GENERAL, reply) == (None if problem else said, why, problem)


@pytest.mark.parametrize(
    ("pack", "atom", "said", "refused"),
    [
        ("legal", "What is the standard of proof in a criminal trial?", "Law", True),
        ("legal", "What is the mailbox rule?", "the majority rule.", True),
        ("legal", "What are the elements of negligence?", "**Settled authority**", True),
        ("medical", "Which vitamin deficiency causes scurvy?", "current guidelines", True),
        ("legal_zh", "犯罪未遂应当如何处罚？", "法律", True),
        ("medical_zh", "哪种维生素缺乏会引起坏血病？", "机制", True),
        ("legal", "What are the elements of negligence?", "WORKED OUT", True),
        ("medical", "Which enzyme is inhibited by allopurinol?", "the enzyme", True),
        ("medical", "Which type of hypersensitivity is anaphylaxis?", "Hypersensitivity", True),
        ("legal", "What is strict liability?", "strict liability", True),
        ("legal_zh", "适用哪种诉讼程序？", "诉讼程序", True),
        ("medical", "Which enzyme is inhibited by allopurinol?", "xanthine oxidase", False),
        ("legal", "Who prevails, the plaintiff or the defendant?", "the defendant", False),
        ("legal", "What does the hearsay rule exclude?", "hearsay", False),
        ("legal", "Is the meaning of a statute a question of law or of fact?", "law", False),
        ("legal", "Who bears the burden of proof?", "the plaintiff", False),
        ("legal", "Can a minor void a contract?", "Yes", False),
        ("legal", "Within how many years?", "4 years", False),
        ("medical", "Which drug is given?", "aspirin", False),
        ("medical", "What is the hard deposit on a tooth called?", "calculus", False),
        ("legal", "Who prevails?", "The landlord, because the tenant did not give notice of the rule.", False),
        ("legal_zh", "该期间是几年？", "三年", False),
    ],
)
def test_an_answer_that_has_only_words_of_its_prompt_is_refused(pack: str, atom: str, said: str, refused: bool) -> None:
    for reply in (f"It follows.\n<answer>{said}</answer>", json.dumps({"reasoning": "r", "answer": said})):
        found, _, problem = answer.parse_reply(load_pack(pack), reply, atom)
        assert (found is None, problem) == ((True, "echo") if refused else (False, None))
