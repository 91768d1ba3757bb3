"""The measurement of `benchmarks.questions`: `python -m benchmarks.questions.parts FOLDER SHARE` over a corpus that
`questions_corpus.make` wrote there. The last line of output is a JSON object."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.shared.watch import Watch
from dgrc.cli.common import say
from dgrc.config import Config
from dgrc.engines.base import Request
from dgrc.method.text import segment

LOOK_SECONDS = 0.2


def main() -> None:
    """Cuts the corpus and has questions written about a share of its passages."""
    folder, share = Path(sys.argv[1]), float(sys.argv[2])
    sys.stdout.write(json.dumps(measure(folder, share)) + "\n")


def measure(folder: Path, share: float) -> dict[str, Any]:
    """Seconds, CPU, peaks of memory and bytes on disk for cutting; and the rate of writing, if a share is wanted."""
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    began = time.monotonic()
    with ray_session(config_of(folder, "session"), RunDir(folder / "session")):
        few = folder / "few"
        few.mkdir(exist_ok=True)
        for number in range(8):  # so that workers are up and have imported what they need
            (few / f"{number}.txt").write_text(f"rule {number} says so. " * 20, encoding="utf-8")
        _cut(config_of(folder, "start", f"{few}/*"))
        started = time.monotonic() - began
        config = config_of(folder, "whole")
        with Watch(set(), LOOK_SECONDS) as watch:
            report, working = _cut(config)
        said = {
            "seconds": round(watch.seconds, 2), "cores": os.cpu_count(), "start_seconds": round(started, 1),
            "cpu_seconds": {who: round(spent, 2) for who, spent in watch.cpu.items()},
            "peak_mb": {who: round(peak / 1e6, 1) for who, peak in watch.peak.items()},
            "cut": report, **sizes(folder, report, working),
        }  # fmt: skip
        return {**said, "questions_per_second": None, **(_written(folder, share, report["passages"]) if share else {})}


def sizes(folder: Path, report: dict[str, Any], working: dict[str, int]) -> dict[str, Any]:
    """Megabytes and characters of text, and bytes that a passage takes on disk while repeats are looked for, by what
    they are."""
    with open(folder / "truth.jsonl", encoding="utf-8") as truth:
        sizes = [(row["bytes"], row["characters"]) for row in map(json.loads, truth)]
    texts, characters = map(sum, zip(*sizes, strict=True))
    passages = sum(report.get(name, 0) for name in ("passages", "repeated", "near_duplicate"))
    taken = {name: round(size / passages, 1) for name, size in working.items()}
    return {"mb": texts / 1e6, "characters": characters, "bytes_a_passage": taken}


def config_of(folder: Path, name: str, files: str | None = None, limit: int | None = None) -> Config:
    """A run over the made corpus with a scripted teacher."""
    from dgrc.config.file import make_config

    engine = {"engine": "scripted", "script": "benchmarks.questions.parts:teacher", "cpus": 0}
    return make_config({
        "name": name, "runs_dir": str(folder / "runs"), "teacher": engine, "student": engine,
        "method": {"prompts": "legal"}, "pipeline": {"workers": 2, "rows_per_block": 256},
        "corpus": {"files": [files or f"{folder}/corpus/*"], "id": "id", "title": "title", "limit": limit},
        "evaluation": {"files": [str(folder / "evaluation.jsonl")]},
    })  # fmt: skip


def _cut(config: Config) -> tuple[dict[str, Any], dict[str, int]]:
    from dgrc.corpus.chunking import cut
    from dgrc.questions.decontamination import of_evaluation
    from dgrc.storage.run_dir import RunDir
    from dgrc.workflow.questions import fingerprints

    assert config.corpus is not None
    run, fingerprint = RunDir.of(config), fingerprints(config)[0]
    report = cut(run, config.corpus, of_evaluation(config), fingerprint, say)
    return dict(report), {
        name: sum(file.stat().st_size for file in (run.state("cut") / "work").rglob(pattern))
        for name, pattern in (
            ("text", "passages.parquet"), ("places", "places.arrow"), ("sketches", "sketches.bin"),
            ("keys", "keys-*.npy"), ("matches", "matches-*.npy"),
        )
    }  # fmt: skip


def _written(folder: Path, share: float, passages: int) -> dict[str, Any]:
    """Questions about the first passages, written and screened as `dgrc questions` does."""
    from dgrc.workflow.job import Job

    config = config_of(folder, "written", limit=max(8, round(share * passages)))
    with Job(config, say).open() as job:
        report = job.write_questions()
    screened, rate = report["screen"], report["write"]["counts"]
    seconds = report["write"]["seconds"] - report["write"]["start_seconds"] + screened["seconds"]
    return {
        "questions_per_second": round(screened["written"] / seconds, 1),
        "writing": {"screen": screened, "counts": rate, "rows": report["write"]["rows"]},
    }


def teacher(request: Request) -> list[str]:
    """Two questions about a passage, in words of its own; every one stands alone."""
    content = request.messages[-1]["content"]
    if "<passage>" not in content:
        return [json.dumps({"remark": "", "self_contained": True, "one_right_answer": True})]
    passage = content.partition("<passage>")[2]
    words, space = (segment.segments(passage)[::2], "") if segment.spaceless(passage) else (passage.split(), " ")
    asked = [f"What follows where {space.join(words[at : at + 12])} is pleaded ?" for at in (5, 20)]
    options = [f"{word} {number}" for number, word in enumerate(words[40:44])]
    return [json.dumps({"questions": [{"question": text, "options": options} for text in asked]})]


if __name__ == "__main__":
    main()
