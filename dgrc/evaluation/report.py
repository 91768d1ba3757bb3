"""Predictions of every model in, scored replies and `evaluation.json` out: accuracies, intervals, paired tests."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.compare import mcnemar
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.score import accuracy, is_right
from dgrc.records import Question
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.atomic import fresh_folder


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


def full_report(
    held_out: HeldOut,
    predictions: dict[str, list[Prediction]],
    right: dict[str, list[bool]],
    evaluation: EvaluationConfig,
    method: MethodConfig,
    subject: str,
) -> dict[str, Any]:
    """All questions together, each task, and each task by majorities where those were drawn."""
    report = make_report(predictions, right, evaluation.confidence, subject)
    report["tasks"] = by_task(held_out.tasks, predictions, right, evaluation.confidence, subject)
    if evaluation.majority_of is not None:
        voted = {name: [by_majority(p) for p in replies] for name, replies in predictions.items()}
        majorities = score(held_out.questions, voted, method)
        report["majority_of"] = evaluation.majority_of
        report["majority"] = by_task(held_out.tasks, voted, majorities, evaluation.confidence, subject)
    return report


def by_majority(prediction: Prediction) -> Prediction:
    """The same with the majority's answer in place of the single reply's."""
    return dataclasses.replace(prediction, chain=dataclasses.replace(prediction.chain, answer=prediction.majority))


def by_task(
    tasks: Mapping[str, Sequence[int]],
    predictions: dict[str, list[Prediction]],
    right: dict[str, list[bool]],
    confidence: float,
    subject: str,
) -> dict[str, Any]:
    """The report of each task by its name."""
    return {
        task: make_report(
            {name: [replies[place] for place in places] for name, replies in predictions.items()},
            {name: [good[place] for place in places] for name, good in right.items()},
            confidence, subject,
        )
        for task, places in tasks.items()
    }


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
            "accuracy": round(share.accuracy, 4), "low": round(share.low, 4), "high": round(share.high, 4),
            "right": share.right, "n": share.n, "unparsed": unparsed,
        }
    for name in right:
        if subject in right and name != subject:
            test = mcnemar(right[subject], right[name])
            report["against"][name] = {
                f"only_{subject}_right": test.only_a, f"only_{name}_right": test.only_b, "p_value": test.p_value,
            }
    return report


def lines(report: dict[str, Any]) -> list[str]:
    """The table for the terminal: every model over all questions, then the tasks if there are several."""

    def row(name: str, share: dict[str, Any]) -> str:
        return f"  {name:<18} {share['accuracy']:.3f}  [{share['low']:.3f}, {share['high']:.3f}]"

    said = [row(name, share) for name, share in report["models"].items()]
    tables = [("", report["tasks"])] if len(report["tasks"]) > 1 else []
    tables += [(f"maj@{report['majority_of']} ", report["majority"])] if "majority" in report else []
    for kind, table in tables:
        for task, part in table.items():
            said.append(f"  {kind}{task}, {part['questions']:,} questions")
            said += ["  " + row(name, share) for name, share in part["models"].items()]
    return said
