"""A premise: a sample on its own run, curated without labels and held against the truth; bad input is said first."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import Result

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import Job
from dgrc.workflow.premise import prepare, run_premise
from tests.pipeline.conftest import scripted_config, write_questions

Call = Callable[..., Result]
QUESTIONS = 60


def sums(folder: Path) -> tuple[Config, Path]:
    """The toy models' world, questions without labels, and the truth of each with its steps."""
    rows, truths = [], []
    for n in range(1, QUESTIONS + 1):
        text, two, three = f"What is {n} + 21 + 70?", str(n + 21), str(n + 91)
        steps = [(f"What is {n} + 21?", two), (f"What is {two} + 70?", three)]
        rows.append({"id": f"sum-{n}", "question": text})
        asked = [{"kind": "add", "question": question, "answer": answer} for question, answer in steps]
        truths.append({"id": f"sum-{n}", "text": text, "answer": three, "steps": asked})
    for name, found in (("q.jsonl", rows), ("truth.jsonl", truths)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in found))
    models = {role: {"engine": "scripted", "script": f"dgrc.proving.toy:{role}"} for role in ("teacher", "student")}
    config = {
        "name": "real", "runs_dir": str(folder), "questions": {"files": [str(folder / "q.jsonl")]}, **models,
        "method": {"answers": "number"}, "pipeline": {"workers": 1, "rows_per_block": 16},
    }  # fmt: skip
    return make_config(config), folder / "truth.jsonl"


def measured(config: Config, count: int, truth: Path | None, asked: int = 20) -> tuple[dict[str, Any], Job, list[str]]:
    said: list[str] = []
    job = Job(prepare(config, count, truth, said.append), said.append, allow_empty=True)
    with job.open("curate"):
        return run_premise(job, truth, asked), job, said


