"""Chinese through the steps alone, without Ray: divergence, atoms, facts that speak to a chain and facts that do not,
verified chains in the curriculum; several right options; a teacher that answers in English is refused."""

import asyncio
import json
from typing import Any

import pytest

from dgrc.engines.base import Completion, Request
from dgrc.method import curriculum
from dgrc.method.prompts import load_pack
from dgrc.method.verify import Fact
from dgrc.pipeline.steps.answer import answer
from dgrc.pipeline.steps.gather import case_atoms, gather
from dgrc.pipeline.steps.verify import verify
from dgrc.records import AtomQuestion, Case, Question, VerifiedCase
from tests.pipeline.chinese import LENGTHS, NAMES, row, student, teacher
from tests.pipeline.steps.tools import toolbox

PACK = "legal_zh"


def reply(role: str, step: str, turn: str) -> list[str] | Completion:
    request = Request(({"role": "user", "content": turn},), n=3 if step in ("sample", "answer") else 1)
    return teacher(request) if role == "teacher" else student(request)


def question(n: int) -> Question:
    asked = row(n)
    return Question(n, asked["id"], asked["question"], tuple(asked.get("choices", ())), None, "q.jsonl:1", "{}")


def gathered(n: int) -> Case:
    tools, _ = toolbox(reply, prompts=PACK)
    return asyncio.run(gather(tools, question(n)))


def facts_of(case: Case) -> list[Fact]:
    """Its atoms, answered."""
    tools, _ = toolbox(reply, prompts=PACK)
    asked = case_atoms(case.id, case.diagnoses, tools.method)
    atoms = [asyncio.run(answer(tools, AtomQuestion(id_, text, (text,), (case.id,)))) for id_, text in asked]
    assert all(atom.kept and atom.agreement == 1.0 for atom in atoms)
    return [Fact(atom.id, atom.question, atom.answer or "") for atom in atoms]


def verified(case: Case, facts: list[Fact]) -> VerifiedCase:
    tools, _ = toolbox(reply, facts, prompts=PACK)
    return asyncio.run(verify(tools, case))


@pytest.mark.parametrize("n", [0, 1, 3, 5])
def test_a_divergence_becomes_a_fact_that_decides_over_its_chains_and_leaves_the_others_alone(n: int) -> None:
    case = gathered(n)
    assert case.status == "divergent" and {chain.read_by for chain in case.student} == {"phrase"}
    (own,) = facts_of(case)
    assert own.question == f"现行法律规定的{NAMES[n]}是多长时间？" and own.answer
    # All facts of the corpus are found by the fake index; which of them speak to a chain is decided here.
    others = [(m, name) for m, name in enumerate(NAMES) if m != n]
    elsewhere = [Fact(100 + m, f"现行法律规定的{name}是多长时间？", LENGTHS[m]) for m, name in others]
    done = verified(case, [own, *elsewhere])
    right = [f"{NAMES[n]}是{LENGTHS[n]}，" in chain.text for chain in case.teacher]
    assert [verdict.consistent for verdict in done.verdicts] == right
    assert all(own.id in verdict.facts for verdict in done.verdicts)
    assert [bool(verdict.contradicted_by) for verdict in done.verdicts] == [not passed for passed in right]
    examples = curriculum.verified_examples(load_pack(PACK), done, 3, "drop")
    assert examples and all(f"{NAMES[n]}是{LENGTHS[n]}，" in e.messages[-1]["content"] for e in examples)
    assert all("请用中文" in e.messages[0]["content"] for e in examples)


def test_a_fact_of_another_matter_speaks_to_no_chain() -> None:
    case = gathered(1)
    facts = [Fact(7, "流感的首选抗病毒药物是什么？", "奥司他韦"), Fact(8, "不当得利的构成要件有哪些？", "四项")]
    done = verified(case, facts)
    assert {verdict.reason for verdict in done.verdicts} == {"no fact speaks to it"}


def test_several_right_options_are_a_set_in_chinese_too() -> None:
    said = {"teacher": ["逐项判断如下。<answer>ABD</answer>"] * 3, "student": ["综上，正确答案：A、B。"] * 3}
    diagnosis = {"comparison": "", "questions": ["民法典规定的合同无效情形是否包括违背公序良俗？"]}

    def several(role: str, step: str, turn: str) -> list[str] | Completion:
        assert step == "diagnose" or "正确的选项可能有一个，也可能有多个" in turn
        return said[role] if step == "sample" else [json.dumps(diagnosis, ensure_ascii=False)]

    tools, _ = toolbox(several, prompts=PACK)
    choices = ("违背公序良俗", "恶意串通损害他人", "重大误解", "违反强制性规定")
    asked = Question(1, "", "依照民法典，下列哪些是合同无效的情形？", choices, None, "", "{}", True)
    case = asyncio.run(gather(tools, asked))
    assert ({c.answer for c in case.teacher}, {c.answer for c in case.student}) == ({"ABD"}, {"AB"})
    assert case.status == "divergent" and case.diagnoses[0].atoms == tuple(diagnosis["questions"])


def test_a_teacher_that_asks_in_english_or_the_packs_own_words_is_refused() -> None:
    asked = ["What is the ordinary limitation period?", "以哪条规则或标准为准，裁判机关持何种观点", "普通诉讼时效期间"]

    def wrong(role: str, step: str, turn: str) -> list[str] | Completion:
        questions: dict[str, Any] = {"comparison": "", "questions": asked}
        return [json.dumps(questions, ensure_ascii=False)] if step == "diagnose" else reply(role, step, turn)

    tools, _ = toolbox(wrong, prompts=PACK)
    (diagnosis,) = asyncio.run(gather(tools, question(0))).diagnoses
    assert diagnosis.atoms == () and diagnosis.error is not None
    assert [refused.reason for refused in diagnosis.refused] == ["off_topic", "echo", "no_question"]
