"""The premise, measured before a run is paid for: is the teacher right on small questions where it fails on whole ones?

A configuration with labels, or with a file of computed truth, flows in; figures and a verdict in words flow out. A
sample of the questions is curated as a run of its own, `<name>-premise`, and read after the fact. Labels stay behind:
the run's question file is written without them, and what is true of it lies beside, where curation does not look.
"""

import glob
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dgrc.config import Config, EvaluationConfig, FieldMap, QuestionsConfig
from dgrc.evaluation.premise.figures import premise_figures
from dgrc.evaluation.premise.sample import Sample, choose, key, truths_of, unlabeled
from dgrc.evaluation.premise.steps import Asked, ask_steps, choose_steps, step_figures
from dgrc.evaluation.premise.verdict import verdict_of
from dgrc.evaluation.premise.vocabularies import different
from dgrc.evaluation.truth.computed import Computed
from dgrc.evaluation.truth.items import Judge, items_of
from dgrc.evaluation.truth.labels import Labels
from dgrc.pipeline.method_version import METHOD_VERSION
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import Question, content_id, hash64
from dgrc.storage.atomic import write_json, write_text
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import mark_sample
from dgrc.workflow.curated import trusted_readers
from dgrc.workflow.curated.figures import PASSES, of_run
from dgrc.workflow.job import Job
from dgrc.workflow.pilot import clear_other

Say = Callable[[str], None]
LABELS, STEPS, FIGURES = "premise_labels.json", "premise_steps.json", "premise.json"
"""Files of the premise's run beside those of its curation."""


def prepare(config: Config, count: int, truth_file: Path | None, say: Say) -> Config:
    """Draws the sample, writes its questions into the premise's run and returns that run's configuration.

    A run that was made with other settings or other questions is emptied; one with the same goes on.

    Raises:
        EvaluationError: the truth of no question is known, or the truth file cannot be used.
        QuestionFileError: a question file cannot be read.
        RunDirError: the run's folder cannot be used.
    """
    sample = choose(config, count, truth_file)
    for note in (*sample.notes, *filter(None, [different(config)])):
        say(f"! {note}")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in unlabeled(sample.questions))
    run = RunDir.of(config.model_copy(update={"name": premise_name(config)}))
    file = run.given_questions / f"{hash64(text) & (1 << 64) - 1:016x}" / "questions.jsonl"
    settings = premise_config(config, file, len(sample.questions))
    clear_other(run, settings)
    with run.lock():
        write_text(file, text)
        write_json(run.root / LABELS, _labels(sample))
    known = "the truth of every step" if truth_file else "labels"
    say(f"{len(sample.questions):,} of {sample.there:,} questions with {known}, of {', '.join(sample.files[:3])}")
    return settings


def measured_on(config: Config) -> Config:
    """The configuration with the held-out questions in the place of questions that it does not name."""
    mine, evaluation = config.questions, config.evaluation
    if mine.files or not evaluation.wanted:
        return config
    one = next(iter(evaluation.benchmarks), None)
    changes = {"files": evaluation.files, "fields": evaluation.fields}
    changes = changes if evaluation.files or one is None else {"files": one.files, "form": one.form}
    return config.model_copy(update={"questions": mine.model_copy(update=changes)})


def premise_name(config: Config) -> str:
    """What the premise's run is called."""
    return f"{config.name}-premise"


def premise_config(config: Config, file: Path, count: int) -> Config:
    """The configuration of the premise's run: the sample in the place of all questions, and nothing to evaluate on, for
    its questions may well be those of the evaluation."""
    mine = config.questions
    questions = QuestionsConfig(
        files=(glob.escape(str(file)),), fields=FieldMap(label=None), limits=mine.limits, sample=count,
        teacher_chains=mine.teacher_chains, student_chains=mine.student_chains,
    )  # fmt: skip
    changes: dict[str, Any] = {
        "name": premise_name(config), "questions": questions, "corpus": None,
        "evaluation": EvaluationConfig(confidence=config.evaluation.confidence),
    }  # fmt: skip
    if config.method.ask_unread == "checked":  # by the pilot of the run that is meant, not of this one
        changes["method"] = config.method.model_copy(update={"ask_unread": trusted_readers(config)})
    return config.model_copy(update=changes)