def rows_of(run: RunDir, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.ParquetDataset(run.dataset(name)).read().to_pylist()
    return sorted(rows, key=lambda row: row["id"])


def other_labels(number: int) -> str:
    return str((number + 2) % 5)


def test_labels_do_not_reach_the_sample_of_a_premise(tmp_path: Path) -> None:
    files = []
    for name, label in (("ours", lambda i: str(i % 5)), ("theirs", other_labels)):
        config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", QUESTIONS, label), name)
        files.append(Path(prepare(config, 40, None, lambda line: None).questions.files[0]))
    ours, theirs = files
    assert ours.read_bytes() == theirs.read_bytes() and ours.parent.name == theirs.parent.name
    rows = [json.loads(line) for line in ours.read_text().splitlines()]
    assert len(rows) == 40 and not any({"answer", "label"} & row.keys() for row in rows)


@pytest.mark.slow
def test_labels_do_not_reach_the_curation_of_a_premise(tmp_path: Path, ray_here: None) -> None:
    """With labels permuted the sample, its file and all that is curated are the same bytes; what is measured is not."""
    file = tmp_path / "q.jsonl"
    found, runs = [], []
    for name, label in (("ours", lambda i: str(i % 5)), ("theirs", other_labels)):
        config = scripted_config(tmp_path, write_questions(file, QUESTIONS, label), name)
        figures, job, _ = measured(config, 40, None)
        found.append(figures)
        runs.append(job.run)
    ours, theirs = runs
    (given,), (other,) = ([*run.given_questions.rglob("*.jsonl")] for run in runs)
    assert given.read_bytes() == other.read_bytes() and given.parent.name == other.parent.name
    assert {row["label"] for row in rows_of(ours, "questions")} == {None}
    for name in ("cases", "atoms", "verdicts"):
        assert rows_of(ours, name) == rows_of(theirs, name)
    for kind in ("atomic", "cot"):
        files = [run.curriculum() / kind / "train.jsonl" for run in runs]
        turns = [[json.loads(line)["messages"] for line in file.read_text().splitlines()] for file in files]
        assert turns[0] == turns[1] != []
    assert found[0]["teacher_chain_accuracy"]["share"] > 0.8 and found[1]["teacher_chain_accuracy"]["share"] < 0.2


def test_the_premise_of_a_world_whose_truth_is_known(tmp_path: Path, ray_here: None) -> None:
    """The teacher slips in one of three chains where the first number is a multiple of three, and adds two numbers
    right; the student slips where it is odd."""
    config, truth = sums(tmp_path)
    figures, job, said = measured(config, QUESTIONS, truth)
    assert job.run.root.name == "real-premise" and not (tmp_path / "real").exists()
    assert json.loads((job.run.root / "premise.json").read_text()) == figures
    assert (figures["questions"], figures["knows_steps"], figures["measured"]) == (QUESTIONS, True, True)
    slips = QUESTIONS // 3
    assert (figures["teacher_chain_accuracy"]["hits"], figures["teacher_chain_accuracy"]["n"]) == (180 - slips, 180)
    assert figures["teacher_chains_right_in_every_step"]["hits"] == 180 - slips
    assert figures["teacher_majority_accuracy"]["share"] == 1.0 and figures["student_chain_accuracy"]["share"] == 0.5
    assert figures["read_share"]["teacher"]["share"] == figures["read_share"]["student"]["share"] == 1.0
    assert figures["divergent"]["hits"] == sum(n % 2 == 1 or n % 3 == 0 for n in range(1, QUESTIONS + 1))
    assert figures["atom_accuracy_kept"]["share"] == figures["on_target"]["share"] == 1.0
    assert figures["atoms_over_chains"]["value"] == pytest.approx(slips / 180, abs=1e-4)
    assert (figures["step_accuracy"]["n"], figures["step_accuracy"]["share"]) == (20, 1.0)
    assert set(figures["step_accuracy_by_kind"]) == {"add"}
    assert figures["verifier_precision"]["share"] == 1.0 and figures["verifier_lift"]["value"] > 0
    assert figures["tokens_a_question"]["teacher/sample"]["completion"] > 0
    assert set(figures["curation"]["atoms_refused"].values()) == {0}
    assert figures["verdict"] == "cannot_tell", "more of its chains are right than the curves cover"
    assert "60 of 60 questions with the truth of every step" in said[0]
    again, _, said = measured(config, QUESTIONS, truth)
    assert again == figures and not any("put to the teacher" in line for line in said), "nothing is paid for again"
    more, _, said = measured(config, QUESTIONS, truth, asked=30)
    assert more["step_accuracy"]["n"] == 30 and any("30 are put to the teacher" in line for line in said)


def test_the_command_tells_figures_in_words_and_as_one_object_and_with_other_labels_others_of_the_same_curation(
    tmp_path: Path, ray_here: None, called: Call
) -> None:
    done = called(12, lambda i: str(i % 5), "--questions", "50")
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["verdict"] == "cannot_tell" and figures["teacher_chain_accuracy"]["n"] == 36
    assert "50 questions were asked for (--questions), but the truth of 12 is known" in done.stderr
    assert "the teacher's chains with the right answer: 88.9%" in done.stderr
    assert "It cannot be told whether DGRC helps here." in done.stderr and "- 12 questions are too few" in done.stderr
    run = RunDir(tmp_path / "real-premise")
    assert {row["label"] for row in rows_of(run, "questions")} == {None}
    before = {path: path.stat().st_mtime_ns for path in run.root.rglob("*.parquet")}
    again = called(12, other_labels)
    assert again.exit_code == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before, "curation knows of no change"
    assert json.loads(again.stdout.splitlines()[-1])["teacher_chain_accuracy"]["share"] < 0.2


def test_where_nothing_can_be_read_nothing_was_measured(
    tmp_path: Path, ray_here: None, called: Call
) -> None:
    mute = "teacher.script=tests.scripts:mute"
    done = called(6, lambda i: str(i % 5), "--set", mute)
    assert done.exit_code == 3, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["verdict"], figures["measured"]) == ("unusable", False)
    assert "None of the 18 chains of the teacher that ended could be read." in done.stderr
