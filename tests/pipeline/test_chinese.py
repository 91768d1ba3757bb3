"""Chinese from end to end on scripted engines: divergence, atoms, facts that speak to chains, verified chains; a leak
and near-duplicates are found; a pack in the wrong script is said before anything is paid."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dgrc.config.file import make_config
from dgrc.storage.run_dir import RunDir
from tests.pipeline.chinese import LENGTHS, NAMES, RETOLD, row, write_rows
from tests.pipeline.conftest import curate_here

pytestmark = pytest.mark.usefixtures("ray_here")

CASE = "某甲将其汽车借给某乙使用,某乙驾驶时因过失撞伤行人某丙，赔偿责任应当由谁承担？"
LEAK = {"id": "考1", "question": CASE, "answer": "某乙"}
"""Of the evaluation; the corpus has it in full-width marks, with other words before it."""
TOLD_TWICE = (0, 1, 3)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> tuple[RunDir, dict[str, Any], list[str]]:
    folder = tmp_path_factory.mktemp("chinese")
    leaked = {"id": "漏", "question": "请看案例：" + CASE.replace(",", "，").replace("？", "?")}
    again = {**row(0), "id": "重"}
    retold = [row(n, RETOLD, "又") for n in TOLD_TWICE]
    questions = write_rows(folder / "题目.jsonl", [*map(row, range(len(NAMES))), leaked, again, *retold])
    held_out = write_rows(folder / "考题.jsonl", [LEAK])
    config = make_config(
        {
            "name": "zh", "runs_dir": str(folder / "runs"),
            "questions": {
                "files": [str(questions)], "fields": {"label": "answer", "choices": "choices"},
                "contamination": "quarantine",
            },
            "evaluation": {"files": [str(held_out)], "fields": {"label": "answer"}},
            "teacher": {"engine": "scripted", "script": "tests.pipeline.chinese:teacher"},
            "student": {"engine": "scripted", "script": "tests.pipeline.chinese:student"},
            "method": {"prompts": "legal_zh", "near_duplicate_corpus": 0.8, "answers_per_atom": 3},
            "pipeline": {"workers": 1, "rows_per_block": 8},
        }
    )  # fmt: skip
    return curate_here(config)


def rows(run: RunDir, name: str) -> list[dict[str, Any]]:
    return list(pq.ParquetDataset(run.dataset(name)).read().to_pylist())


def of(case: dict[str, Any]) -> int:
    """The period that a case is about."""
    return next(n for n, name in enumerate(NAMES) if name in case["text"])


def test_a_planted_leak_and_a_repeat_are_found_and_nothing_else_is_refused(curated: Any) -> None:
    run, reports, _ = curated
    refused = {row["source_id"]: row["reason"] for row in pq.ParquetDataset(run.quarantine).read().to_pylist()}
    assert refused["漏"] == "contaminated" and len(refused) == 2 and set(refused) == {"漏", "重"}
    assert reports["ingest"]["contaminated"] == 1 and len(rows(run, "questions")) == len(NAMES) + len(TOLD_TWICE)


def test_all_chains_are_read_and_models_part_where_they_say_another_length(curated: Any) -> None:
    run, _, _ = curated
    for case in rows(run, "cases"):
        n = of(case)
        assert all(chain["answer"] for chain in (*case["teacher"], *case["student"])), case
        assert {chain["read_by"] for chain in case["student"]} == {"phrase"}
        assert case["status"] == ("divergent" if n % 2 or n % 3 == 0 else "agreeing"), (n, case)
        for diagnosis in case["diagnoses"]:
            assert diagnosis["error"] is None and len(diagnosis["atoms"]) == 1 and NAMES[n] in diagnosis["atoms"][0]
            assert [refused["reason"] for refused in diagnosis["refused"]] == ["off_topic", "echo", "no_question"]


def test_atoms_are_answered_in_chinese_and_near_duplicates_are_kept_once(curated: Any) -> None:
    run, _, _ = curated
    atoms = rows(run, "atoms")
    assert len(atoms) == sum(case["status"] == "divergent" for case in rows(run, "cases"))
    asked: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for atom in atoms:
        n = next(n for n, name in enumerate(NAMES) if name in atom["question"])
        assert atom["agreement"] == 1.0 and atom["answer"], atom
        asked[n].append(atom)
    assert {n for n, alike in asked.items() if len(alike) == 2} == set(TOLD_TWICE)
    for alike in asked.values():
        assert len({atom["cluster"] for atom in alike}) == 1
        assert sorted(atom["dropped_because"] or "" for atom in alike) == ["", "near_duplicate"][: len(alike)]
    assert len({atom["cluster"] for atom in atoms}) == len(asked), "another period is another atom"


def test_facts_speak_to_chains_and_reject_exactly_those_that_say_another_length(curated: Any) -> None:
    run, _, _ = curated
    for case in rows(run, "verdicts"):
        n = of(case)
        if case["status"] == "divergent":
            assert len(case["verdicts"]) == 3
        for verdict in case["verdicts"]:
            said = case["teacher"][verdict["chain"]]["text"]
            assert verdict["facts"], "its own atom speaks to it"
            assert verdict["consistent"] is (f"{NAMES[n]}是{LENGTHS[n]}，" in said), (verdict, said)


def test_verified_chains_and_atoms_are_the_curriculum_and_nothing_in_it_is_english(curated: Any) -> None:
    run, _, _ = curated
    divergent = {case["id"]: of(case) for case in rows(run, "cases") if case["status"] == "divergent"}
    for kind in ("cot", "atomic"):
        lines = (run.curriculum() / kind / "train.jsonl").read_text(encoding="utf-8").splitlines()
        examples = [json.loads(line) for line in lines]
        assert len(examples) == (len(divergent) if kind == "cot" else len({*divergent.values()}))
        for example in examples:
            words = " ".join(turn["content"] for turn in example["messages"])
            assert {*re.findall(r"[A-Za-z]{2,}", words)} <= {"question", "options", "answer"}, "names of tags alone"
            assert example["source_id"][0] in "题又" and example["source_file"].endswith("题目.jsonl")
        if kind == "cot":
            assert {example["source"] for example in examples} == set(divergent)
    assert "prompt pack | legal\\_zh, version 4, zh |" in (run.curriculum() / "cot" / "README.md").read_text()


def test_nothing_is_said_of_scripts_where_the_pack_fits(curated: Any) -> None:
    assert not any("written in" in line for line in curated[2])


def test_a_pack_in_another_script_is_said_before_engines_start(tmp_path: Path) -> None:
    english = {"id": "e", "question": "How long may the term of a lease be under the civil code?"}
    questions = write_rows(tmp_path / "q.jsonl", [*map(row, range(3)), english])
    config = make_config(
        {
            "name": "wrong", "runs_dir": str(tmp_path), "questions": {"files": [str(questions)]},
            "teacher": {"engine": "scripted", "script": "tests.pipeline.chinese:nothing"},
            "student": {"engine": "scripted", "script": "tests.pipeline.chinese:nothing"},
            "method": {"prompts": "legal"},
        }
    )  # fmt: skip
    said: list[str] = []
    with pytest.raises(Exception, match="chinese:nothing"):
        curate_said(config, said)
    warning = "! 75% of the questions are written in Han, the pack `legal` asks in English and is answered in it: "
    assert any(line.startswith(warning) and "`legal_zh`" in line for line in said), said


def curate_said(config: Any, said: list[str]) -> None:
    from dgrc.pipeline.curate import curate

    run = RunDir.of(config)
    with run.lock():
        run.claim(config)
        curate(run, config, said.append)
