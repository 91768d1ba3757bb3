"""Predictions of every model in, scored replies and `evaluation.json` out: figures, warnings, and lines to print."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.figures import Rights, make_report
from dgrc.evaluation.likelihood import best_option
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.published_metrics import figures
from dgrc.evaluation.published_metrics import right as right_by_rule
from dgrc.evaluation.score import is_right
from dgrc.evaluation.warnings import warnings
from dgrc.records import Question
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.atomic import fresh_folder

_CAUSES = {"stopped": "ended without an answer", "cut_off": "cut off", "error": "no reply"}


@dataclass(frozen=True)
class Scored:
    """One model's reply to one held-out question, as it was scored.

    `option_logprobs` are the average log-probabilities of the options, `likeliest` the letter of the largest; empty and
    None where they were not asked for.
    """

    id: int
    source_id: str
    model: str
    answer: str | None
    right: bool
    text: str
    error: str | None
    finish_reason: str
    read_by: str | None
    likeliest: str | None
    option_logprobs: tuple[float, ...]
    thoughts: str = ""


def score(
    questions: Sequence[Question], predictions: dict[str, list[Prediction]], method: MethodConfig
) -> dict[str, list[bool]]:
    """Which replies of each model are right."""
    form, tolerance = method.answers, method.number_tolerance
    return {
        name: [
            right_by_rule(p.chain.answer, q.label, q.choices, form, tolerance, q.meta, q.several, q.text)
            for p, q in zip(replies, questions, strict=True)
        ]
        for name, replies in predictions.items()
    }


def score_likeliest(
    questions: Sequence[Question], predictions: dict[str, list[Prediction]], method: MethodConfig
) -> dict[str, list[bool | None]]:
    """For which questions the likeliest option of each model is the right one; None where there is none."""
    return {
        name: [
            None if letter is None else is_right(letter, q.label, q.choices, method.answers)
            for letter, q in ((_likeliest(p, q), q) for p, q in zip(replies, questions, strict=True))
        ]
        for name, replies in predictions.items()
    }


def _likeliest(prediction: Prediction, question: Question) -> str | None:
    found = prediction.options
    return None if found is None or found.error is not None else best_option(found, question)


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
            Scored(
                q.id, q.source_id, name, p.chain.answer, good, p.chain.text, p.error, p.chain.finish_reason,
                p.chain.read_by, _likeliest(p, q), p.options.logprobs if p.options else (), p.chain.thoughts,
            )
            for p, q, good in zip(replies, questions, right[name], strict=True)
        ]  # fmt: skip
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
    likeliest = score_likeliest(held_out.questions, predictions, method)
    report = make_report(predictions, right, evaluation.confidence, subject, likeliest)
    report["tasks"] = by_task(held_out.tasks, predictions, right, evaluation.confidence, subject, likeliest)
    _add_published(report, held_out, predictions, right)
    report["warnings"] = [*held_out.notes, *warnings(report, subject)]
    if evaluation.majority_of is not None:
        voted = {name: [by_majority(p) for p in replies] for name, replies in predictions.items()}
        majorities = score(held_out.questions, voted, method)
        report["majority_of"] = evaluation.majority_of
        report["majority"] = by_task(held_out.tasks, voted, majorities, evaluation.confidence, subject)
    return report


def _add_published(
    report: dict[str, Any], held_out: HeldOut, predictions: dict[str, list[Prediction]], right: dict[str, list[bool]]
) -> None:
    """Adds what a benchmark's authors would report, `published`, to the figures of each model on it."""
    everything = range(len(held_out.questions))
    for part, places in [(report, everything), *((report["tasks"][name], at) for name, at in held_out.tasks.items())]:
        questions = [held_out.questions[place] for place in places]
        for name, replies in predictions.items():
            answers = [replies[place].chain.answer for place in places]
            if found := figures(questions, answers, [right[name][place] for place in places]):
                part["models"][name]["published"] = found


def by_majority(prediction: Prediction) -> Prediction:
    """The same with the majority's answer in place of the single reply's, of which nothing else is left."""
    chain = dataclasses.replace(prediction.chain, answer=prediction.majority, finish_reason="stop", read_by=None)
    return dataclasses.replace(prediction, chain=chain, options=None, error=prediction.majority_error)


def by_task(
    tasks: Mapping[str, Sequence[int]],
    predictions: dict[str, list[Prediction]],
    right: dict[str, list[bool]],
    confidence: float,
    subject: str,
    likeliest: Rights | None = None,
) -> dict[str, Any]:
    """The report of each task by its name."""
    return {
        task: make_report(
            {name: [replies[place] for place in places] for name, replies in predictions.items()},
            {name: [good[place] for place in places] for name, good in right.items()},
            confidence, subject,
            {name: [good[place] for place in places] for name, good in (likeliest or {}).items()},
        )
        for task, places in tasks.items()
    }  # fmt: skip


def card_entries(report: dict[str, Any], model: str, before: str) -> dict[str, str]:
    """What a student's card says of its accuracies and those of the model it was made from."""
    now, then = report["models"][model], report["models"][before]
    entries = {"held-out accuracy": _now_and_then(now, then, report["questions"])}
    free, free_then = (share.get("likelihood", {}) for share in (now, then))
    if "accuracy" in free and "accuracy" in free_then:
        entries["by the likelihoods of the options"] = _now_and_then(free, free_then, free["n"])
    return entries


def _now_and_then(now: dict[str, Any], then: dict[str, Any], questions: int) -> str:
    return (
        f"{now['accuracy']:.3f} [{now['low']:.3f}, {now['high']:.3f}] on {questions:,} questions; "
        f"before {then['accuracy']:.3f}"
    )


def lines(report: dict[str, Any]) -> list[str]:
    """For the terminal: every model over all questions, the tasks if there are several, and what to be warned of."""
    said = [_row(name, share) for name, share in report["models"].items()]
    tables = [("", report["tasks"])] if len(report["tasks"]) > 1 else []
    tables += [(f"maj@{report['majority_of']} ", report["majority"])] if "majority" in report else []
    for kind, table in tables:
        for task, part in table.items():
            said.append(f"  {kind}{task}, {part['questions']:,} questions")
            said += ["  " + _row(name, share) for name, share in part["models"].items()]
    return said + [f"  ! {warning}" for warning in report["warnings"]]


def _row(name: str, share: dict[str, Any]) -> str:
    """One model's accuracies: over all replies, over those read if some were not, and by the likeliest options."""
    said = [f"  {name:<18} {share['accuracy']:.3f}  [{share['low']:.3f}, {share['high']:.3f}]"]
    if "accuracy" in (free := share.get("likelihood", {})):
        interval = f"[{free['low']:.3f}, {free['high']:.3f}]"
        said.append(f"by likelihood {free['accuracy']:.3f}  {interval}, chance {free['chance']:.3f}")
    if (published := share.get("published", {})).get("value") is not None:
        said.append(f"{published['metric'].replace('_', ' ')} {published['value']:.3f}")
    if share["unparsed"]:
        over_read = f", {share['accuracy_read']:.3f} of these right" if share["read"] else ""
        causes = ", ".join(f"{count:,} {_CAUSES[cause]}" for cause, count in share["unread"].items() if count)
        said.append(f"{share['read']:,} of {share['n']:,} read{over_read} ({causes})")
    return "   ".join(said)
