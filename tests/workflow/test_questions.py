"""`dgrc questions` on Ray Data with a scripted teacher: documents in, questions with their provenance out."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config.file import make_config
from dgrc.engines.base import Request
from dgrc.errors import PassError, PromptPackError, QuestionFileError
from dgrc.questions.ingest import ingest
from dgrc.workflow.job import Job
from dgrc.workflow.pilot import pilot_config

pytestmark = pytest.mark.usefixtures("ray_here")


def teacher(request: Request) -> list[str]:
    """Two questions about each rule that a passage has; one leans on the passage where the rule says so."""
    content = request.messages[-1]["content"]
    if "<passage>" not in content:
        return [json.dumps({"remark": "", "self_contained": "rule 3" not in content, "one_right_answer": True})]
    rules = re.findall(r"rule (\d+)", content.partition("<passage>")[2])
    if "garbage" in content:
        return ["I would rather not."]
    rule = rules[0] if rules else "0"
    asked = [f"What does rule {rule} of the code of the river demand ?", f"By rule {rule} of the passage above, who ?"]
    options = [f"{rule} {thing}" for thing in ("coins", "days", "boats", "men")]
    return [json.dumps({"questions": [{"question": text, "options": options} for text in asked]})]


def text_of(rule: int, words: str = "") -> str:
    clauses = " ".join(f"In month {month} it is {month * rule} coins at dusk." for month in range(1, 30))
    return f"Section {rule}. Rule\n\nBy rule {rule} the ferryman is {words} owed his due. {clauses}"


def job_for(tmp_path: Path, corpus: dict[str, Any], **settings: Any) -> tuple[Job, list[str]]:
    said: list[str] = []
    engine = {"engine": "scripted", "script": "tests.workflow.test_questions:teacher", "cpus": 0}
    return Job(make_config({
        "name": "law", "runs_dir": str(tmp_path / "runs"), "teacher": engine, "student": engine,
        "method": {"prompts": "legal"}, "pipeline": {"workers": 1, "rows_per_block": 4},
        "corpus": {"least_words": 10, **corpus}, **settings,
    }), said.append), said  # fmt: skip


def run(job: Job) -> dict[str, Any]:
    with job.open():
        return job.write_questions()


def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(report["questions"]).read_text().splitlines()]


def test_documents_of_all_kinds_become_questions_that_know_where_they_came_from(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(text_of(1))
    with gzip.open(tmp_path / "more.jsonl.gz", "wt") as file:
        for rule in (2, 3):
            file.write(json.dumps({"id": f"act-{rule}", "title": "An act", "text": text_of(rule)}) + "\n")
        file.write("{broken\n")
    job, _ = job_for(tmp_path, {"files": [str(tmp_path / "*.txt"), str(tmp_path / "*.gz")]})
    report = run(job)
    assert (report["cut"]["documents"], report["cut"]["passages"], report["cut"]["refused"]) == (4, 3, 1)
    assert report["screen"] == {
        "written": 6, "leans_on_passage": 3, "does_not_stand_alone": 1, "kept": 2,
        "seconds": report["screen"]["seconds"],
    }  # fmt: skip
    by_id = {row["id"].partition(":")[0]: row for row in rows(report)}
    act = by_id["act-2"]
    assert act["question"].startswith("What does rule 2") and len(act["choices"]) == 4
    assert text_of(2)[act["start"] : act["end"]] == text_of(2).strip()
    (refused,) = pq.ParquetDataset(tmp_path / "runs" / "law" / "corpus" / "quarantine").read().to_pylist()
    assert refused["source"].endswith("more.jsonl.gz:3") and "not valid JSON" in refused["detail"]


def test_it_goes_on_where_it_was_and_begins_anew_when_a_document_changes(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(text_of(1))
    job, _ = job_for(tmp_path, {"files": [str(file)]})
    first = run(job)
    asked = first["write"]["usage"]["teacher/write"]["calls"]
    assert asked == 1
    again, _ = job_for(tmp_path, {"files": [str(file)]})
    assert run(again) == first
    file.write_text(text_of(5))
    changed, _ = job_for(tmp_path, {"files": [str(file)]})
    assert "rule 5" in rows(run(changed))[0]["question"]


def test_repeats_across_the_corpus_are_written_about_once(tmp_path: Path) -> None:
    texts = [text_of(1), text_of(1), text_of(1, "gladly"), text_of(7)]
    source = tmp_path / "docs.jsonl"
    source.write_text("\n".join(json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts)))
    report = run(job_for(tmp_path, {"files": [str(source)]})[0])
    assert (report["cut"]["passages"], report["cut"]["repeated"], report["cut"]["near_duplicate"]) == (2, 1, 1)
    apart = run(job_for(tmp_path / "apart", {"files": [str(source)], "near_duplicate": 1})[0])
    assert (apart["cut"]["passages"], apart["screen"]["repeated"]) == (3, 1)


def test_what_will_be_evaluated_is_not_written_into_the_curriculum(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(text_of(1))
    (tmp_path / "two.txt").write_text(text_of(2))
    held_out = tmp_path / "held_out.jsonl"
    held_out.write_text(json.dumps({"question": "What does rule 2 of the code of the river demand ?", "label": "A",
                                    "choices": ["2 coins", "2 days", "2 boats", "2 men"]}))  # fmt: skip
    report = run(job_for(tmp_path, {"files": [str(tmp_path / "*.txt")]}, evaluation={"files": [str(held_out)]})[0])
    assert report["screen"]["contaminated"] == 1
    assert all("rule 1" in row["question"] for row in rows(report))


def test_a_run_with_a_corpus_and_no_questions_begins_with_writing_them(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(text_of(1))
    job, said = job_for(tmp_path, {"files": [str(tmp_path / "*.txt")]})
    with job.open():
        config = job.with_questions()
        read = ingest(job.run, config)
    assert (read.kept, read.quarantined) == (1, {})
    assert job.reports["questions"]["screen"]["kept"] == 1 and "questions" in said
    own, _ = job_for(tmp_path / "own", {"files": ["absent"]}, questions={"files": ["mine.jsonl"]})
    assert own.with_questions() is own.config, "who has questions is asked nothing"
    assert pilot_config(job.config, 7).corpus.limit == 7  # type: ignore[union-attr]


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(text_of(1))
    files = {"files": [str(tmp_path / "one.txt")]}
    with pytest.raises(PromptPackError, match="no step `write`"):
        run(job_for(tmp_path / "a", files, method={"prompts": "proving"})[0])
    bare = tmp_path / "bare.yaml"
    bare.write_text("name: bare")
    said = CliRunner().invoke(main, ["questions", str(bare)])
    assert said.exit_code == 2 and "has no section `corpus`" in " ".join(said.stderr.split())
    (tmp_path / "none.jsonl").write_text('{"body": "x"}')
    (tmp_path / "bad.txt.gz").write_bytes(b"no gzip at all")
    (tmp_path / "garbage.txt").write_text("garbage " + text_of(1))
    for name, error, words in (
        ("none.jsonl", QuestionFileError, r"no passage of 10 words.*corpus.text"),
        ("bad.txt.gz", QuestionFileError, r"cannot be read.*Mend or remove"),
        ("garbage.txt", PassError, r"None of 0 written questions.*'legal'"),
    ):
        job, _ = job_for(tmp_path / f"for-{name}", {"files": [str(tmp_path / name)]})
        with pytest.raises(error, match=words):
            run(job)
