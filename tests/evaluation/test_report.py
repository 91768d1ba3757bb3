"""Predictions to the report: accuracies with intervals, and the subject against each other model."""

import json

import pytest

from dgrc.errors import EvaluationError
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.report import make_report
from dgrc.evaluation.score import wilson
from dgrc.records import Chain, Question

QUESTIONS = [Question(i, "", f"case {i} ?", ("crown", "mill"), "B", "", "{}") for i in range(8)]


def answers(letters: str) -> list[Prediction]:
    """One prediction a letter; `-` is a reply that could not be parsed."""
    return [Prediction(i, Chain("", None if a == "-" else a, "stop", 1), None) for i, a in enumerate(letters)]


def test_each_model_has_its_accuracy_interval_and_unparsed() -> None:
    report = make_report(QUESTIONS, {"base": answers("AAAABB--"), "dgrc": answers("BBBBBBBA")}, 0.95, "dgrc")
    assert (report["questions"], report["confidence"]) == (8, 0.95)
    low, high = (round(v, 4) for v in wilson(2, 8, 0.95))
    assert report["models"]["base"] == {
        "accuracy": 0.25, "low": low, "high": high, "right": 2, "n": 8, "unparsed": 2,
    }
    assert report["models"]["dgrc"]["accuracy"] == 0.875


def test_the_subject_is_paired_with_every_other_model() -> None:
    predictions = {"base": answers("ABAAAAAA"), "dgrc": answers("BABBBBBA"), "teacher": answers("BBBBBBBB")}
    against = make_report(QUESTIONS, predictions, 0.95, "dgrc")["against"]
    assert set(against) == {"base", "teacher"}
    # Seven discordant pairs, one of them against the subject: twice the sum of C(7, 0..1) over 2^7.
    assert against["base"] == {"only_dgrc_right": 6, "only_base_right": 1, "p_value": pytest.approx(2 * 8 / 128)}
    assert against["teacher"]["only_teacher_right"] == 2


def test_without_the_subject_nothing_is_compared() -> None:
    assert make_report(QUESTIONS, {"base": answers("B" * 8)}, 0.95, "dgrc")["against"] == {}


def test_the_report_is_plain_json() -> None:
    report = make_report(QUESTIONS, {"base": answers("B" * 8), "dgrc": answers("A" * 8)}, 0.9, "dgrc")
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_lost_predictions_and_lost_labels_are_errors() -> None:
    with pytest.raises(ValueError, match="longer than argument"):
        make_report(QUESTIONS, {"base": answers("BBB")}, 0.95, "dgrc")
    unlabeled = [Question(0, "", "case ?", (), None, "", "{}")]
    with pytest.raises(EvaluationError, match="no label"):
        make_report(unlabeled, {"base": answers("B")}, 0.95, "dgrc")
