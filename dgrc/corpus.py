"""From documents to unlabeled questions: `dgrc questions`.

    documents -> passages -> (the teacher writes) -> written -> screened across the corpus -> questions.jsonl

`dgrc run` with a `corpus` and no `questions.files` begins here by itself. The teacher's part is a pass like any other
(`pipeline/passes.py`), so it can be killed and goes on; cutting and the last screening ask no engine. Every written
question ends in `questions.jsonl` or is counted with the reason why not.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dgrc.config import Config
from dgrc.engines.pool import Pool
from dgrc.errors import PassError
from dgrc.method.prompts import load_pack
from dgrc.pipeline.contamination import of_evaluation
from dgrc.pipeline.curate import content_hash, once
from dgrc.pipeline.documents import cut, paths
from dgrc.pipeline.graph import run_pass
from dgrc.pipeline.passes import WRITE
from dgrc.pipeline.published import SUFFIXES as BENCHMARK_SUFFIXES
from dgrc.pipeline.readers import find_files
from dgrc.pipeline.screening import near_duplicates
from dgrc.records import content_id, hash64
from dgrc.storage.run_dir import RunDir, write_json
from dgrc.workflow import Job


def with_questions(job: Job) -> Config:
    """The job's configuration with questions to curate: where it names documents and no question files, those that the
    teacher writes about the documents, written now if they are not there yet."""
    config = job.config
    if config.corpus is None or config.questions.files:
        return config
    job.say("questions")
    with job.phase("questions"):
        job.reports["questions"] = write_questions(job)
    files = (str(job.run.written_questions),)
    return config.model_copy(update={"questions": config.questions.model_copy(update={"files": files})})


def write_questions(job: Job) -> dict[str, Any]:
    """Does what is left to do of the writing and returns its report.

    Raises:
        PromptPackError: the pack has no wording for it.
        PassError: no written question can be used.
    """
    run, config, corpus = job.run.in_round(1), job.config, job.config.corpus
    assert corpus is not None
    pack = load_pack(config.method.prompts)
    for step in ("write", *(("stands_alone",) if corpus.stands_alone else ())):
        pack.require(step, "corpus")
    fingerprint = _fingerprint(config)
    report: dict[str, Any] = {}
    report["cut"] = once(run, "cut", fingerprint, lambda: cut(run, corpus, job.say), job.say)
    report["write"] = once(run, "write", fingerprint, lambda: _write(run, config, fingerprint), job.say)
    report["screen"] = once(run, "screen_questions", fingerprint, lambda: screen(run, config), job.say)
    report["questions"] = str(run.written_questions)
    write_json(run.root / "corpus" / "report.json", report)
    return report


def screen(run: RunDir, config: Config) -> dict[str, Any]:
    """Written questions to `questions.jsonl`: each once, none that repeats another or an evaluation question."""
    assert config.corpus is not None
    counts: Counter[str] = Counter()
    found = []
    seen: set[int] = set()
    for row in _written(run.dataset("written")):
        for number, question in enumerate(row["questions"]):
            counts["written"] += 1
            id_ = content_id(question["text"], question["choices"])
            if why := question["dropped_because"] or ("repeated" if id_ in seen else None):
                counts[why] += 1
                continue
            seen.add(id_)
            found.append((row, number, question))
    dropped = _repeats([question["text"] for *_, question in found], config.corpus.near_duplicate)
    check = of_evaluation(config)
    with open(run.written_questions, "w", encoding="utf-8") as file:
        for place, (row, number, question) in enumerate(found):
            if place in dropped:
                counts["near_duplicate"] += 1
            elif check is not None and check.find(question["text"], question["choices"]):
                counts["contaminated"] += 1
            else:
                counts["kept"] += 1
                file.write(json.dumps(_question(row, number, question), ensure_ascii=False) + "\n")
    if not counts["kept"]:
        raise PassError(
            f"None of {counts['written']:,} written questions can be used: {dict(counts)}. Look at "
            f"{run.dataset('written')}; the teacher may not follow the pack {config.method.prompts!r}."
        )
    return dict(counts)


def _question(row: dict[str, Any], number: int, question: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{row['document']}:{row['start']}-{row['end']}:{number + 1}",
        "question": question["text"],
        **({"choices": question["choices"]} if question["choices"] else {}),
        "document": row["document"], "source": row["source"], "start": row["start"], "end": row["end"],
    }  # fmt: skip


def _repeats(questions: list[str], threshold: float) -> set[int]:
    """Positions of questions that nearly repeat an earlier one."""
    if threshold >= 1:
        return set()
    return {member for cluster in near_duplicates(questions, threshold) for member in cluster[1:]}


def _written(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows by id, so that which of two repeats stays does not depend on how blocks were written."""
    columns = ["id", "document", "source", "start", "end", "questions"]
    yield from sorted(pq.ParquetDataset(folder).read(columns=columns).to_pylist(), key=lambda row: row["id"])


def _write(run: RunDir, config: Config, fingerprint: str) -> dict[str, Any]:
    began = time.monotonic()
    with Pool.start("teacher", config.teacher, config.seed, str(run.spending("teacher"))) as pool:
        pool.wait()
        starting = time.monotonic() - began
        report = run_pass(WRITE, run, config, {"teacher": pool}, fingerprint)
    return {**report, "start_seconds": round(starting, 1)}


def _fingerprint(config: Config) -> str:
    """All that decides the questions: documents and evaluation files by content, settings, teacher, wording."""
    assert config.corpus is not None
    evaluation = [*find_files(config.evaluation.files)] if config.evaluation.files else []
    evaluation += [path for b in config.evaluation.benchmarks for path in find_files(b.files, BENCHMARK_SUFFIXES)]
    files = [(path, content_hash(path)) for path in (*paths(config.corpus), *evaluation)]
    said = {
        "corpus": config.corpus.model_dump(mode="json"), "seed": config.seed, "files": files,
        "teacher": config.teacher.identity(),
        "prompts": load_pack(config.method.prompts).digest(),
        "evaluation": config.evaluation.model_dump(mode="json", include={"files", "benchmarks"}),
        "contamination": [config.questions.contamination, config.questions.contamination_ngram],
    }  # fmt: skip
    return f"{hash64(json.dumps(said, sort_keys=True)):x}"
