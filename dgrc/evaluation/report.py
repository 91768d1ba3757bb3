"""Predictions of every model in, `evaluation.json` out: accuracies, intervals, paired tests."""

from collections.abc import Sequence
from typing import Any

from dgrc.evaluation.compare import mcnemar
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.score import accuracy, is_right
from dgrc.records import Question


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
