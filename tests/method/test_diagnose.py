"""Diagnosing: neutral messages, and atomic questions out of JSON and tagged replies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method import diagnose
from dgrc.method.echo import ECHO
from dgrc.method.prompts import load_pack
from dgrc.records import Chain, Refused
from tests.method.builders import HOSTILE, chain

GENERAL, PROVING = load_pack("general"), load_pack("proving")
TEACHER, STUDENT = chain("A", "the older chain"), chain("B", "the younger chain")
WORDS = st.lists(st.sampled_from("differ : ? . done same what is the limit".split()), max_size=30).map(" ".join)


@pytest.mark.parametrize("name", ["general", "legal", "legal_zh", "medical", "medical_zh", "proving"])
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
    about = ("Is it a tort?", "0 1 2 3 4 5 6 7 8")
    atoms, refused, error = diagnose.parse_reply(GENERAL, json.dumps({"comparison": "c", "questions": asked}), about)
    assert (refused, error) == ((), None)
    assert atoms == ("What is a tort?", "What is 0?", "What is 1?", "What is 2?", "What is 3?")


@pytest.mark.parametrize(
    "value",
    [{}, {"questions": []}, {"questions": [" "]}, {"questions": "What?"}, {"questions": ["What?", 1]}, ["What?"]],
)
def test_json_replies_without_questions_are_errors(value: object) -> None:
    atoms, refused, error = diagnose.parse_reply(GENERAL, json.dumps(value), ("What?",))
    assert (atoms, refused) == ((), ())
    assert error


@pytest.mark.parametrize(
    ("reply", "atoms"),
    [
        (
            "breach limit 5 5 same . widow grace 1 2 differ : what is the widow grace in garth ? court x x same . done",
            ("what is the widow grace in garth ?",),
        ),
        ("x 1 2 differ : what is x ? y 1 2 differ : what is y ? done", ("what is x ?", "what is y ?")),
        ("x 1 2 differ : what is x ?\ny 1 2 differ :  what is x ? done\n", ("what is x ?",)),
        ("a 1 1 same . done", ()),
        ("done", ()),
    ],
)
def test_tagged_questions(reply: str, atoms: tuple[str, ...]) -> None:
    assert diagnose.parse_reply(PROVING, reply, (reply,)) == (atoms, (), None)


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
    atoms, refused, error = diagnose.parse_reply(PROVING, reply, (reply,))
    assert (atoms, refused) == ((), ())
    assert error


@given(st.text() | WORDS)
def test_parsing_never_raises_and_gives_questions_or_an_error(reply: str) -> None:
    atoms, refused, error = diagnose.parse_reply(PROVING, reply, ("the limit",))
    assert error is None or atoms == ()
    assert all(atom.endswith(" ?") and "differ" not in atom for atom in (*atoms, *(r.text for r in refused)))
    atoms, _, error = diagnose.parse_reply(GENERAL, reply, ("the limit",))
    assert bool(atoms) != bool(error)


@given(st.lists(st.from_regex(r"[a-z]{1,5}( [a-z]{1,5}){0,4} \?", fullmatch=True), max_size=4))
def test_tagged_round_trip(questions: list[str]) -> None:
    questions = [question for question in questions if not {"differ", "done"} & set(question.split())]
    reply = " ".join([*(f"x 1 2 differ : {question}" for question in questions), "done"])
    asked = tuple(dict.fromkeys(questions))
    atoms, refused, error = diagnose.parse_reply(PROVING, reply, questions)
    assert error is None and sorted((*atoms, *(r.text for r in refused))) == sorted(asked)
    assert {r.reason for r in refused} <= {ECHO}, "it speaks of the case, if of anything"


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_replies_are_errors(reply: str) -> None:
    for pack in (GENERAL, PROVING):
        atoms, refused, error = diagnose.parse_reply(pack, reply, ("Which court?", reply))
        assert (atoms, refused) == ((), ())
        assert error


CASE = (
    "A patient with influenza is seen after 30 hours. Which drug should be given?",
    "Oseltamivir", "Aspirin",
    "Oseltamivir is an antiviral drug; it helps within 48 hours of the first symptoms. <answer>A</answer>",
    "Aspirin lowers the fever, and antiviral drugs come too late after 24 hours. <answer>B</answer>",
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "kept", "refused"),
    [
        (["Within how many hours of the first symptoms does oseltamivir help?"], 1, []),
        (["What are antiviral drugs used for?", "..."], 1, ["echo"]),
        (["Is oseltamivir given for influenza?", "first atomic question"], 1, ["echo"]),
        (["each of them a text", "the list of your atomic questions"], 0, ["echo", "echo"]),
        (["it has one short answer that an expert or a standard reference could confirm"], 0, ["echo"]),
        (["What is the capital of France?"], 0, ["off_topic"]), (["What is it?", "Who has them?"], 0, ["echo", "echo"]),
        (["What is the statute of limitations for written contracts in Ohio?"], 0, ["off_topic"]),
        (["Which drug is an antiviral, oseltamivir or aspirin?", "What is the GDP of Chile?"], 1, ["off_topic"]),
        (["???", "What is the?"], 0, ["echo", "echo"]),
        (["In this patient oseltamivir is an antiviral drug."], 0, ["no_question"]),
        (["Under the rule, antiviral drugs lower the fever."], 0, ["no_question"]),
        (["Under what fever is oseltamivir given", "If influenza is seen after 30 hours, is oseltamivir given"], 2, []),
        (["Within 48 hours of symptoms, the drug helps."], 0, ["no_question"]),
        (["A fever lasts 48 hours. How many hours does oseltamivir help"], 1, []),
        (["How influenza spreads is known. The drug oseltamivir helps"], 1, []),  # which begins as questions do
        (["Influenza causes a fever. When oseltamivir is given, the fever falls"], 0, ["no_question"]),
        (["Is oseltamivir an antiviral drug?", "Which of the following is antiviral?"], 1, ["leans_on_options"]),
        (["Is influenza viral?", "Which option is correct?"], 1, ["leans_on_options"]),
        (["Which of the following is an antiviral drug: oseltamivir or aspirin?"], 1, []),
    ],
)
def test_atoms_that_say_nothing_of_the_case_are_refused(asked: list[str], kept: int, refused: list[str]) -> None:
    reply = json.dumps({"comparison": "They part.", "questions": asked})
    atoms, dropped, error = diagnose.parse_reply(GENERAL, reply, CASE)
    assert (atoms, [refusal.reason for refusal in dropped]) == (tuple(asked[:kept]), refused)
    assert dropped == tuple(Refused(text, reason) for text, reason in zip(asked[kept:], refused, strict=True))
    assert (error is None) == bool(kept)
    assert error is None or all(reason in error for reason in refused)


CHINESE_CASE = (
    "甲将房屋出租给乙，租期二十五年。租赁合同的效力如何？", "全部有效", "超过二十年的部分无效",
    "租赁期限不得超过二十年，超过二十年的，超过部分无效。<answer>B</answer>",
    "当事人意思自治，合同有效。<answer>A</answer>",
)  # fmt: skip


@pytest.mark.parametrize(
    ("atom", "refused"),
    [
        ("租赁合同约定的租赁期限最长为多少年？", None), ("租赁期限超过二十年的租赁合同效力如何", None),
        ("民法典中租赁期限的上限是多久", None), ("请说明租赁期限超过法定上限的部分的效力。", None),
        ("租赁期限的上限几年", None), ("谁可以主张租赁合同无效", None), ("租赁期限超过二十年的部分是否无效。", None),
        ("试用期和租赁期限的上限", "no_question"), ("请求权的租赁合同基础", "no_question"), ("说明义务的租赁合同内容",
        "no_question"),
        ("租赁期限超过二十年的部分（ ）。", None), ("租赁期限的上限是____年。", None),
        ("租赁期限（上限）", "no_question"),
        ("列举租赁合同无效的情形。", None), ("试述租赁合同无效的后果。", None),
        ("租赁合同的最长期限", "no_question"), ("任何租赁合同的期限", "no_question"), ("租赁合同几乎都有期限。",
        "no_question"),
        ("租赁期限的二十年上限何况无效", "no_question"), ("超过二十年的租赁合同有效还是无效", None),
        ("超过二十年的租赁合同还是应当履行", "no_question"),
        ("流感的首选药物是什么？", "off_topic"), ("劳动合同的试用期最长为多久？", "off_topic"),
        ("What is the longest term of a lease?", "off_topic"),
        ("上述分析的结论是什么？", "echo"), ("它是什么？", "echo"), ("选项A还是选项B？", "echo"),
        ("思路甲和思路乙哪个？", "echo"), ("第二段推理为何？", "echo"),
        ("各地或各个时期的法律规定不一的，还要写明是哪里、何时的法律", "echo"), ("本案被告", "echo"), ("？？？",
        "echo"),
    ],
)  # fmt: skip
def test_chinese_atoms_must_ask_and_be_of_their_case(atom: str, refused: str | None) -> None:
    pack = load_pack("legal_zh")
    reply = json.dumps({"comparison": "两份分析对租赁期限的上限看法不同。", "questions": [atom]}, ensure_ascii=False)
    atoms, dropped, error = diagnose.parse_reply(pack, reply, CHINESE_CASE)
    assert [refusal.reason for refusal in dropped] == ([refused] if refused else []), dropped
    assert atoms == (() if refused else (atom,)) and (error is None) == (refused is None)


def test_a_refused_atom_takes_no_place_of_the_five() -> None:
    asked = ["...", *(f"Does oseltamivir help after {n} hours?" for n in range(6))]
    atoms, refused, _ = diagnose.parse_reply(GENERAL, json.dumps({"comparison": "", "questions": asked}), CASE)
    assert (atoms, len(refused)) == (tuple(asked[1:6]), 1)


@pytest.mark.parametrize(("thoughts", "seen"), [("visible", False), ("all", True)])
def test_what_a_model_only_thought_is_shown_on_request(thoughts: str, seen: bool) -> None:
    said = Chain("The limit is five years because the code says so in full.", "A", "stop", 9, "Secretly I guess.")
    shown = diagnose.build_messages(GENERAL, "Which?", (), said, STUDENT, False, thoughts)[-1]["content"]
    assert ("Secretly" in shown) is seen and "the code says so" in shown


def test_chinese_atoms_are_held_against_the_chinese_case() -> None:
    case = ("甲向乙借款，到期未还，乙诉至法院。", "诉讼时效期间为三年，自权利人知道权利受到损害之日起计算。")
    asked = ["诉讼时效期间从何时起算？", "阿司匹林的禁忌症有哪些？", "它是什么？"]
    atoms, refused, error = diagnose.parse_reply(GENERAL, json.dumps({"comparison": "", "questions": asked}), case)
    assert atoms == (asked[0],) and error is None
    assert [(r.text, r.reason) for r in refused] == [(asked[1], diagnose.OFF_TOPIC), (asked[2], ECHO)]


def test_an_atom_that_points_at_a_case_it_does_not_describe_is_refused() -> None:
    about = ["A child weighs 20 kg and gets Torvane at 5 mg per kg. How many mg is one dose?"]
    good = "How many mg of Torvane is one dose for a child of 20 kg at 5 mg per kg?"
    reply = json.dumps({"comparison": "c", "questions": ["How many mg of Torvane is one dose for this child?", good]})
    kept, refused, error = diagnose.parse_reply(load_pack("general"), reply, about)
    assert (kept, error) == ((good,), None)
    assert [(r.reason, r.text) for r in refused] == [
        ("points_elsewhere", "How many mg of Torvane is one dose for this child?")
    ]


@pytest.mark.parametrize(
    ("given", "question", "atom"),
    [
        ("The notice is 3 months", "How many days is that?", "The notice is 3 months. How many days is that?"),
        ("The notice is 3 months:", "How many\ndays?", "The notice is 3 months: How many days?"),
        ("通知期为3个月。", "一共是多少天？", "通知期为3个月。 一共是多少天？"),
        (" ", "How long is the notice?", "How long is the notice?"),
        ("It is 5.07 g. How many mg are 5.07 g?", "How many mg is that?", "It is 5.07 g. How many mg is that?"),
        ("How many mg are 5.07 g?", "How many mg are 5.07 g?", "How many mg are 5.07 g?"),
        ("通知期为3个月。一共是多少天？", "一共是多少天？", "通知期为3个月。 一共是多少天？"),
    ],
)
def test_what_a_question_needs_may_stand_apart_and_goes_in_front(given: str, question: str, atom: str) -> None:
    reply = json.dumps({"comparison": "c", "questions": [{"given": given, "question": question}]})
    kept, refused, error = diagnose.parse_reply(GENERAL, reply, [atom])
    assert (kept, refused, error) == ((atom,), (), None)


@pytest.mark.parametrize(
    "question", [{"question": "What?"}, {"given": 3, "question": "What?"}, {"given": "x"}, ["What?"]]
)
def test_a_question_that_is_neither_a_text_nor_both_parts_is_an_error(question: object) -> None:
    kept, _, error = diagnose.parse_reply(GENERAL, json.dumps({"questions": [question]}), ["What?"])
    assert not kept and error is not None and "`given` and `question`" in error


def test_given_without_a_question_asks_nothing() -> None:
    reply = json.dumps({"questions": [{"given": "The notice is 3 months.", "question": " "}]})
    assert diagnose.parse_reply(GENERAL, reply, ["notice"])[::2] == ((), "the diagnosis asks no question")
