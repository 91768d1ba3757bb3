"""Predictions of every model in, scored replies and `evaluation.json` out: accuracies, intervals, paired tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

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


def write_predictions(questions: Sequence[Question], predictions: dict[str, list[Prediction]], folder: Path) -> None:
    """Writes every reply with its score as Parquet, one file a model."""
    fresh_folder(folder)
    for name, replies in predictions.items():
        rows = []
        for p, q in zip(replies, questions, strict=True):
            right = is_right(p.chain.answer, q.label, q.choices)
            rows.append(Scored(q.id, q.source_id, name, p.chain.answer, right, p.chain.text, p.error))
        table = pa.Table.from_pylist([to_row(row) for row in rows], schema=arrow_schema(Scored))
        pq.write_table(table, folder / f"{name}.parquet")


def make_report(
    questions: Sequence[Question], predictions: dict[str, list[Prediction]], confidence: float, subject: str
) -> dict[str, Any]:
    """Accuracy of each model, and `subject` tested against each other model on the same questions."""
    report: dict[str, Any] = {"questions": len(questions), "confidence": confidence, "models": {}, "against": {}}
    right: dict[str, list[bool]] = {}
    for name, replies in predictions.items():
        right[name] = [is_right(p.chain.answer, q.label, q.choices) for p, q in zip(replies, questions, strict=True)]
        unparsed = sum(p.chain.answer is None for p in replies)
        score = accuracy(right[name], unparsed, confidence)
        report["models"][name] = {
            "accuracy": round(score.value, 4), "low": round(score.low, 4), "high": round(score.high, 4),
            "right": score.right, "n": score.n, "unparsed": unparsed,
        }
    for name in right:
        if subject in right and name != subject:
            test = mcnemar(right[subject], right[name])
            report["against"][name] = {
                f"only_{subject}_right": test.only_a, f"only_{name}_right": test.only_b, "p_value": test.p_value,
            }
    return report
