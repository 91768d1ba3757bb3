"""Judging atoms: a total over all seven aspects, or nothing."""

import json
import re

import pytest

from dgrc.method import judge
from dgrc.method.prompts import load_pack

GENERAL = load_pack("general")


@pytest.mark.parametrize("pack", ["general", "legal", "legal_zh", "medical", "medical_zh"])
def test_the_judge_sees_the_atom_and_is_told_every_aspect(pack: str) -> None:
    system, user = judge.build_messages(load_pack(pack), "what is the limit ?", "by rule 3", "5 years")
    assert all(part in user["content"] for part in ("what is the limit ?", "by rule 3", "5 years"))
    assert all(re.search(rf"^- {aspect}(?:: |（\w\w）：)", user["content"], re.M) for aspect in judge.ASPECTS)
    assert "each of the seven aspects by its name" in system["content"] or "七个方面" in system["content"]
    schema = json.loads(load_pack(pack).schema("judge") or "")
    assert set(judge.ASPECTS) < set(schema["required"])


def test_the_total_is_of_all_aspects() -> None:
    scores = dict.fromkeys(judge.ASPECTS, 2) | {"logic": 0}
    assert judge.parse_reply(GENERAL, json.dumps({"remark": "", **scores})) == (12, None)
    assert judge.parse_reply(GENERAL, json.dumps(dict.fromkeys(judge.ASPECTS, 2))) == (judge.MOST, None)


@pytest.mark.parametrize("scores", [{}, {"logic": 3}, {"logic": -1}, {"logic": True}, {"logic": "2"}, {"logic": 1.5}])
def test_a_missing_or_impossible_score_is_no_judgement(scores: dict) -> None:
    given = {aspect: 2 for aspect in judge.ASPECTS if scores} | scores
    total, error = judge.parse_reply(GENERAL, json.dumps(given))
    assert total is None and error is not None


def test_a_remark_in_the_prompts_own_words_is_no_judgement() -> None:
    scores = dict.fromkeys(judge.ASPECTS, 2)
    for remark in ("a text of a few words on the worst flaw that you find", "Score what stands there, not what could"):
        total, error = judge.parse_reply(GENERAL, json.dumps({"remark": remark, **scores}))
        assert total is None and (error or "").startswith("echo: ")
    for remark in ("", "none", "The reasoning names no source for the limit of five years.", "good"):
        assert judge.parse_reply(GENERAL, json.dumps({"remark": remark, **scores})) == (judge.MOST, None)
