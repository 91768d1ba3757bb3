"""Between `answer` and the facts: the answered atoms of all rounds in, the atoms of the corpus out.

An atom was answered by itself; here it is held against the others. Paraphrases (near-duplicates by their content
words) that answer alike teach the same thing, so one of them is kept for the curriculum. Paraphrases that contradict
each other cannot all be right: the answer that most self-answers of all of them agree on wins, or none is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rensa

from dgrc.config import MethodConfig
from dgrc.method import meaning, screen
from dgrc.method.text.normalize import normalize
from dgrc.records import Atom
from dgrc.storage.arrow import arrow_schema
from dgrc.storage.atomic import fresh_folder

Embed = Callable[[Sequence[str]], np.ndarray]
PERMUTATIONS, BANDS = 128, 32
"""Of the MinHash: pairs that overlap by 0.8 meet with probability 0.99999, by 0.6 with 0.988, by 0.3 with 0.23."""
ROWS_PER_FILE = 100_000
MOST_WORDINGS = 64
"""Of the answers of one cluster that are held against each other."""
SCHEMA = arrow_schema(Atom)


def screen_corpus(
    answers: Sequence[Path], askers: Path, output: Path, method: MethodConfig, embed: Embed | None = None
) -> dict[str, int]:
    """Writes the atoms of a round.

    Args:
        answers: The `answers` datasets of this round and those before it; each atom is in one of them.
        askers: Atoms of earlier rounds that this one asked again, with who asked.
        output: Folder of the `atoms` dataset.
        method: Settings.
        embed: Texts to vectors of length 1, (texts, width); with it near-duplicates are found by meaning.

    Returns:
        Kept atoms, near-duplicates, and contradicting clusters by what became of them.
    """
    wanted = embed is not None or method.near_duplicate_corpus < 1
    decisions, report = _decide(answers, method, embed) if wanted else ({}, {})
    again = {row["id"]: row["asked_by"] for row in _rows([askers], ["id", "asked_by"])} if askers.is_dir() else {}
    fresh_folder(output)
    kept = rows = 0
    waiting: list[dict[str, Any]] = []
    for row in _rows(answers, SCHEMA.names):
        row["asked_by"] = sorted({*row["asked_by"], *again.get(row["id"], ())})
        row["cluster"], dropped = decisions.get(row["id"], (row["id"], None))
        if dropped is not None:
            row["kept"], row["dropped_because"] = False, dropped
        kept += row["kept"]
        waiting.append(row)
        if len(waiting) == ROWS_PER_FILE:
            _write(waiting, output, rows)
            rows, waiting = rows + len(waiting), []
    _write(waiting, output, rows)
    return {"kept": kept, "rows": rows + len(waiting), **report}


def _decide(
    answers: Sequence[Path], method: MethodConfig, embed: Embed | None
) -> tuple[dict[int, tuple[int, str | None]], dict[str, int]]:
    """For each clustered atom its cluster and why it is dropped, if so."""
    atoms = [row for row in _rows(answers, ["id", "question", "answer", "answers", "agreement", "kept"]) if row["kept"]]
    atoms.sort(key=lambda row: row["id"])
    decisions: dict[int, tuple[int, str | None]] = {}
    counts: Counter[str] = Counter()
    questions = [row["question"] for row in atoms]
    if embed is None:
        clusters = near_duplicates(questions, method.near_duplicate_corpus)
    else:
        clusters = by_meaning(questions, embed(questions), method.near_duplicate_cosine or 1.0)
    for members in clusters:
        cluster = [atoms[member] for member in members]
        reasons = resolve(cluster, method.min_agreement, method.answers, method.number_tolerance)
        counts["near_duplicates"] += reasons.count(screen.NEAR_DUPLICATE)
        if screen.CONTRADICTED in reasons:
            counts["contradictions_resolved"] += 1
        if screen.CONTRADICTION in reasons:
            counts["contradictions_dropped"] += 1
        decisions |= {row["id"]: (cluster[0]["id"], why) for row, why in zip(cluster, reasons, strict=True)}
    names = ("near_duplicates", "contradictions_resolved", "contradictions_dropped")
    return decisions, {name: counts[name] for name in names}


def near_duplicates(questions: Sequence[str], threshold: float) -> Iterator[list[int]]:
    """Groups of two and more near-duplicate questions, by index, each in order.

    Candidates come from MinHash; each joins the first earlier question that it really is a near-duplicate of, so that
    a chain of small differences does not make one cluster of a whole corpus.
    """
    index = rensa.RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    heads: dict[int, list[int]] = {}
    words: list[list[str]] = []
    for number, question in enumerate(questions):
        words.append(screen.content_words(question) or [question])
        sketch = rensa.RMinHash(num_perm=PERMUTATIONS, seed=0)
        sketch.update(words[number])
        for head in sorted(index.query(sketch)):
            if screen.near_duplicate(words[number], words[head], threshold):
                heads[head].append(number)
                break
        else:
            heads[number] = [number]
            index.insert(number, sketch)
    yield from (members for members in heads.values() if len(members) > 1)


def by_meaning(questions: Sequence[str], vectors: np.ndarray, threshold: float) -> Iterator[list[int]]:
    """The same by the cosine of embeddings. Every question is held against all heads: fit for some 100,000 atoms."""
    heads: list[int] = []
    of_heads = np.empty_like(vectors)
    members: dict[int, list[int]] = {}
    said = [screen.decisive(screen.content_words(question)) for question in questions]
    for number in range(len(questions)):
        near = np.flatnonzero(of_heads[: len(heads)] @ vectors[number] >= threshold)
        head = next((heads[place] for place in near if said[heads[place]] == said[number]), None)
        if head is None:
            of_heads[len(heads)] = vectors[number]
            heads.append(number)
            members[number] = [number]
        else:
            members[head].append(number)
    yield from (cluster for cluster in members.values() if len(cluster) > 1)


def resolve(
    cluster: Sequence[dict[str, Any]], min_agreement: float, form: str = "auto", tolerance: float = 0.0
) -> list[str | None]:
    """Why each atom of a cluster is dropped; None for the one that is kept, if any. `form` and `tolerance` are those of
    `method.answers` and `method.number_tolerance`: answers in other words are no contradiction."""
    group_of = _groups(cluster, form, tolerance)
    said = [group_of[normalize(row["answer"])] for row in cluster]
    verdict: int | None = said[0]
    if len(set(said)) > 1:
        pooled = Counter(group_of[normalize(answer)] for row in cluster for answer in row["answers"])
        best = max(set(said), key=lambda answer: (pooled[answer], answer))
        verdict = best if pooled[best] >= min_agreement * pooled.total() - 1e-9 else None
    if verdict is None:
        return [screen.CONTRADICTION] * len(cluster)
    agreeing = [number for number, answer in enumerate(said) if answer == verdict]
    kept = max(agreeing, key=lambda number: (cluster[number]["agreement"], -number))
    return [
        None if number == kept else screen.NEAR_DUPLICATE if answer == verdict else screen.CONTRADICTED
        for number, answer in enumerate(said)
    ]


def _groups(cluster: Sequence[dict[str, Any]], form: str, tolerance: float) -> dict[str, int]:
    """The number of the group of answers that mean the same, for each normalized answer of a cluster.

    Answers are held against each other in pairs, so only the `MOST_WORDINGS` most frequent ones are; each other wording
    is a group of its own.
    """
    answers = [a for row in cluster for a in (row["answer"], *row["answers"])]
    first: dict[str, str] = {}
    for answer in answers:
        first.setdefault(normalize(answer), answer)
    often = [wording for wording, _ in Counter(map(normalize, answers)).most_common(MOST_WORDINGS)]
    groups = meaning.group([first[wording] for wording in often], form, tolerance, cluster[0]["question"])
    found = {normalize(answer): number for number, members in enumerate(groups) for answer in members}
    return found | {wording: len(groups) + at for at, wording in enumerate(w for w in first if w not in found)}


def reused_folder(atom_questions: Path) -> Path:
    """Where `collect` leaves the atoms that an earlier round has answered."""
    return atom_questions.with_name("reused_atoms")


def known_ids(answers: Sequence[Path]) -> set[int]:
    """Ids of the atoms in these datasets."""
    return {row["id"] for row in _rows(answers, ["id"])}


def _rows(datasets: Sequence[Path], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for dataset in datasets:
        for path in sorted(dataset.glob("*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(batch_size=4096, columns=list(columns)):
                yield from batch.to_pylist()


def _write(rows: list[dict[str, Any]], folder: Path, first: int) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    pq.write_table(table, folder / f"part-{first // ROWS_PER_FILE:05d}.parquet")
