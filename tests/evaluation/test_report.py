"""Predictions to the report: accuracies with intervals, and the subject against each other model."""

import dataclasses
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.errors import EvaluationError
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.figures import make_report
from dgrc.evaluation.harness import write_harness
from dgrc.evaluation.likelihood import OptionLikelihoods
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.report import by_majority, card_entries, full_report, lines, score, write_predictions
from dgrc.evaluation.score import wilson
from dgrc.records import Chain, Question

QUESTIONS = [Question(i, "", f"case {i} ?", ("crown", "mill"), "B", "", "{}") for i in range(8)]


def reported(questions: list[Question], predictions: dict, confidence: float, subject: str) -> dict:
    return make_report(predictions, score(questions, predictions, MethodConfig()), confidence, subject)


def answers(letters: str) -> list[Prediction]:
    """One prediction a letter; `-` is a reply that could not be parsed."""
    return [Prediction(i, Chain("", None if a == "-" else a, "stop", 1), None) for i, a in enumerate(letters)]


def test_each_model_has_its_accuracy_interval_and_unparsed() -> None:
    report = reported(QUESTIONS, {"base": answers("AAAABB--"), "dgrc": answers("BBBBBBBA")}, 0.95, "dgrc")
    assert (report["questions"], report["confidence"]) == (8, 0.95)
    low, high = (round(v, 4) for v in wilson(2, 8, 0.95))
    assert report["models"]["base"] == {
        "accuracy": 0.25, "low": low, "high": high, "right": 2, "n": 8, "unparsed": 2,
        "read": 6, "accuracy_read": 0.3333,
        "unread": {"stopped": 2, "cut_off": 0, "error": 0}, "read_by": {},
    }
    assert report["models"]["dgrc"]["accuracy"] == 0.875


def test_the_subject_is_paired_with_every_other_model() -> None:
    predictions = {"base": answers("ABAAAAAA"), "dgrc": answers("BABBBBBA"), "teacher": answers("BBBBBBBB")}
    against = reported(QUESTIONS, predictions, 0.95, "dgrc")["against"]
    assert set(against) == {"base", "teacher"}
    # Seven discordant pairs, one of them against the subject: twice the sum of C(7, 0..1) over 2^7.
    assert against["base"]["only_dgrc_right"] == 6 and against["base"]["only_base_right"] == 1
    assert against["base"]["p_value"] == pytest.approx(2 * 8 / 128)
    assert against["base"]["difference"] == 0.625 and 0 < against["base"]["low"] < 0.625 < against["base"]["high"]
    assert against["teacher"]["only_teacher_right"] == 2


def test_without_the_subject_nothing_is_compared() -> None:
    assert reported(QUESTIONS, {"base": answers("B" * 8)}, 0.95, "dgrc")["against"] == {}


def test_the_report_is_plain_json() -> None:
    report = reported(QUESTIONS, {"base": answers("B" * 8), "dgrc": answers("A" * 8)}, 0.9, "dgrc")
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_lost_predictions_and_lost_labels_are_errors() -> None:
    with pytest.raises(ValueError, match="longer than argument"):
        reported(QUESTIONS, {"base": answers("BBB")}, 0.95, "dgrc")
    unlabeled = [Question(0, "", "case ?", (), None, "", "{}")]
    with pytest.raises(EvaluationError, match="no label"):
        reported(unlabeled, {"base": answers("B")}, 0.95, "dgrc")


def test_every_reply_is_written_with_its_score(tmp_path: Path) -> None:
    predictions = {"base": answers("BA-")}
    write_predictions(QUESTIONS[:3], predictions, score(QUESTIONS[:3], predictions, MethodConfig()), tmp_path)
    rows = pq.read_table(tmp_path / "base.parquet").to_pylist()
    assert [(row["answer"], row["right"]) for row in rows] == [("B", True), ("A", False), (None, False)]
    others = ("finish_reason", "likeliest", "option_logprobs")
    assert [tuple(row[name] for name in others) for row in rows] == [("stop", None, [])] * 3


