"""Does any input crash or hang what reads it, and is every row of every file accounted for?

    python -m benchmarks.fuzz --inputs 100000 --seed 0

Hostile texts go to every parser of model, server and user text (`fuzz_parsers`), hostile files through the readers
(`fuzz_files`), some of them through the whole `ingest` on Ray Data, and if atheris is installed (extra `fuzz`) a part
of the texts is made by coverage-guided mutation (`fuzz_guided`). A *crash* is an exception that the contract does not
name, or the death of a process; a *hang* is an input that takes longer than `LONGEST` seconds of CPU time;
*unaccounted* are files of which a planted row is missing, doubled, or kept though it must be refused. Last line of
output: one JSON object, recorded in results/.
"""

import collections
import concurrent.futures
import functools
import importlib.util
import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.fuzz import files as fuzz_files
from benchmarks.fuzz import parsers, texts
from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say

LONGEST = 5.0
CHUNK = 250
FILES_SHARE, GUIDED_SHARE = 0.06, 0.3
SHOWN = 20


class Hang(BaseException):
    """An input took too much CPU time; no parser may catch it."""


class Tally(collections.Counter[str]):
    """Counts by kind and target, and the first findings in words."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        super().__init__(counts or {})
        self.findings: list[str] = []

    def __reduce__(self) -> Any:  # a Counter's own forgets what its subclasses hold
        return Tally, (dict(self),), {"findings": self.findings}

    def add(self, target: str, kind: str | None, what: str = "") -> None:
        """Counts an input, and what was found with it."""
        self["inputs"] += 1
        self[f"inputs of {target}"] += 1
        if kind is not None:
            self[kind] += 1
            self[f"{kind} of {target}"] += 1
            self.findings.append(f"{kind} in {target}: {what}")

    def merge(self, other: "Tally") -> None:
        """Adds what another found."""
        self.update(other)
        self.findings += other.findings


def guarded(work: Callable[[], str | None]) -> tuple[str | None, str]:
    """Does the work within its CPU time; what kind of finding it is, if one, and which."""

    def stop(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        missing = work()
    except Hang:
        return "hangs", f"more than {LONGEST:g} s"
    except Exception:  # noqa: BLE001 - that is what is looked for
        return "crashes", traceback.format_exc()[-1500:]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    if (took := time.process_time() - began) > LONGEST:  # inside C code that looks at no signals
        return "hangs", f"{took:.1f} s"
    return ("unaccounted", missing) if missing else (None, "")


def fuzz_texts(target: str, seed: int, first: int, count: int) -> Tally:
    """Gives texts to one parser; input number N of a seed is always the same."""
    tally = Tally()
    for number in range(first, first + count):
        said = texts.make(random.Random(f"{seed} {target} {number}"), target)
        kind, what = guarded(lambda said=said: parsers.TARGETS[target](said))  # type: ignore[misc]
        tally.add(target, kind, f"input {number}, {said[:200]!r}: {what}")
    return tally


def fuzz_readers(seed: int, first: int, count: int) -> Tally:
    """Writes hostile files and reads them as questions, as other things, and archives of documents."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="dgrc-fuzz-") as folder:
        for number in range(first, first + count):
            rng = random.Random(f"{seed} files {number}")
            stem = Path(folder) / f"{number}"
            planted = fuzz_files.plant(rng, stem)
            checks: dict[str, Callable[[], str | None]] = {
                f"questions{planted.path.suffix}": functools.partial(fuzz_files.check, planted),
                f"others{planted.path.suffix}": functools.partial(fuzz_files.check_as_others, planted),
                "archives": functools.partial(fuzz_files.check_packed, rng, stem),
            }
            for target, check in checks.items():
                kind, what = guarded(check)
                tally.add(target, kind, f"file {number}: {what}")
            for path in Path(folder).glob(f"{number}*"):
                path.unlink()
    return tally


def fuzz_ingest(seed: int, files: int) -> Tally:
    """The whole pass over one folder of hostile files: rows in the two datasets against those planted."""
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="dgrc-fuzz-") as folder:
        rng = random.Random(f"{seed} ingest")
        planted = [fuzz_files.plant(rng, Path(folder) / f"{number:05d}") for number in range(files)]
        config = ingest_config(folder)
        run = RunDir.of(config)
        with ray_session(config, RunDir(Path(folder) / "session")):
            try:
                problems = ingested(run, config, planted)
            except Exception:  # noqa: BLE001 - that is what is looked for
                tally.add("ingest", "crashes", traceback.format_exc()[-1500:])
                return tally
    for number in range(files):
        why = problems.get(planted[number].path.name)
        tally.add("ingest", "unaccounted" if why else None, f"file {number} ({planted[number].path.suffix}): {why}")
    return tally


def ingest_config(folder: str) -> Any:
    """A configuration that reads the folder's files, with the limits of the fuzz."""
    from dgrc.config.file import make_config

    engine = {"engine": "scripted", "script": "benchmarks.shared.simulated:teacher"}  # never started
    limits = fuzz_files.LIMITS.model_dump()
    questions = {"files": [f"{folder}/*.*"], "broken_files": "quarantine", "limits": limits}
    return make_config(
        {"name": "fuzz", "runs_dir": folder, "teacher": engine, "student": engine, "questions": questions}
    )


