"""Written questions to `questions.jsonl`: each once, none that nearly repeats another or an evaluation question.

    written/ --- by id ---> buckets --- rules, decontaminate, sketch ---> items and keys       (a task a bucket)
    keys --- shuffle (pipeline/repeats) ---> items to drop --- the rest, in the order of ids ---> questions.jsonl

Ids are hashes, so buckets of their range are of one size, and the order of the questions does not depend on how blocks
were written. Every written question ends in `questions.jsonl`, in `removed_questions` or in the counts of the rules.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rensa

from dgrc.config import CorpusConfig
from dgrc.corpus.minhash import BANDS, PERMUTATIONS, band_keys
from dgrc.corpus.near_duplicates import KeyWriter, drop_repeats, look_up
from dgrc.corpus.shard import write_rows
from dgrc.corpus.sharded_tasks import committed, replace, spread, workplace
from dgrc.method import screen
from dgrc.questions.decontamination import Contamination
from dgrc.questions.shingles import weighed_hashes
from dgrc.records import Removed, content_id
from dgrc.records.corpus import WrittenPassage
from dgrc.storage.arrow import arrow_schema
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir

BUCKET_ROWS, MOST_BUCKETS = 1 << 14, 512
"""Written passages of a bucket, if that makes no more buckets than this."""
COLUMNS = ["id", "document", "source", "start", "end", "questions"]
ITEMS = pa.schema([
    ("id", pa.int64()), ("name", pa.string()), ("question", pa.string()), ("choices", pa.list_(pa.string())),
    ("document", pa.string()), ("source", pa.string()), ("start", pa.int64()), ("end", pa.int64()),
])  # fmt: skip


def sift(run: RunDir, corpus: CorpusConfig, check: Contamination | None, fingerprint: str) -> dict[str, int]:
    """Writes the questions that can be used; returns how many were written, kept, and left out for which reason."""
    work = workplace(run.state("screen_questions"), fingerprint, [run.dataset("removed_questions")])
    buckets = _buckets(run.dataset("written"), work / "buckets")
    folders = [work / path.stem for path in buckets]
    todo = [(n, str(path), str(folder)) for n, (path, folder) in enumerate(zip(buckets, folders, strict=True))
            if not folder.is_dir()]  # fmt: skip
    for _ in spread(sift_bucket, todo, (corpus.near_duplicate, check)):
        pass
    rows = [json.loads((folder / "counts.json").read_text())["items"] for folder in folders]
    keys = 1 + BANDS * (corpus.near_duplicate < 1)
    dropped = drop_repeats(folders, rows, work / "matches", SameWords(corpus.near_duplicate), keys)
    for _ in spread(finish_bucket, enumerate(dropped), (folders, str(run.dataset("removed_questions")))):
        pass
    total = Counter[str]()
    for folder in folders:
        total.update(json.loads((folder / "counts.json").read_text())["counts"])
        total.update(json.loads((folder / "finished.json").read_text()))
    _join([folder / "questions.jsonl" for folder in folders], run.written_questions)
    return {name: count for name, count in total.items() if count}


def _buckets(written: Path, folder: Path) -> list[Path]:
    """Files of written passages in order of the range of the id that they hold."""
    if not folder.is_dir():
        files = sorted(written.glob("*.parquet"))
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        count = max(1, min(MOST_BUCKETS, -(-rows // BUCKET_ROWS)))
        with committed(folder) as half, ExitStack() as stack:
            schema = pa.schema([arrow_schema(WrittenPassage).field(name) for name in COLUMNS])
            names = [half / f"bucket-{number:04d}.parquet" for number in range(count)]
            writers = [stack.enter_context(pq.ParquetWriter(name, schema)) for name in names]
            for table in _portions(files):
                ids = table["id"].to_numpy().view(np.uint64) ^ np.uint64(1 << 63)  # so that they sort as signed ones do
                bucket = ((ids >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32)
                for number in np.unique(bucket):
                    writers[int(number)].write_table(table.filter(pa.array(bucket == number)).cast(schema))
    return sorted(folder.glob("*.parquet"))


def _portions(files: Sequence[Path]) -> Iterator[pa.Table]:
    """Rows of many small files, some thousands at a time."""
    waiting: list[pa.Table] = []
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(BUCKET_ROWS, columns=COLUMNS):
            waiting.append(pa.Table.from_batches([batch]))
            if sum(map(len, waiting)) >= BUCKET_ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def sift_bucket(number: int, path: str, folder: str, shared: tuple[float, Contamination | None]) -> dict[str, Any]:
    """The questions of a bucket that rules and decontamination leave, with their keys."""
    threshold, check = shared
    counts: Counter[str] = Counter()
    items: list[dict[str, Any]] = []
    for row in sorted(pq.read_table(path).to_pylist(), key=lambda row: row["id"]):
        for place, question in enumerate(row.pop("questions"), 1):
            counts["written"] += 1
            if question["dropped_because"]:
                counts[question["dropped_because"]] += 1
                continue
            name = f"{row['document']}:{row['start']}-{row['end']}:{place}"
            id_ = content_id(question["text"], question["choices"])
            items.append({**row, "id": id_, "name": name, "question": question["text"], "choices": question["choices"]})
    items, removed = _decontaminated(items, check)
    counts["contaminated"] += len(removed)
    with committed(Path(folder)) as half:
        with pa.ipc.new_file(half / "items.arrow", ITEMS) as file:
            file.write_table(pa.Table.from_pylist(items, schema=ITEMS))
        keys = np.array([item["id"] for item in items], np.int64).view(np.uint64).reshape(-1, 1)
        if threshold < 1 and items:
            words = [screen.content_words(item["question"]) or [item["question"]] for item in items]
            sketch = rensa.RMinHash.digest_matrix_from_token_sets(words, num_perm=PERMUTATIONS, seed=0).to_rows()
            keys = np.concatenate([keys, band_keys(np.array(sketch, np.uint32))], axis=1)
        writer = KeyWriter(half, number)
        writer.add(keys)
        writer.close()
        write_rows(half / "contaminated.parquet", Removed, removed)
        write_json(half / "counts.json", {"items": len(items), "counts": counts})
    return {"items": len(items)}


def _decontaminated(
    items: list[dict[str, Any]], check: Contamination | None
) -> tuple[list[dict[str, Any]], list[Removed]]:
    if check is None or not items:
        return items, []
    found = check.find_all(*weighed_hashes([" ".join([item["question"], *item["choices"]]) for item in items]))
    pairs = list(zip(items, found, strict=True))
    gone = [_removed(item, "contaminated", place) for item, place in pairs if place is not None]
    return [item for item, place in pairs if place is None], gone


def _removed(item: dict[str, Any], reason: str, twin: str, twin_id: int | None = None) -> Removed:
    of = {name: item[name] for name in ("id", "document", "source", "start", "end")}
    return Removed(**of, text=item["question"], reason=reason, twin=twin, twin_id=twin_id)


def finish_bucket(number: int, dropped: np.ndarray, shared: tuple[Sequence[Path], str]) -> dict[str, int]:
    """Writes the questions of a bucket that stay, and what was removed with the reason."""
    folders, output = shared
    folder = folders[number]
    with pa.memory_map(str(folder / "items.arrow")) as file:
        items = pa.ipc.open_file(file).read_all().to_pylist()
    twins = look_up(folders, "items.arrow", ITEMS, dropped[1]).to_pylist()
    removed = []
    for row, twin in zip(dropped[0].tolist(), twins, strict=True):
        reason = "repeated" if items[row]["id"] == twin["id"] else "near_duplicate"
        removed.append(_removed(items[row], reason, twin["name"], twin["id"]))
    gone = set(dropped[0].tolist())
    with open(folder / "questions.jsonl", "w", encoding="utf-8") as lines:
        for row, item in enumerate(items):
            if row not in gone:
                lines.write(json.dumps(_line(item), ensure_ascii=False) + "\n")
    write_rows(folder / "removed.parquet", Removed, removed)
    tables = [pq.read_table(folder / name) for name in ("contaminated.parquet", "removed.parquet")]
    replace(Path(output) / f"part-{number:06d}.parquet", tables, arrow_schema(Removed))
    counts = {**Counter(row.reason for row in removed), "kept": len(items) - len(gone)}
    write_json(folder / "finished.json", counts)
    return counts


def _line(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["name"], "question": item["question"], **({"choices": item["choices"]} if item["choices"] else {}),
        "document": item["document"], "source": item["source"], "start": item["start"], "end": item["end"],
    }  # fmt: skip


def _join(parts: Sequence[Path], output: Path) -> None:
    half = output.with_name(f".{output.name}.{os.getpid()}.half")
    with open(half, "wb") as whole:
        for part in parts:
            with open(part, "rb") as file:
                shutil.copyfileobj(file, whole)
    os.replace(half, output)


@dataclass(frozen=True)
class SameWords:
    """Whether questions are near-duplicates by their content words, as atoms are (`method/screen`)."""

    threshold: float

    def __call__(self, folders: Sequence[Path], earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        """For each pair of questions, (pairs,) bool."""
        if self.threshold >= 1:  # keys are identities alone
            return np.ones(len(earlier), np.bool_)
        asked = pa.schema([ITEMS.field("question")])
        texts = [look_up(folders, "items.arrow", asked, who)["question"].to_pylist() for who in (earlier, later)]
        words = {text: screen.content_words(text) or [text] for text in {*texts[0], *texts[1]}}
        alike = (screen.near_duplicate(words[b], words[a], self.threshold) for a, b in zip(*texts, strict=True))
        return np.fromiter(alike, np.bool_, len(earlier))
