"""Is a complete run still what it was? A run in, what is damaged out; and back to the last step that is whole.

The manifest holds size and hash of every file that a run consists of. Beyond these, rows are held against each other:
each question once in every dataset that has one row a question, each atom once, curricula as large as they were said to
be.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.records import Atom, Case, Question, VerifiedCase
from dgrc.storage.arrow import always_there
from dgrc.storage.manifest import hash_file, read_manifest
from dgrc.storage.run_dir import RunDir

ROW_A_QUESTION = {"questions": Question, "cases": Case, "verdicts": VerifiedCase}
STEPS = {
    "given-questions": "ingest", "questions": "ingest", "quarantine": "ingest", "cases": "gather",
    "atom_questions": "collect", "answers": "answer", "atoms": "screen", "facts": "index", "verdicts": "verify",
    "baselines": "train", "curriculum": "assemble", "student": "train",
}  # fmt: skip
"""Which step makes a folder of a run, by the folder's name; what is not here comes of the evaluation."""
ORDER = ("ingest", "gather", "collect", "answer", "screen", "index", "verify", "assemble", "train")


def damage(run: RunDir) -> list[tuple[str, str]]:
    """What is wrong with a complete run: (file or dataset within the run, what is wrong with it).

    Raises:
        RunDirError: the run is not complete.
    """
    manifest = read_manifest(run)
    found = list(_changed_files(run, manifest.get("files", {})))
    broken = {where for where, _ in found}
    for number in range(1, len(list(run.root.glob("round-*"))) + 1):
        found += [problem for problem in _rows(run.in_round(number)) if problem[0] not in broken]
    return found


def forget(run: RunDir, damaged: list[tuple[str, str]]) -> list[str]:
    """Takes a run back to before the first step whose result is damaged, so that running it again redoes that and what
    follows; returns the steps that were forgotten. The caller holds the run's lock."""
    run.manifest_file.unlink(missing_ok=True)
    forgotten = []
    for number in range(1, len(list(run.root.glob("round-*"))) + 1):
        steps = {_step(where) for where, _ in damaged if _round(where) in (0, number)}
        first = min((ORDER.index(step) for step in steps if step in ORDER), default=len(ORDER))
        for mark in sorted((run.in_round(number).round() / ".state").glob("*")):
            step = "train" if mark.name.startswith("train") else mark.name
            if step in ORDER and ORDER.index(step) >= first:
                shutil.rmtree(mark, ignore_errors=True)
                forgotten.append(f"round-{number}/{mark.name}")
    return forgotten


def _changed_files(run: RunDir, recorded: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, said in recorded.items():
        path = run.root / name
        if not path.is_file():
            yield name, "it is missing"
        elif path.stat().st_size != said["bytes"]:
            yield name, f"it has {path.stat().st_size:,} bytes, {said['bytes']:,} are wanted"
        elif hash_file(path) != said["blake2b"]:
            yield name, "its content has changed"


def _rows(run: RunDir) -> Iterator[tuple[str, str]]:
    """Datasets of a round against each other and against their schemas."""
    ids: dict[str, np.ndarray] = {}
    for name, record in {**ROW_A_QUESTION, "atoms": Atom}.items():
        folder = run.dataset(name)
        where = str(folder.relative_to(run.root))
        if not folder.is_dir():
            yield where, "it is missing"
            continue
        try:
            column = pq.ParquetDataset(folder).read(columns=["id"])["id"].cast(pa.int64())
            schema = pq.read_schema(next(iter(sorted(folder.glob("*.parquet")))))
        except (OSError, pa.ArrowException, StopIteration, KeyError) as e:
            yield where, f"it cannot be read: {e}"
            continue
        if missing := always_there(record) - set(schema.names):
            yield where, f"it lacks the columns {', '.join(sorted(missing))}"
        if column.null_count:
            yield where, f"{column.null_count:,} of its ids are missing"
        ids[name] = np.sort(column.drop_null().to_numpy())
        if repeated := int((ids[name][1:] == ids[name][:-1]).sum()):
            yield where, f"{repeated:,} of its ids are there more than once"
    for name in ROW_A_QUESTION:
        if name in ids and "questions" in ids and (apart := len(np.setxor1d(ids[name], ids["questions"]))):
            yield str(run.dataset(name).relative_to(run.root)), f"{apart:,} ids are not those of the questions"
    yield from _curricula(run)


def _curricula(run: RunDir) -> Iterator[tuple[str, str]]:
    """Every curriculum has as many examples in Parquet as in JSONL."""
    for folder in sorted(run.round().glob("**/curriculum/*")):
        if not folder.is_dir():
            continue
        try:
            rows = sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))
            lines = sum(map(_count_objects, folder.glob("*.jsonl")))
        except (OSError, ValueError, pa.ArrowException) as e:
            yield str(folder.relative_to(run.root)), f"it cannot be read: {e}"
            continue
        if rows != lines:
            yield str(folder.relative_to(run.root)), f"it has {rows:,} examples in Parquet and {lines:,} in JSONL"


def _count_objects(file: Path) -> int:
    count = 0
    with open(file, "rb") as lines:  # of bytes they are cut at \n alone, of text also at \r
        for line in lines:
            if not isinstance(json.loads(line.decode()), dict):
                raise ValueError(f"{file.name} has a line that is no JSON object")
            count += 1
    return count


def _step(where: str) -> str:
    """The step that made a file or dataset of the run."""
    return next((STEPS[part] for part in Path(where).parts if part in STEPS), "evaluate")


def _round(where: str) -> int:
    """The round that a path belongs to; 0 for what all rounds share."""
    head = Path(where).parts[0]
    return int(head.removeprefix("round-")) if head.startswith("round-") else 0
