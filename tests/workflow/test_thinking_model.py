"""A thinking model the whole way: thoughts apart in every row, learned as `training.thoughts` says, served again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dgrc.config.file import make_config
from dgrc.workflow.job import Job
from tests.paths import ROOT
from tests.thinking import write_thinking_model

pytestmark = [pytest.mark.stack, pytest.mark.slow]
CHOICES = ("30 days", "60 days")
ATOM = "How long is the notice of rule 3?"
QUESTIONS = [f"How long is the notice of rule 3 in case {name}?" for name in ("one", "two")]
TEACHER = "By rule 3 of the code the notice is 30 days long.\n<answer>A</answer>"
STUDENT = "As in most such cases the notice is 60 days long.\n<answer>B</answer>"
DIAGNOSIS = {"comparison": "They part on the notice.", "questions": [{"given": "", "question": ATOM}]}
SELF_ANSWER = {"reasoning": "Rule 3 says so.", "answer": "30 days"}
ANSWER_SCHEMA = {
    "type": "object", "required": [*SELF_ANSWER], "additionalProperties": False,
    "properties": {name: {"type": "string"} for name in SELF_ANSWER},
}  # fmt: skip
VERDICT = {
    "facts": [{"fact": 1, "finding": "It takes 30 days for the notice.", "relation": "supports"}],
    "consistent": True,
}  # fmt: skip
TEMPLATES = {
    "sample": "ask {{ text }}{% for option in options %} {{ option }}{% endfor %}",
    "diagnose": "part {{ text }}", "answer": "tell {{ atom }}", "verify": "check {{ text }}",
}  # fmt: skip


def write_pack(folder: Path) -> Path:
    """A pack of a user's own, with prompts so short that a tiny model learns them by heart."""
    folder.mkdir()
    (folder / "pack.toml").write_text('name = "short"\nversion = "1"\nreply = "json"\n')
    for step, text in TEMPLATES.items():
        (folder / f"{step}.jinja").write_text(text)
    for step in ("diagnose", "verify"):
        shutil.copy(ROOT / "dgrc" / "method" / "prompts" / "general" / f"{step}.schema.json", folder)
    (folder / "answer.schema.json").write_text(json.dumps(ANSWER_SCHEMA))
    return folder


def lessons(chain: str, thought: str) -> list[tuple[str, str, str]]:
    said = [(f"ask {text} A. {CHOICES[0]} B. {CHOICES[1]}", thought, chain) for text in QUESTIONS]
    for text in QUESTIONS:
        said += [(f"part {text}", "where?", json.dumps(DIAGNOSIS)), (f"check {text}", "so?", json.dumps(VERDICT))]
    return [*said, (f"tell {ATOM}", "the code", json.dumps(SELF_ANSWER))]


def settings(folder: Path) -> dict[str, Any]:
    (folder / "q.jsonl").write_text(
        "".join(
            json.dumps({"id": str(n), "question": text, "choices": CHOICES, "label": "A"}) + "\n"
            for n, text in enumerate(QUESTIONS)
        )
    )
    greedy = {"temperature": 0, "max_tokens": 400}
    engine = {"max_model_len": 1024, "max_num_seqs": 8, "kv_cache_gib": 0.1, "dtype": "float32"}
    teacher = write_thinking_model(folder / "teacher", lessons=lessons(TEACHER, "rule three"), length=420, steps=900)
    student = write_thinking_model(folder / "student", lessons=lessons(STUDENT, "a guess"), length=420, steps=900)
    return {
        "name": "thinking", "runs_dir": str(folder / "runs"), "questions": {"files": [str(folder / "q.jsonl")]},
        "teacher": {"model": teacher, **engine}, "student": {"model": student, **engine},
        "method": {
            "prompts": str(write_pack(folder / "pack")),
            "teacher_chains": 1, "student_chains": 1, "answers_per_atom": 1,
            **{f"{step}_sampling": greedy for step in ("teacher", "student", "diagnose", "answer", "verify")},
        },
        "pipeline": {"workers": 1, "rows_per_block": 8},
        "training": {
            "thoughts": "keep", "max_length": 512, "batch_examples": 2, "precision": "fp32",
            "atoms": {"epochs": 1, "learning_rate": 1e-4}, "chains": {"epochs": 1, "learning_rate": 1e-4},
        },
        "evaluation": {"files": [str(folder / "q.jsonl")], "sampling": greedy},
    }  # fmt: skip


def test_a_thinking_model_goes_the_whole_way(tmp_path: Path) -> None:
    job = Job(make_config(settings(tmp_path)), lambda line: None)
    with job.open("curate", "train", "evaluate"):
        job.curate()
        job.train()
        figures = job.evaluate()
    cases = pq.ParquetDataset(job.run.dataset("cases")).read().to_pylist()
    for role, text, thought, answer in (("teacher", TEACHER, "rule three", "A"), ("student", STUDENT, "a guess", "B")):
        for case in cases:
            (chain,) = case[role]
            assert (chain["text"].strip(), chain["thoughts"].strip()) == (text, thought)
            assert (chain["answer"], chain["read_by"]) == (answer, "tag")
    assert [case["status"] for case in cases] == ["divergent"] * 2
    (atom,) = pq.ParquetDataset(job.run.dataset("atoms")).read().to_pylist()
    assert (atom["question"], atom["answer"], atom["kept"]) == (ATOM, "30 days", True)
    lines = (job.run.curriculum() / "cot" / "train.jsonl").read_text().splitlines()
    learned = [json.loads(line)["messages"][-1]["content"] for line in lines]
    assert learned == [f"<think>\nrule three\n</think>\n\n{TEACHER}"] * 2
    for name, right in (("base", 0), ("teacher", 2)):
        assert figures["models"][name]["right"] == right and figures["models"][name]["read"] == 2
    assert figures["models"]["dgrc"]["n"] == 2, "served again"
