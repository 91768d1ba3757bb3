"""Real replies of two small models, held against what careful readers say they answer (../real_replies/README.md)."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dgrc.method import answer, diagnose, meaning, verify
from dgrc.method.prompts import Pack, load_pack
from dgrc.method.reading import read
from dgrc.method.replies import json_object, one_line

HERE = Path(__file__).parents[1] / "real_replies"


def rows(name: str, half: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["half"] == half and row["sure"]]


def counted(half: str) -> Counter[str]:
    """Replies to questions with options by what became of them; the readers were sure of all."""
    found: Counter[str] = Counter()
    for row in rows("chains", half):
        if row["choices"]:
            said, _ = read(row["reply"], row["choices"])
            if row["answer"] is None:
                found["nothing there" if said is None else "invented"] += 1
            else:
                found["unread" if said is None else "right" if said == row["answer"] else "wrong"] += 1
    return found


@pytest.mark.parametrize("half", ["build", "unseen", "fresh"])
def test_what_a_careful_reader_can_read_is_read(half: str) -> None:
    found = counted(half)
    readable = found["right"] + found["wrong"] + found["unread"]
    assert readable >= 70, found
    assert found["right"] >= 0.95 * readable, found
    assert found["wrong"] + found["invented"] <= 1, found


@pytest.fixture(scope="module")
def version_3(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The packs with the JSON examples that the models were shown and copied."""
    examples = {
        "diagnose": '{"comparison": "the points at which the two part, in a few sentences", "questions": '
        '["first atomic question", "..."]}',
        "answer": '{"reasoning": "the mechanism, rule or holding that settles the question, in a few sentences", '
        '"answer": "the answer alone, in as few words as it takes"}',
        "medical answer": '{"reasoning": "the mechanism, criterion or evidence that settles the question, in a few '
        'sentences", "answer": "the answer alone, in as few words as it takes"}',
        "verify": '{"facts": [{"fact": 1, "finding": "what the reasoning says or assumes on this point", "relation": '
        '"supports"}], "consistent": true}',
    }
    packs: dict[str, Pack] = {}
    for name in ("general", "legal", "legal_zh", "medical", "medical_zh"):
        pack = load_pack(name)
        shown = {**pack.templates, "system": pack.templates["system"] + "\n".join(examples.values())}
        packs[name] = Pack(pack.name, "3", pack.reply, pack.tags, pack.markers, shown, pack.schemas)
    return packs


@pytest.mark.parametrize("half", ["build", "unseen"])
def test_no_echo_becomes_an_atom(half: str, version_3: dict[str, Pack]) -> None:
    echoes = kept = 0
    for row in rows("steps", half):
        if row["step"] != "diagnose" or row["label"]["atoms"] is None:
            continue
        about = (row["question"], *row["choices"], row["first"], row["second"])
        atoms, _, _ = diagnose.parse_reply(version_3[row["pack"]], row["reply"], about)
        asked = (json_object(row["reply"]) or {})["questions"]
        for text, label in zip(asked, row["label"]["atoms"], strict=True):
            echoes += label == "echo"
            kept += label == "echo" and one_line(text) in atoms
    assert echoes >= 40 and kept == 0, (echoes, kept)


@pytest.mark.parametrize("half", ["build", "unseen"])
def test_no_echo_becomes_an_answer_or_a_finding(half: str, version_3: dict[str, Pack]) -> None:
    answers, findings = [], []
    for row in rows("steps", half):
        pack = version_3[row["pack"]]
        if row["step"] == "answer" and row["label"]["echo"]:
            answers.append(answer.parse_reply(pack, row["reply"], row["question"])[0])
        if row["step"] == "verify" and row["label"]["echo"]:
            facts = [verify.Fact(number, *fact) for number, fact in enumerate(row["facts"])]
            findings.append(verify.parse_reply(pack, row["reply"], facts)[0])
    assert len(answers) >= 2 and len(findings) >= 5, (len(answers), len(findings))
    assert {*answers, *findings} == {None}


@pytest.mark.parametrize("half", ["build", "unseen"])
def test_two_answers_are_the_same_if_a_reader_says_so(half: str) -> None:
    pack, before, found = load_pack("general"), {}, Counter()  # type: ignore[var-annotated]
    for row in rows("steps", half):
        if row["step"] != "answer":
            continue
        said, _, _ = answer.parse_reply(pack, row["reply"], row["question"])
        key = (row["model"], row["pack"], row["question"])
        if said and before.get(key) and row["label"].get("same") is not None:
            found[row["label"]["same"], meaning.same(before[key], said, question=row["question"])] += 1
        before[key] = said
    assert found[False, True] == 0, "a wrong agreement would be taught"
    assert found[True, True] >= 2 and found[True, False] == 0, found
