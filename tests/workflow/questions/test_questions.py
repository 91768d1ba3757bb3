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
    engine = {"engine": "scripted", "script": "tests.workflow.questions.test_questions:teacher", "cpus": 0}
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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> tuple[Path, dict[str, Any]]:
    """The folder and the report of questions written about files of three kinds: rules 1, 2 and 3, a broken line, and
    rule 7 three times, of which the evaluation asks."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "one.txt").write_text(text_of(1))
    with gzip.open(folder / "more.jsonl.gz", "wt") as file:
        for rule in (2, 3):
            file.write(json.dumps({"id": f"act-{rule}", "title": "An act", "text": text_of(rule)}) + "\n")
        file.write("{broken\n")
    texts = [text_of(7), text_of(7), text_of(7, "gladly")]
    repeats = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts)]
    (folder / "repeats.jsonl").write_text("\n".join(repeats))
    held_out = folder / "held_out" / "held_out.jsonl"
    held_out.parent.mkdir()
    held_out.write_text(json.dumps({"question": "What does rule 7 of the code of the river demand ?", "label": "A",
                                    "choices": ["7 coins", "7 days", "7 boats", "7 men"]}))  # fmt: skip
    files = [str(folder / pattern) for pattern in ("*.txt", "*.gz", "*.jsonl")]
    return folder, run(job_for(folder, {"files": files}, evaluation={"files": [str(held_out)]})[0])


def test_documents_of_all_kinds_become_questions_that_know_where_they_came_from(
    written: tuple[Path, dict[str, Any]],
) -> None:
    folder, report = written
    assert (report["cut"]["documents"], report["cut"]["passages"], report["cut"]["refused"]) == (7, 4, 1)
    assert report["screen"] == {
        "written": 8, "leans_on_passage": 4, "does_not_stand_alone": 1, "contaminated": 1, "kept": 2,
        "seconds": report["screen"]["seconds"],
    }  # fmt: skip
    by_id = {row["id"].partition(":")[0]: row for row in rows(report)}
    act = by_id["act-2"]
    assert act["question"].startswith("What does rule 2") and len(act["choices"]) == 4
    assert text_of(2)[act["start"] : act["end"]] == text_of(2).strip()
    (refused,) = pq.ParquetDataset(folder / "runs" / "law" / "corpus" / "quarantine").read().to_pylist()
    assert refused["source"].endswith("more.jsonl.gz:3") and "not valid JSON" in refused["detail"]


def test_repeats_across_the_corpus_are_written_about_once(written: tuple[Path, dict[str, Any]]) -> None:
    cut = written[1]["cut"]
    assert (cut["passages"], cut["repeated"], cut["near_duplicate"]) == (4, 1, 1)


def test_what_will_be_evaluated_is_not_written_into_the_curriculum(written: tuple[Path, dict[str, Any]]) -> None:
    kept = rows(written[1])
    assert written[1]["screen"]["contaminated"] == 1
    assert kept and not any("rule 7" in row["question"] for row in kept)


def test_a_run_with_a_corpus_writes_questions_first_goes_on_and_begins_anew_when_a_document_changes(
    tmp_path: Path,
) -> None:
    """Of two passages that are nearly alike, which are kept where that is wished, the same question comes once."""
    for name, words in (("one", ""), ("two", "gladly")):
        (tmp_path / f"{name}.txt").write_text(text_of(1, words))
    corpus = {"files": [str(tmp_path / "*.txt")], "near_duplicate": 1}
    job, said = job_for(tmp_path, corpus)
    with job.open():
        config = job.with_questions()
        read = ingest(job.run, config)
    assert (read.kept, read.quarantined) == (1, {})
    first = job.reports["questions"]
    assert first["screen"]["kept"] == 1 and "questions" in said
    assert (first["cut"]["passages"], first["screen"]["repeated"]) == (2, 1)
    assert first["write"]["usage"]["teacher/write"]["calls"] == 2
    again, _ = job_for(tmp_path, corpus)
    assert run(again) == first
    (tmp_path / "one.txt").write_text(text_of(5))
    changed, _ = job_for(tmp_path, corpus)
    assert any("rule 5" in row["question"] for row in rows(run(changed)))
    assert pilot_config(job.config, 7).corpus.limit == 7  # type: ignore[union-attr]
    own, _ = job_for(tmp_path / "own", {"files": ["absent"]}, questions={"files": ["mine.jsonl"]})
    assert own.with_questions() is own.config, "who has questions is asked nothing"


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