def run_premise(job: Job, truth_file: Path | None, steps: int) -> dict[str, Any]:
    """Curates the sample and returns the premise's figures with the verdict, which are also in `premise.json`.

    Args:
        job: Of a configuration that `prepare` made, open for `curate`.
        truth_file: The one that `prepare` was given; None goes by the labels that `prepare` wrote.
        steps: How many of the problems' own steps are put to the teacher, at most.
    """
    mark_sample(job.run, "premise")
    report = job.curate()
    problems = _problems(job.run, truth_file) if truth_file is not None else {}
    method, confidence = job.config.method, job.config.evaluation.confidence
    judge: Judge = (
        Computed(problems.values(), method.number_tolerance)
        if truth_file is not None
        else Labels(_labeled(job.run), method.answers, method.number_tolerance)
    )
    items = items_of(job.run, judge)
    figures = premise_figures(items, judge.knows_steps, confidence)
    figures |= step_figures(_put_steps(job, problems, steps), items, confidence)
    figures["curation"] = _of_curation(report, job)
    figures["tokens_a_question"] = _tokens(report)
    figures["measured"] = bool((figures["read_share"].get("teacher") or {}).get("hits"))
    figures |= verdict_of(figures)
    write_json(job.run.root / FIGURES, figures)
    return figures


def _labels(sample: Sample) -> list[dict[str, Any]]:
    return [
        {"text": q.text, "choices": q.choices, "label": q.label, "several": q.several, "source": q.source}
        for q in sample.questions
    ]


def _problems(run: RunDir, truth_file: Path) -> dict[int, Problem]:
    """The problems of the run's questions by their ids, worded as the questions are."""
    truths = truths_of(truth_file)
    rows = pq.ParquetDataset(run.dataset("questions")).read(columns=["id", "text"]).to_pylist()
    found = ((row, truths.get(key(row["text"]))) for row in rows)
    return {row["id"]: replace(problem, text=row["text"]) for row, problem in found if problem is not None}


def _labeled(run: RunDir) -> list[Question]:
    """The sample with its labels, as `prepare` wrote it."""
    rows = json.loads((run.root / LABELS).read_text(encoding="utf-8"))
    found = ((row["text"], tuple(row["choices"]), row["label"], row["source"], "{}", row["several"]) for row in rows)
    return [Question(content_id(text, choices), "", text, choices, *rest) for text, choices, *rest in found]


def _put_steps(job: Job, problems: dict[int, Problem], count: int) -> list[Asked]:
    """The steps of the sample's problems as the teacher answers them; what it was asked before is not asked again."""
    steps = choose_steps(problems, count, job.config.seed)
    if not steps:
        return []
    fingerprint, file = _fingerprint(job, steps), job.run.root / STEPS
    done = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if done.get("asked_with") != fingerprint:
        job.say(f"steps: {len(steps):,} are put to the teacher one by one")
        with job.phase("steps"):
            asked = ask_steps(job.config.teacher, steps, job.config.method, job.config.seed, job.say)
        done = {"asked_with": fingerprint, "asked": [asdict(one) for one in asked]}
        write_json(file, done)
    return [Asked(**one) for one in done["asked"]]


def _fingerprint(job: Job, steps: list[tuple[int, Step]]) -> str:
    """All that decides the answers to these steps."""
    from dgrc.method.prompts import load_pack

    method = job.config.method
    settings = [
        job.config.teacher.identity(), method.answer_sampling.model_dump(mode="json"), method.number_tolerance,
        load_pack(method.prompts).digest(), job.config.seed, METHOD_VERSION,
    ]  # fmt: skip
    texts = [text for question, step in steps for text in (str(question), step.kind, step.question, step.answer)]
    return f"{hash64(json.dumps(settings, sort_keys=True), *texts):x}"


def _of_curation(report: dict[str, Any], job: Job) -> dict[str, Any]:
    """How the curation went: what could be read at each step, what was refused and why, and what came of it."""
    found = of_run(report, job.run, job.config.method)
    names = (
        "questions", "read", "cut_off", "chains", "compared", "atoms_asked", "atoms_refused", "atoms_distinct",
        "atoms_dropped", "atoms_kept", "agreement", "verdicts", "verdicts_echo", "chains_kept",
    )  # fmt: skip
    return {name: found[name] for name in names}


def _tokens(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """What each step of the curation took for a question, in tokens."""
    spent = {who: usage for name in PASSES for who, usage in report[name]["usage"].items()}
    asked = report["gather"]["rows"]
    return {
        who: {kind: round(usage[f"{kind}_tokens"] / asked, 1) for kind in ("prompt", "completion")}
        for who, usage in spent.items()
    }
