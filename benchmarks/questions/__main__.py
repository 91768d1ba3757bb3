"""How fast is a large corpus cut, cleaned of repeats and of what will be evaluated on, and does memory stay put?

    python -m benchmarks.questions
    python -m benchmarks.questions --language zh --mb 100 --memory-mb 0

A made corpus with planted copies and leaked evaluation questions (`benchmarks/questions/corpus.py`) goes the way that
`dgrc questions` takes: read, cut, near-duplicates, decontamination; then a scripted teacher writes questions about a
share of the passages. What was removed is held against the truth of the maker, and every passage is accounted for. Then
the same but the writing over S and over 4 S, each in processes of its own, for the peaks of memory (those of the
teacher's pass are a matter of `benchmarks.scale`). A corpus in Chinese (`benchmarks/questions/chinese.py`) is timed
beside as many bytes of the English one. Wall time with Ray and its workers up, over the cores of the
machine; what the start took is stated beside it. Last line of output: one JSON object, recorded in results/.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.questions.chinese import ChineseMaker
from benchmarks.questions.corpus import SHARD_MB, Maker, make
from benchmarks.questions.score import score
from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.corpus.minhash import BANDS, PERMUTATIONS
from dgrc.corpus.shard import SHINGLE

MAKERS: dict[str, type[Maker]] = {"en": Maker, "zh": ChineseMaker}
TIMES = 4
GROWTH_MB = 64.0
"""By how much the driver, and the largest worker, may grow from S to 4 S for memory to be called bounded."""


@click.command()
@click.option("--mb", default=1000.0, show_default=True, help="Megabytes of text of the corpus that is timed.")
@click.option("--memory-mb", default=100.0, show_default=True, help="S, of the comparison of memory; 0 leaves it out.")
@click.option("--questions-share", default=0.01, show_default=True, help="Share of passages that is written about.")
@click.option("--shard-mb", default=SHARD_MB, show_default=True, help="Text of each file but the plain ones.")
@click.option("--language", type=click.Choice(sorted(MAKERS)), default="en", show_default=True, help="Of the corpus.")
@click.option("--seed", default=0, show_default=True, help="Of the made corpus.")
@click.option("--folder", default=None, help="Where it is all written; a temporary folder else.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(
    mb: float, memory_mb: float, questions_share: float, shard_mb: float, language: str, seed: int, folder: str | None,
    write: bool,
) -> None:  # fmt: skip
    """Times the way from documents to questions, scores what it removed and compares its memory."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="dgrc-questions-", dir=folder) as made:
        maker = MAKERS[language]
        timed = _measured(Path(made) / "timed", maker, mb, shard_mb, seed, questions_share)
        beside = language != "en" and _part(_made(Path(made) / "english", Maker, mb, shard_mb, seed), 0.0)
        peaks = [
            {"mb": size, **_part(_made(Path(made) / f"memory-{size:g}", maker, size, shard_mb, seed), 0.0)}
            for size in ((memory_mb, TIMES * memory_mb) if memory_mb else ())
        ]
    summary = summarize(timed, peaks) | (against(timed, beside) if beside else {})
    if write:
        command = f"questions --mb {mb:g} --memory-mb {memory_mb:g} --questions-share {questions_share:g}"
        command += f" --shard-mb {shard_mb:g} --seed {seed}" + f" --language {language}" * bool(beside)
        settings = {"permutations": PERMUTATIONS, "bands": BANDS, "words_in_a_row": SHINGLE}
        parts = {"timed": timed, "memory": peaks, **({"english": beside} if beside else {})}
        name = "questions" if language == "en" else f"questions_{language}"
        record(name, {**summary, "minhash": settings, **parts}, command=command)
    click.echo(json.dumps(summary))


def summarize(timed: dict[str, Any], peaks: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that are wanted; of memory nothing is said where it was not measured."""
    grown = growth(peaks)
    return {
        "mb_per_second_per_core": round(timed["mb"] / timed["seconds"] / timed["cores"], 2),
        **{name: timed["score"][name] for name in
           ("duplicate_recall", "duplicate_precision", "contamination_recall", "contamination_precision", "lost",
            "doubled")},
        "memory_bounded": None if grown is None else max(grown.values()) <= GROWTH_MB,
        "memory_growth_mb": grown,
        "questions_per_second": timed["questions_per_second"],
        "start_seconds": timed["start_seconds"],
    }  # fmt: skip


def against(timed: dict[str, Any], english: dict[str, Any]) -> dict[str, float]:
    """The rate of a corpus by that of the English one: bytes and characters of text by wall time, and bytes by CPU
    time, which says the same where the machine does something else besides."""
    rates = [
        {"mb": said["mb"] / said["seconds"], "characters": said["characters"] / said["seconds"],
         "mb_by_cpu": said["mb"] / sum(said["cpu_seconds"].values())}
        for said in (timed, english)
    ]  # fmt: skip
    return {f"{unit}_rate_of_english": round(rates[0][unit] / rates[1][unit], 3) for unit in rates[0]}


def growth(peaks: list[dict[str, Any]]) -> dict[str, float] | None:
    """Megabytes by which the peaks of the driver and of the largest worker grew from S to 4 S."""
    if len(peaks) < 2:
        return None
    return {who: round(peaks[1]["peak_mb"][who] - peaks[0]["peak_mb"][who], 1) for who in ("driver", "workers")}


def _made(folder: Path, maker: type[Maker], mb: float, shard_mb: float, seed: int) -> Path:
    began = time.monotonic()
    counts = make(folder, mb, seed, shard_mb, maker)
    say(f"made {mb:g} MB in {time.monotonic() - began:.0f} s: {json.dumps(counts)}")
    return folder


def _measured(
    folder: Path, maker: type[Maker], mb: float, shard_mb: float, seed: int, share: float
) -> dict[str, Any]:
    said = _part(_made(folder, maker, mb, shard_mb, seed), share, keep=True)
    began = time.monotonic()
    scored = score(folder, mb, seed, maker)
    say(f"  scored in {time.monotonic() - began:.0f} s: {json.dumps(scored)}")
    shutil.rmtree(folder)
    return {**said, "score": scored}


def _part(folder: Path, share: float, keep: bool = False) -> dict[str, Any]:
    """The way from documents to questions in processes of their own, so that none inherits another's memory."""
    command = [sys.executable, "-m", "benchmarks.questions.parts", str(folder), str(share)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=dict(os.environ))
    if done.returncode:
        raise SystemExit(f"the corpus {folder} failed with exit status {done.returncode}")
    said: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines()[::-1] if line.startswith("{")))
    say(f"  {json.dumps(said)}")
    if not keep:
        shutil.rmtree(folder)
    return said


if __name__ == "__main__":
    main()
