"""Verifying: facts in a fixed order, and verdicts read strictly."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import verify
from dgrc.method.prompts import load_pack
from dgrc.method.screen import content_words
from dgrc.method.verify import Fact
from dgrc.records import Chain, FactCheck, Verdict
from tests.method.builders import HOSTILE, chain

GENERAL, PROVING = load_pack("general"), load_pack("proving")
FACTS = (Fact(90, "what is a ?", "1"), Fact(70, "what is b ?", "2"), Fact(80, "what is c ?", "3"))
RELATIONS = {"supports": "same", "contradicts": "differ", "unrelated": "unused"}


def json_reply(relations: list[str], consistent: object) -> str:
    clauses = [{"fact": n, "finding": "f", "relation": relation} for n, relation in enumerate(relations, 1)]
    return json.dumps({"facts": clauses, "consistent": consistent})


def tagged_reply(relations: list[str], consistent: bool) -> str:
    clauses = [f"x {fact.answer} 9 {RELATIONS[relation]}" for fact, relation in zip(FACTS, relations, strict=True)]
    return " . ".join([*clauses, f"verdict {'consistent' if consistent else 'inconsistent'}"])


def test_facts_are_sorted_by_question_whatever_order_they_came_in() -> None:
    shuffled = list(FACTS)
    random.Random(1).shuffle(shuffled)
    assert verify.sort_facts(shuffled) == verify.sort_facts(reversed(shuffled)) == FACTS
    assert verify.sort_facts([Fact(2, "q", "b"), Fact(1, "q", "a")]) == (Fact(1, "q", "a"), Fact(2, "q", "b"))


def test_a_fact_speaks_to_a_chain_that_says_enough_of_its_words() -> None:
    limit = Fact(1, "In garth, what is the limit of breach?", "5")
    said = content_words("A widow in Garth sues for breach. The limit is 6.")
    assert verify.speaks_to(limit, said, 1.0)
    assert not verify.speaks_to(Fact(1, "In garth, what is the limit of fraud?", "5"), said, 0.75)
    assert verify.speaks_to(Fact(1, "In garth, what is the limit of fraud?", "5"), said, 2 / 3)
    assert not verify.speaks_to(Fact(1, "what is the ?", "5"), said, 0.1), "it is about nothing"


@pytest.mark.parametrize("name", ["general", "legal", "legal_zh", "medical", "medical_zh", "proving"])
def test_messages_show_question_facts_and_chain_in_this_order(name: str) -> None:
    content = verify.build_messages(load_pack(name), "The case.", (), chain("1", "The chain."), FACTS)[-1]["content"]
    places = [content.index(text) for text in ("The case.", "what is a ?", "what is b ?", "what is c ?", "The chain.")]
    assert places == sorted(places)


@given(st.lists(st.sampled_from(sorted(RELATIONS)), min_size=3, max_size=3), st.booleans())
def test_any_contradiction_rejects_and_an_unfounded_rejection_stands(relations: list[str], consistent: bool) -> None:
    passes = consistent and "contradicts" not in relations
    of_each = list(zip(FACTS, relations, strict=True))
    in_json = tuple(FactCheck(fact.id, relation, "verifier", "f") for fact, relation in of_each)
    tagged = tuple(
        FactCheck(fact.id, relation, "verifier", f"x {fact.answer} 9 {RELATIONS[relation]}")
        for fact, relation in of_each
    )
    assert verify.parse_reply(GENERAL, json_reply(relations, consistent), FACTS) == (passes, in_json, None)
    assert verify.parse_reply(PROVING, tagged_reply(relations, consistent), FACTS) == (passes, tagged, None)
    assert verify.contradicted(tagged) == tuple(fact.id for fact, relation in of_each if relation == "contradicts")


def test_clauses_may_come_in_any_order_since_they_are_numbered() -> None:
    clauses = [{"fact": n, "relation": "contradicts" if n == 3 else "supports"} for n in (3, 1, 2)]
    reply = json.dumps({"facts": clauses, "consistent": False})
    consistent, checks, error = verify.parse_reply(GENERAL, reply, FACTS)
    assert (consistent, error) == (False, None)
    found = [(check.fact, check.relation) for check in checks]
    assert found == [(90, "supports"), (70, "supports"), (80, "contradicts")]


@pytest.mark.parametrize(
    ("relations", "consistent", "against", "reason"),
    [
        (("unrelated", "supports", "unrelated"), True, (), None),
        (("supports", "contradicts", "supports"), False, (70,), None),
        (("unrelated",) * 3, None, (), verify.UNCHECKED),
    ],
)
def test_what_code_compared_settles_a_verdict(
    relations: tuple[str, ...], consistent: bool | None, against: tuple[int, ...], reason: str | None
) -> None:
    checks = tuple(FactCheck(f.id, said, verify.COMPARISON, "") for f, said in zip(FACTS, relations, strict=True))
    assert verify.settled(2, (90, 70, 80), checks) == Verdict(2, consistent, (90, 70, 80), against, reason, checks)


@pytest.mark.parametrize(
    "reply",
    [
        json_reply(["supports"] * 2, True),
        json_reply(["supports"] * 4, True),
        json_reply(["supports", "supports", "maybe"], True),
        json_reply(["supports"] * 3, "yes"),
        json_reply(["supports"] * 3, None),
        json.dumps({"facts": [{"fact": n, "relation": "supports"} for n in (1, 2, 2)], "consistent": True}),
        json.dumps({"facts": [{"fact": n, "relation": "supports"} for n in (1, 2, 3, 3)], "consistent": True}),
        json.dumps({"facts": [{"fact": n, "relation": "supports"} for n in (0, 1, 2)], "consistent": True}),
        json.dumps({"facts": [{"fact": n, "relation": "supports"} for n in (True, 2, 3)], "consistent": True}),
        json.dumps({"facts": ["supports"] * 3, "consistent": True}),
        json.dumps({"facts": {}, "consistent": True}),
        json.dumps({"consistent": True}),
    ],
)
def test_json_verdicts_that_do_not_judge_every_fact_once_are_errors(reply: str) -> None:
    consistent, checks, error = verify.parse_reply(GENERAL, reply, FACTS)
    assert (consistent, checks) == (None, ())
    assert error


@pytest.mark.parametrize(
    "reply",
    [
        "x 1 1 same . x 2 2 same . verdict consistent",
        "x same . x same . x same . x same . verdict consistent",
        "x same . x same . x maybe . verdict consistent",
        "x same . x same . x same . verdict",
        "x same . x same . x same . verdict consistent .",
        "x same . x same . x same . consistent",
        "x same . x same . x same",
        "x same .  . x same . verdict consistent",
        "verdict consistent",
    ],
)
def test_incomplete_tagged_verdicts_are_errors(reply: str) -> None:
    consistent, checks, error = verify.parse_reply(PROVING, reply, FACTS)
    assert (consistent, checks) == (None, ())
    assert error


@pytest.mark.parametrize(
    ("answer", "clause", "quoted"),
    [
        ("council", "appeal market market council council same", True),
        ("council", "appeal market market synod synod same", False),
        ("council", "appeal market market synod council differ", True),
        ("council", "appeal market crown unused", True),
        ("the high council", "appeal x the high council y differ", True),
        ("the high council", "appeal x the council high same", False),
        ("council", "appeal x councils same", False),
    ],
)
def test_a_verdict_that_puts_other_words_into_a_facts_mouth_is_an_error(answer: str, clause: str, quoted: bool) -> None:
    """A small verifier that believed a chain quoted the chain's value as the fact's, and found the two the same."""
    last = "inconsistent" if "differ" in clause else "consistent"
    facts = (Fact(1, "what is the appeal of market ?", answer),)
    consistent, _, error = verify.parse_reply(PROVING, f"{clause} . verdict {last}", facts)
    assert (error is None) == quoted and (consistent is None) == (not quoted)
    assert quoted or "does not quote the answer of fact 1" in str(error)


def test_without_facts_the_verdict_stands_alone() -> None:
    assert verify.parse_reply(PROVING, "verdict inconsistent", ()) == (False, (), None)
    assert verify.parse_reply(GENERAL, json_reply([], True), ()) == (True, (), None)


@given(st.text() | st.lists(st.sampled_from(". same differ verdict consistent".split())).map(" ".join))
def test_parsing_never_raises_and_is_undecided_exactly_with_an_error(reply: str) -> None:
    for pack in (GENERAL, PROVING):
        consistent, checks, error = verify.parse_reply(pack, reply, FACTS)
        assert (consistent is None) == (error is not None)
        assert not (consistent and verify.contradicted(checks)) and len(checks) == (0 if error else len(FACTS))


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_verdicts_are_errors(reply: str) -> None:
    for pack in (GENERAL, PROVING):
        assert verify.parse_reply(pack, reply, FACTS[:2])[0] is None


ECHOED = "on what this reasoning says or assumes about it"


@pytest.mark.parametrize(("relation", "read"), [("supports", False), ("contradicts", False), ("unrelated", True)])
def test_a_finding_in_the_prompts_own_words_finds_nothing(relation: str, read: bool) -> None:
    """That a chain does not touch a fact may be said in the words in which it is asked."""
    clauses = [{"fact": 1, "finding": ECHOED, "relation": relation}]
    reply = json.dumps({"facts": clauses, "consistent": relation != "contradicts"})
    consistent, _, error = verify.parse_reply(GENERAL, reply, FACTS[:1])
    assert (consistent is not None) == read and (error or "").startswith("" if read else "echo: ")


def test_what_a_model_only_thought_is_verified_on_request() -> None:
    said = Chain("The limit is five years because the code says so in full.", "A", "stop", 9, "Secretly I guess.")
    for thoughts, seen in (("visible", False), ("all", True)):
        shown = verify.build_messages(GENERAL, "Which?", (), said, FACTS, thoughts)[-1]["content"]
        assert ("Secretly" in shown) is seen and "the code says so" in shown


def test_a_fact_speaks_to_a_chinese_chain_that_says_its_words_elsewhere() -> None:
    fact = Fact(1, "解除合同的条件是什么？", "根本违约")
    said = content_words("当事人可以解除合同，但须满足法定条件，即对方根本违约。")
    assert verify.speaks_to(fact, said, 0.75), "where two words meet is no word: `同条` need not be said"
    other = Fact(2, "房屋租赁期限的上限是多少年？", "20")
    assert not verify.speaks_to(other, said, 0.3)
    assert not verify.speaks_to(fact, content_words("房屋租赁期限不得超过二十年。"), 0.3)


@pytest.mark.parametrize(
    ("text", "thoughts", "bare"),
    [
        ("<answer>D</answer>", "", True), ("D", "", True), ("D. Cost", "", True), ("The answer is D.", "", True),
        ("**Answer: B) Testes**", "", True), ("\\boxed{12}", "", True), ("答案是D。", "", True), ("故选D", "", True),
        ("5 mg/kg * 20 kg = 100 mg\n<answer>100 mg</answer>", "", False),
        ("9 + 37 = 46\n<answer>46</answer>", "", False),
        ("A notice of two weeks is too short by section 12, so B.", "", False),
        ("劳动合同法规定试用期不得超过六个月，因此该约定无效，选B。", "", False),
        ("<answer>D</answer>", "A notice of two weeks is too short by section 12, so it is D.", False),
        ("<answer>D</answer>", "Hm. D.", True),
    ],
)  # fmt: skip
def test_a_chain_is_bare_if_neither_text_nor_thoughts_reason(text: str, thoughts: str, bare: bool) -> None:
    one = Chain(text, "D", "stop", 9, thoughts)
    assert verify.is_bare(GENERAL, one) is bare
    assert not verify.is_bare(PROVING, one), "a language of its own"
    assert not verify.is_bare(GENERAL, Chain(text, None, "stop", 9, thoughts)), "unread is another matter"