def test_likelihoods_are_written_beside_the_reply(tmp_path: Path) -> None:
    liked = OptionLikelihoods((-2.0, -0.5), 0.9)
    thinking = Chain("<answer>A</answer>", "A", "stop", 9, "By rule 3.", "tag")
    predictions = {"base": [Prediction(0, thinking, None, options=liked)]}
    write_predictions(QUESTIONS[:1], predictions, score(QUESTIONS[:1], predictions, MethodConfig()), tmp_path)
    (row,) = pq.read_table(tmp_path / "base.parquet").to_pylist()
    assert (row["right"], row["likeliest"], row["option_logprobs"]) == (False, "B", [-2.0, -0.5])
    assert (row["text"], row["thoughts"], row["read_by"]) == ("<answer>A</answer>", "By rule 3.", "tag")


def test_a_majority_that_was_not_served_is_no_unread_reply() -> None:
    lost = Prediction(0, Chain("B", "B", "stop", 1), None, None, majority_error="refused: too long")
    voted = [by_majority(lost), *(by_majority(p) for p in answers("BA"))]
    shares = reported(QUESTIONS[:3], {"base": voted}, 0.95, "dgrc")["models"]["base"]
    assert shares["unread"] == {"stopped": 2, "cut_off": 0, "error": 1}


def test_unread_replies_are_counted_by_their_cause_and_read_ones_by_how() -> None:
    chains = [
        Chain("", None, "stop", 9), Chain("", None, "length", 9), Chain("", None, "length", 9),
        Chain("", "B", "stop", 9, read_by="tag"), Chain("", "A", "stop", 9, read_by="phrase"),
        Chain("", "B", "stop", 9, read_by="tag"), Chain("", "B", "stop", 9),
    ]  # fmt: skip
    replies = [Prediction(i, chain, None) for i, chain in enumerate(chains)]
    replies.append(Prediction(7, Chain("", None, "error", 0), "refused: too long"))
    base = reported(QUESTIONS, {"base": replies}, 0.95, "dgrc")["models"]["base"]
    assert base["unread"] == {"stopped": 1, "cut_off": 2, "error": 1}
    assert base["read_by"] == {"phrase": 1, "tag": 2}, "one says nothing of how it was read"
    assert (base["read"], base["accuracy_read"], base["accuracy"]) == (4, 0.75, 0.375)


def test_where_nothing_was_read_there_is_no_accuracy_of_what_was_read() -> None:
    report = reported(QUESTIONS, {"base": answers("-" * 8), "dgrc": answers("B" * 8)}, 0.95, "dgrc")
    assert report["models"]["base"]["accuracy_read"] is None
    assert "both_read" not in report["against"]["base"]


def test_a_students_card_says_both_accuracies() -> None:
    liked = OptionLikelihoods((-2.0, -0.5), 0.9)
    free = [dataclasses.replace(p, options=liked) for p in answers("ABABABAB")]
    held_out = HeldOut(QUESTIONS, {"own": list(range(8))})

    def card(predictions: dict) -> dict[str, str]:
        right = score(QUESTIONS, predictions, MethodConfig())
        report = full_report(held_out, predictions, right, EvaluationConfig(), MethodConfig(), "dgrc")
        return card_entries(report, "dgrc", "base")

    entries = card({"base": free, "dgrc": free})
    assert entries["held-out accuracy"].startswith("0.500 [0.215, 0.785] on 8 questions; before 0.500")
    assert entries["by the likelihoods of the options"].startswith("1.000 [")
    assert list(card({"base": answers("ABABABAB"), "dgrc": free})) == ["held-out accuracy"]


def test_numbers_are_scored_by_their_value_and_within_the_tolerance() -> None:
    question = [Question(0, "", "how far ?", (), "5 km", "", "{}")]
    said = {"exact": "5000 meter", "near": "5.04 kilometer", "far": "6 kilometer"}
    predictions = {name: [Prediction(0, Chain("", answer, "stop", 1), None)] for name, answer in said.items()}
    method = MethodConfig(answers="number", number_tolerance=0.01)
    assert score(question, predictions, method) == {"exact": [True], "near": [True], "far": [False]}


