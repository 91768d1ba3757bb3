"""Predictions of every model in, scored replies and `evaluation.json` out: accuracies, intervals, paired tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import MethodConfig
from dgrc.evaluation.compare import mcnemar
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.score import accuracy, is_right
from dgrc.records import Question, arrow_schema, to_row
from dgrc.storage.run_dir import fresh_folder


@dataclass(frozen=True)
class Scored:
    """One model's reply to one held-out question, as it was scored."""

    id: int
    source_id: str
    model: str
    answer: str | None
    right: bool
    text: str
    error: str | None


def score(
    questions: Sequence[Question], predictions: dict[str, list[Prediction]], method: MethodConfig
) -> dict[str, list[bool]]:
    """Which replies of each model are right."""
    return {
        name: [
            is_right(p.chain.answer, q.label, q.choices, method.answers, method.number_tolerance)
            for p, q in zip(replies, questions, strict=True)
        ]
        for name, replies in predictions.items()
    }


def write_predictions(
    questions: Sequence[Question],
    predictions: dict[str, list[Prediction]],
    right: dict[str, list[bool]],
    folder: Path,
) -> None:
    """Writes every reply with its score as Parquet, one file a model."""
    fresh_folder(folder)
    for name, replies in predictions.items():
        rows = [
            Scored(q.id, q.source_id, name, p.chain.answer, good, p.chain.text, p.error)
            for p, q, good in zip(replies, questions, right[name], strict=True)
        ]
        table = pa.Table.from_pylist([to_row(row) for row in rows], schema=arrow_schema(Scored))
        pq.write_table(table, folder / f"{name}.parquet")


def make_report(
    predictions: dict[str, list[Prediction]], right: dict[str, list[bool]], confidence: float, subject: str
) -> dict[str, Any]:
    """Accuracy of each model, and `subject` tested against each other model on the same questions."""
    count = len(next(iter(right.values())))
    report: dict[str, Any] = {"questions": count, "confidence": confidence, "models": {}, "against": {}}
    for name, replies in predictions.items():
        unparsed = sum(p.chain.answer is None for p in replies)
        share = accuracy(right[name], unparsed, confidence)
        report["models"][name] = {
            "accuracy": round(share.value, 4), "low": round(share.low, 4), "high": round(share.high, 4),
            "right": share.right, "n": share.n, "unparsed": unparsed,
        }
    for name in right:
        if subject in right and name != subject:
            test = mcnemar(right[subject], right[name])
            report["against"][name] = {
                f"only_{subject}_right": test.only_a, f"only_{name}_right": test.only_b, "p_value": test.p_value,
            }
    return report
