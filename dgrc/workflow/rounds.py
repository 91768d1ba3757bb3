"""Rounds: the trained student samples again, what newly diverges is asked, and it is trained on all that is known.

Each round curates, trains (always from the base model, on the curriculum of all rounds so far) and, where there is
something to evaluate on, evaluates. Whether a round helped is told without labels: by the share of verified questions
on which the student's majority answer is the verified one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow.parquet as pq

from dgrc.config import MethodConfig, RoundsConfig
from dgrc.engines.by_role import Engines
from dgrc.method import compare, meaning
from dgrc.records import Chain
from dgrc.storage.arrow import from_row
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import Job
from dgrc.workflow.keeping import keepable, make_room


def run_rounds(job: Job) -> list[dict[str, Any]]:
    """Goes round until a stop rule holds, and returns each round's figures; they are also in `rounds.json`.

    The figures of the last entry name the rule as `stopped_by`: `count`, `teacher_tokens`, or `no_gain`, in which
    case that round was not trained and the student of the round before is the result.
    """
    with _engines_kept(job):
        return _run_rounds(job)


@contextmanager
def _engines_kept(job: Job) -> Iterator[None]:
    """Gives the job engines that stay up from round to round, where there are several; says which do not and why."""
    if job.config.rounds.count == 1:
        yield
        return
    roles, reasons = keepable(job.config)
    for reason in reasons:
        job.say(f"  engines  {reason}")
    with Engines(job.say, roles) as job.engines:
        try:
            yield
        finally:
            job.engines = None


def _run_rounds(job: Job) -> list[dict[str, Any]]:
    rules = job.config.rounds
    rounds: list[dict[str, Any]] = []
    while not rounds or "stopped_by" not in rounds[-1]:
        number = len(rounds) + 1
        job.enter_round(number)
        if rules.count > 1:
            job.say(f"round {number} of at most {rules.count}")
        figures = _curated(job)
        rounds.append(figures)
        if number > 1 and figures["gain"] < rules.min_gain:
            figures["stopped_by"] = "no_gain"
            job.enter_round(number - 1)  # whose student stands
        else:
            _make_room(job, last=_used_up(rules, rounds) is not None)
            job.train()
            if job.config.evaluation.wanted:
                figures["accuracy"] = job.evaluate()["models"]["dgrc"]["accuracy"]
            figures["student"] = str(job.run.student())
            if reason := _used_up(rules, rounds):
                figures["stopped_by"] = reason
        if rules.count > 1:
            job.say(_line(figures))
        write_json(job.run.root / "rounds.json", rounds)
    return rounds


def _make_room(job: Job, last: bool) -> None:
    """Before a training, leaves those engines up that it has room beside and that something will ask later."""
    if job.engines is None:
        return
    evaluation = job.config.evaluation
    wanted = set() if last else {"student", "teacher"}
    wanted |= {"student"} if evaluation.wanted else set()
    wanted |= {"teacher"} if evaluation.wanted and evaluation.teacher else set()
    for line in make_room(job.engines, job.config, wanted):
        job.say(line)


def _curated(job: Job) -> dict[str, Any]:
    """Curates the round; its figures say how the student that entered it stands against what is verified by now."""
    report = job.curate()
    usage = [u for part in report.values() for role, u in part.get("usage", {}).items() if role.startswith("teacher/")]
    gathered, collected = report["gather"], report["collect"]
    figures: dict[str, Any] = {
        "round": job.run.number,
        "divergent": gathered["status"].get("divergent", 0) / max(gathered["rows"], 1),
        "new_atoms": collected["rows"],
        "reused_atoms": collected["reused"],
        "chains": report["assemble"].get("cot", 0),
        "teacher_calls": sum(u["calls"] for u in usage),
        "teacher_tokens": sum(u["completion_tokens"] for u in usage),
        "agreement": _agreement(job.run, job.run, job.config.method),
    }
    if job.run.number > 1:
        figures["gain"] = figures["agreement"] - _agreement(
            job.run.in_round(job.run.number - 1), job.run, job.config.method
        )
    return figures


def _agreement(sampled: RunDir, verified: RunDir, method: MethodConfig) -> float:
    """The share of the verified questions of one round on which the student that another round sampled agrees."""
    answers = {}
    for row in _rows(verified, "verdicts", ["id", "text", "choices", "teacher", "verdicts"]):
        passed = [from_row(Chain, row["teacher"][v["chain"]]) for v in row["verdicts"] if v["consistent"]]
        if passed:
            answers[row["id"]] = compare.majority_answer(passed), row["text"], bool(row["choices"])
    right = 0
    for row in _rows(sampled, "cases", ["id", "student"]):
        if row["id"] in answers:
            said = compare.majority_answer([from_row(Chain, chain) for chain in row["student"]])
            right += _same(said, *answers[row["id"]], method)
    return right / len(answers) if answers else 0.0


def _same(said: str | None, answer: str | None, question: str, choices: bool, method: MethodConfig) -> bool:
    """Whether two answers are the same, as chains are held against each other: letters, or by what they mean."""
    if choices or said is None or answer is None:
        return compare.same_answer(said, answer) is True
    return meaning.same(said, answer, method.answers, method.number_tolerance, question)


def _rows(run: RunDir, dataset: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    for path in sorted(run.dataset(dataset).glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=4096, columns=columns):
            yield from batch.to_pylist()


def _used_up(rules: RoundsConfig, rounds: list[dict[str, Any]]) -> str | None:
    if rules.teacher_tokens is not None and sum(r["teacher_tokens"] for r in rounds) >= rules.teacher_tokens:
        return "teacher_tokens"
    return "count" if len(rounds) >= rules.count else None


def _line(figures: dict[str, Any]) -> str:
    parts = [
        f"round {figures['round']}: {figures['divergent']:.1%} of the questions diverge",
        f"{figures['new_atoms']:,} new atoms ({figures['reused_atoms']:,} known)",
        f"{figures['teacher_tokens']:,} teacher tokens",
        f"the student that entered agrees with {figures['agreement']:.1%} of the verified answers",
    ]
    if "accuracy" in figures:
        parts.append(f"the one that left answers {figures['accuracy']:.1%} of the held-out questions")
    if "stopped_by" in figures:
        parts.append(f"stopped by {figures['stopped_by']}")
    return "  " + ", ".join(parts)
