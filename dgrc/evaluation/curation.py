"""How good the curation was, where truth is known: the proving world's tables, read after the fact.

Nothing here feeds back into curation or training. Chains and atoms are scored as they were written.
"""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dgrc.proving.world import World
from dgrc.storage.run_dir import RunDir


def score_curation(run: RunDir, world: World) -> dict[str, float]:
    """Shares of right atoms and kept chains, and the verifier's precision and recall.

    Precision: of the chains the verifier passed, those right in every step. Recall: of the checked chains
    that are right in every step, those it passed.
    """
    atoms = [a for a in _rows(run.dataset("atoms"), ["question", "answer", "kept"]) if a["kept"]]
    right_atoms = [world.is_atom_right(a["question"], a["answer"]) for a in atoms]
    passed: list[tuple[bool, bool]] = []
    checked_right: list[bool] = []
    for row in _rows(run.dataset("verdicts"), ["text", "teacher", "verdicts"]):
        for verdict in row["verdicts"]:
            chain = row["teacher"][verdict["chain"]]
            fully = world.chain_fully_right(row["text"], chain["text"])
            if verdict["consistent"]:
                passed.append((world.is_answer_right(row["text"], chain["answer"]), fully))
            if fully and verdict["consistent"] is not None:
                checked_right.append(verdict["consistent"])
    return {
        "atoms_correct": _share(right_atoms),
        "kept_chains_correct": _share([answer for answer, _ in passed]),
        "kept_chains_fully_correct": _share([fully for _, fully in passed]),
        "verifier_precision": _share([fully for _, fully in passed]),
        "verifier_recall": _share(checked_right),
    }


def _rows(dataset: Path, columns: list[str]) -> list[dict[str, Any]]:
    return list(pq.ParquetDataset(dataset).read(columns=columns).to_pylist())


def _share(values: list[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else float("nan")