def test_a_bare_number_is_right_only_where_the_question_says_its_unit() -> None:
    said = {"bare": [Prediction(0, Chain("", "5", "stop", 1), None)]}
    for text, right in (("how many km ?", True), ("how far ?", False), ("how many miles ?", False)):
        question = [Question(0, "", text, (), "5 km", "", "{}")]
        assert score(question, said, MethodConfig(answers="number")) == {"bare": [right]}


def full(majority_of: int | None) -> dict:
    held_out = HeldOut(QUESTIONS, {"one": [0, 1, 2], "two": [2, 3, 4, 5, 6, 7]})
    replies = {"base": answers("AAAABBBB"), "dgrc": answers("BBBABBBA")}
    voted = {name: [dataclasses.replace(p, majority="B") for p in found] for name, found in replies.items()}
    evaluation = EvaluationConfig(majority_of=majority_of)
    return full_report(held_out, voted, score(QUESTIONS, voted, MethodConfig()), evaluation, MethodConfig(), "dgrc")


def test_each_task_has_its_own_figures_and_its_own_test() -> None:
    report = full(None)
    assert report["models"]["dgrc"]["right"] == 6
    assert {task: part["models"]["dgrc"]["right"] for task, part in report["tasks"].items()} == {"one": 3, "two": 4}
    assert report["tasks"]["one"]["against"]["base"]["only_dgrc_right"] == 3
    assert "majority" not in report
    said = lines(report)
    assert any("two, 6 questions" in line for line in said)
    assert sum("dgrc" in line for line in said) == 3


def test_majorities_are_scored_beside_single_replies() -> None:
    report = full(5)
    assert report["majority"]["two"]["models"]["base"]["accuracy"] == 1.0
    assert report["tasks"]["two"]["models"]["base"]["accuracy"] < 1.0
    assert any(line.startswith("  maj@5 two") for line in lines(report))


def test_a_question_without_a_majority_is_not_called_cut_off() -> None:
    """Its single reply was; of the replies of the majority nothing is known but that none could be read."""
    held_out = HeldOut(QUESTIONS[:1], {"one": [0]})
    replies = {"base": [Prediction(0, Chain("", None, "length", 9), None)]}
    right = score(QUESTIONS[:1], replies, MethodConfig())
    report = full_report(held_out, replies, right, EvaluationConfig(majority_of=5), MethodConfig(), "dgrc")
    assert report["models"]["base"]["unread"]["cut_off"] == 1
    assert report["majority"]["one"]["models"]["base"]["unread"] == {"stopped": 1, "cut_off": 0, "error": 0}


def test_the_harness_gets_the_same_questions_answers_and_figures(tmp_path: Path) -> None:
    held_out = HeldOut(QUESTIONS, {"Case HOLD": [0, 1, 2], "two": [2, 3]})
    write_harness(held_out, full(None) | {"tasks": full(None)["tasks"] | {"Case HOLD": full(None)["tasks"]["one"]}},
                  EvaluationConfig(), MethodConfig(prompts="general"), tmp_path / "harness")  # fmt: skip
    task = yaml.safe_load((tmp_path / "harness" / "dgrc_Case_HOLD.yaml").read_text().replace("!function ", ""))
    data = Path(task["dataset_kwargs"]["data_files"]["test"])
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    assert [row["answer"] for row in rows] == ["B"] * 3
    assert "case 0 ?" in rows[0]["prompt"] and "A. crown" in rows[0]["prompt"]
    results = json.loads((tmp_path / "harness" / "results_dgrc.json").read_text())
    assert results["results"]["dgrc_Case_HOLD"]["exact_match,answer"] == 1.0
    assert results["n-samples"]["dgrc_two"] == {"original": 6, "effective": 6}
    share = results["results"]["dgrc_two"]
    assert share["exact_match_stderr,answer"] == pytest.approx((share["exact_match,answer"] / 3 / 5) ** 0.5)
