"""Documents to passages, by shard: `passages`, what was removed with the reason, and what could not be read.

    shard of files --- cut, decontaminate, sketch ---> passages and keys on disk        (a task a shard)
    keys --- shuffle (pipeline/repeats) ---> rows to drop                               (a task a range of the hash)
    passages - rows to drop ---> passages/  removed/                                    (a task a shard)

It asks no engine. Each task commits what it made by renaming it, so a run that was killed goes on with what is missing,
and the result does not depend on which task came first. No process holds more than a few thousand passages.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import CorpusConfig
from dgrc.corpus.documents import check_columns, paths, shards
from dgrc.corpus.minhash import BANDS, PERMUTATIONS
from dgrc.corpus.near_duplicates import NUMBER, ROW, drop_repeats, look_up
from dgrc.corpus.shard import GROUP_ROWS, PLACES, SCHEMA, cut_shard
from dgrc.corpus.sharded_tasks import replace, spread, workplace
from dgrc.errors import QuestionFileError
from dgrc.questions.decontamination import Contamination
from dgrc.records import Quarantined, Removed
from dgrc.storage.arrow import arrow_schema
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir

COUNTED = ("documents", "passages", "repeated", "near_duplicate", "contaminated", "refused")


def cut(
    run: RunDir, corpus: CorpusConfig, check: Contamination | None, fingerprint: str, say: Callable[[str], None]
) -> dict[str, int]:
    """Writes the passages of a corpus; returns how many documents, passages, repeats and refusals there were.

    Raises:
        QuestionFileError: a file as a whole cannot be read, no row has a column that a setting names, or there is no
            usable passage.
    """
    files = paths(corpus)
    check_columns(files, corpus)
    work = workplace(run.state("cut"), fingerprint, [run.dataset("passages"), run.dataset("removed"), run.refused])
    parts = shards(files)
    folders = _cut_shards(parts, work, corpus, check, say)
    counts = [json.loads((folder / "counts.json").read_text()) for folder in folders]
    rows = [count["rows"] for count in counts]
    near = corpus.near_duplicate < 1
    dropped = drop_repeats(folders, rows, work / "matches", SameSketch(corpus.near_duplicate), 1 + BANDS * near)
    outputs = tuple(str(run.dataset(name)) for name in ("passages", "removed"))
    total = Counter[str]()
    for count in counts:
        total.update({name: count[name] for name in ("documents", "contaminated", "refused")})
    for _ in spread(finish_shard, _finishing(folders, dropped), (folders, outputs)):
        pass
    for folder in folders:
        total.update(json.loads((folder / "finished.json").read_text()))
    refusals = (pq.read_table(folder / "refused.parquet") for folder in folders)
    replace(run.refused / "part-000000.parquet", refusals, arrow_schema(Quarantined))
    if not total["passages"]:
        raise QuestionFileError(
            f"The corpus {', '.join(corpus.files)} has no passage of {corpus.least_words} words or more that is not "
            f"contaminated ({total['documents']:,} documents, {total['refused']:,} refused: see {run.refused}). "
            "Look at `corpus.text`, the column with the text."
        )
    return {name: total[name] for name in COUNTED if total[name] or name in ("documents", "passages")}


def _cut_shards(
    parts: Sequence[Sequence[str]], work: Path, corpus: CorpusConfig, check: Contamination | None,
    say: Callable[[str], None],
) -> list[Path]:
    """Cuts what is not cut yet; returns the shards' folders. With a limit one after the other, as far as it takes."""
    folders = [work / f"shard-{number:06d}" for number in range(len(parts))]
    numbered = enumerate(zip(parts, folders, strict=True))
    todo = [(n, list(part), str(folder), None) for n, (part, folder) in numbered if not folder.is_dir()]
    if corpus.limit is None:
        rows = 0
        for done, report in enumerate(spread(cut_shard, todo, (corpus, check)), 1):
            rows += report["rows"]
            if done % -(-len(parts) // 20) == 0:
                say(f"  cut {done:,} of {len(todo):,} shards, {rows:,} passages")
        return folders
    left = corpus.limit
    for number, folder in enumerate(folders):
        call = number, list(parts[number]), str(folder), left
        for _ in spread(cut_shard, [] if folder.is_dir() else [call], (corpus, check)):
            pass
        left -= json.loads((folder / "counts.json").read_text())["rows"]
        if left <= 0:
            return folders[: number + 1]
    return folders


def _finishing(folders: Sequence[Path], dropped: Iterator[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    for number, rows in enumerate(dropped):
        if not (folders[number] / "finished.json").is_file():
            yield number, rows


def finish_shard(number: int, dropped: np.ndarray, shared: tuple[Sequence[Path], Sequence[str]]) -> dict[str, int]:
    """Writes the passages of a shard that stay, and what was removed with the reason.

    Args:
        number: The shard's.
        dropped: Rows that repeat another, and the numbers of the kept ones that they repeat, (2, dropped).
        shared: Folders of all shards; those of the datasets `passages` and `removed`.
    """
    folders, (passages, removed) = shared
    folder, name = folders[number], f"part-{number:06d}.parquet"
    gone = pq.read_table(folder / "contaminated.parquet")
    repeats = removed_rows(folders, number, dropped)
    both = pa.concat_tables([gone, repeats])
    if len(both):
        replace(Path(removed) / name, [both], both.schema)
    rows = 0
    with pq.ParquetFile(folder / "passages.parquet") as file:
        stays = np.ones(file.metadata.num_rows, np.bool_)
        stays[dropped[0].astype(np.int64)] = False
        if stays.any():
            rows = replace(Path(passages) / name, _staying(file, stays), SCHEMA)
    reasons = Counter(repeats["reason"].to_pylist())
    counts = {"passages": rows, **{name: reasons[name] for name in ("repeated", "near_duplicate")}}
    write_json(folder / "finished.json", counts)
    return counts


def _staying(file: pq.ParquetFile, stays: np.ndarray) -> Iterator[pa.Table]:
    at = 0
    for batch in file.iter_batches(GROUP_ROWS):
        yield pa.Table.from_batches([batch]).filter(pa.array(stays[at : at + len(batch)]))
        at += len(batch)


def removed_rows(folders: Sequence[Path], number: int, dropped: np.ndarray) -> pa.Table:
    """What the report says of a shard's repeats."""
    numbers = (np.uint64(number) << NUMBER) + dropped[0]
    rows, twins = (look_up(folders, "places.arrow", PLACES, which) for which in (numbers, dropped[1]))
    same = [a == b for a, b in zip(rows["id"].to_pylist(), twins["id"].to_pylist(), strict=True)]
    alike = [None] * len(same) if not (folders[number] / "sketches.bin").stat().st_size else similarity(
        folders, numbers, dropped[1]).round(3).tolist()  # fmt: skip
    named = zip(*(twins[name].to_pylist() for name in ("document", "start", "end")), strict=True)
    columns = {
        **{name: rows[name] for name in PLACES.names}, "text": [""] * len(same),
        "reason": ["repeated" if equal else "near_duplicate" for equal in same],
        "twin": [f"{document}:{start}-{end}" for document, start, end in named],
        "twin_id": twins["id"], "similarity": alike,
    }  # fmt: skip
    return pa.table(columns, schema=arrow_schema(Removed))


@dataclass(frozen=True)
class SameSketch:
    """Whether passages overlap by a threshold, as their MinHashes say: to about 0.035 at 0.8."""

    threshold: float

    def __call__(self, folders: Sequence[Path], earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        """For each pair of passages, (pairs,) bool."""
        if self.threshold >= 1:  # keys are identities alone
            return np.ones(len(earlier), np.bool_)
        return similarity(folders, earlier, later) >= self.threshold


def similarity(folders: Sequence[Path], earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """The share of their 5-word runs that passages have in common, estimated, (pairs,)."""
    return (_sketches(folders, earlier) == _sketches(folders, later)).mean(axis=1)


def _sketches(folders: Sequence[Path], numbers: np.ndarray) -> np.ndarray:
    found = np.empty((len(numbers), PERMUTATIONS), np.uint32)
    shards_ = numbers >> NUMBER
    for shard in np.unique(shards_):
        mine = shards_ == shard
        stored = np.memmap(folders[int(shard)] / "sketches.bin", np.uint32, "r").reshape(-1, PERMUTATIONS)
        found[mine] = stored[(numbers[mine] & ROW).astype(np.int64)]
    return found