def ingested(run: Any, config: Any, planted: list[fuzz_files.Planted]) -> dict[str, str]:
    """What is not accounted for, by file name, after an `ingest` of these files."""
    import pyarrow.parquet as pq

    from dgrc.questions.ingest import ingest

    report = ingest(run, config)
    kept = collections.Counter(pq.read_table(run.dataset("questions"))["source"].to_pylist())
    refused = {row["source"]: row for row in pq.read_table(run.quarantine).to_pylist()}
    problems: dict[str, str] = {}
    if report.read != sum(kept.values()) + sum(report.quarantined.values()):
        problems[planted[0].path.name] = f"{report.read} rows were read, {len(kept)} and {report.quarantined} came out"
    for file in planted:
        for place in file.refused:
            row = refused.get(f"{file.path}:{place}")
            if not row or not row["reason"] or not row["detail"]:
                problems[file.path.name] = f"row {place} is not in quarantine with a reason"
        for place in file.fit:
            if kept[f"{file.path}:{place}"] + (f"{file.path}:{place}" in refused) != 1:
                problems[file.path.name] = f"row {place} came out {kept[f'{file.path}:{place}']} times"
    return problems


def fuzz_guided(target: str, runs: int, seed: int) -> Tally:
    """One parser in a process of its own under atheris."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="dgrc-fuzz-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        findings = Path(folder) / "findings.jsonl"
        command = [
            sys.executable,
            "-m",
            "benchmarks.fuzz.guided",
            target,
            str(runs),
            str(seed),
            str(findings),
            str(corpus),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        tried = re.search(r"Done (\d+) runs", done.stderr)
        tally["inputs"] = tally[f"inputs of {target}"] = int(tried[1]) if tried else 0
        tally["guided"] = tally["inputs"]
        for line in findings.read_text(encoding="utf-8").splitlines() if findings.exists() else ():
            tally["crashes"] += 1
            tally.findings.append(f"crashes in {target}, guided: {line}")
        if done.returncode:
            kind = "hangs" if "ERROR: libFuzzer: timeout" in done.stderr else "crashes"
            tally[kind] += 1
            tally.findings.append(f"{kind} in {target}, guided: {done.stderr[-1500:]}")
    return tally


def plan(
    inputs: int, seed: int, guided: bool, only: str | None = None
) -> list[tuple[Callable[..., Tally], tuple[Any, ...]]]:
    """The work in pieces of some seconds, so that all processors are busy to the end."""
    targets = [only] if only else list(parsers.TARGETS)
    files = 0 if only else max(1, int(inputs * FILES_SHARE) // 3)  # each is read in three ways
    runs = int(inputs * GUIDED_SHARE) // len(targets) if guided else 0
    texts = -(-(inputs - 3 * files - runs * len(targets)) // len(targets))
    work: list[tuple[Callable[..., Tally], tuple[Any, ...]]] = []
    work += [(fuzz_guided, (target, runs, seed)) for target in targets if runs]
    work += [(fuzz_readers, (seed, first, min(CHUNK, files - first))) for first in range(0, files, CHUNK)]
    for target in targets:
        work += [(fuzz_texts, (target, seed, first, min(CHUNK, texts - first))) for first in range(0, texts, CHUNK)]
    return work


def fuzz(
    inputs: int, seed: int, guided: bool, ingest_files: int, processes: int, only: str | None = None
) -> Tally:
    """All of it, or the texts for one parser."""
    tally = fuzz_ingest(seed, ingest_files) if ingest_files else Tally()  # first, for Ray may not start here
    # Not forked: a process that dies of an input must take nothing with it, and Ray's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    waiting = plan(inputs, seed, guided, only)
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context) as pool:
        for (work, arguments), result in [(item, pool.submit(item[0], *item[1])) for item in waiting]:
            try:
                tally.merge(result.result())
            except concurrent.futures.process.BrokenProcessPool:
                tally.add(
                    work.__name__, "crashes", f"a process died of one of {arguments}, and nothing after it was tried"
                )
    return tally


@click.command()
@click.option(
    "--inputs", default=100_000, show_default=True, type=click.IntRange(min=1), help="Texts and files to try."
)
@click.option("--seed", default=0, show_default=True, help="Another seed tries others.")
@click.option("--guided/--no-guided", default=None, help="Coverage-guided, too; by default if atheris is installed.")
@click.option("--ingest-files", default=400, show_default=True, help="Files that go through `ingest` on Ray as well.")
@click.option("--only", type=click.Choice(list(parsers.TARGETS)), help="Texts for this parser, and nothing else.")
@click.option("--processes", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(min=1))
@click.option("--write/--no-write", default=True, help="Record the result (of all parsers).")
def main(
    inputs: int, seed: int, guided: bool | None, ingest_files: int, only: str | None, processes: int, write: bool
) -> None:
    """Fuzzes and tells what was found."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    guided = importlib.util.find_spec("atheris") is not None if guided is None else guided
    began = time.monotonic()
    tally = fuzz(inputs, seed, guided, 0 if only else ingest_files, processes, only)
    for finding in tally.findings[:SHOWN]:
        say(finding)
    if len(tally.findings) > SHOWN:
        say(f"and {len(tally.findings) - SHOWN:,} more findings")
    summary: dict[str, Any] = {name: tally[name] for name in ("inputs", "crashes", "hangs", "unaccounted", "guided")}
    summary["seconds"] = round(time.monotonic() - began, 1)
    summary["by_target"] = {
        target: {kind: tally[f"{kind} of {target}"] for kind in ("inputs", "crashes", "hangs", "unaccounted")}
        for target in sorted({name.partition(" of ")[2] for name in tally if " of " in name})
    }
    if write and not only:
        record("fuzz", summary, command=f"fuzz --inputs {inputs} --seed {seed} --ingest-files {ingest_files}")
    click.echo(json.dumps(summary))


if __name__ == "__main__":
    from benchmarks.fuzz.__main__ import main as run  # by its whole name: spawned processes do not import a `__main__`

    run()
