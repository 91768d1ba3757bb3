"""The points `evaluate-NAME`: models flow in; their replies to held-out questions flow out, each scored in three ways.

As the product reads it, by the lenient reader, and on real benchmarks beside by the log-likelihoods of the options.
Students that are trained and not evaluated take turns in one engine; each point is written as soon as it is done.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.real import lenient
from benchmarks.real.bench import Bench, served
from benchmarks.real.statistics import Interval, share
from dgrc.config import Config
from dgrc.engines.client import PoolClient
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.likelihood import OptionLikelihoods, best_option, has_letters, option_likelihoods
from dgrc.evaluation.predict import IN_FLIGHT, Prediction, predict
from dgrc.evaluation.score import is_right
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.problem import Problem
from dgrc.records import Question
from dgrc.runtime.driver import finish

BASE, TEACHER = "base", "teacher"
Row = dict[str, Any]


def evaluate_students(bench: Bench, wanted: str) -> None:
    """Evaluates the model `wanted`, and in the same engine all other students that are trained and not evaluated."""
    config = bench.settings.config()
    models = {BASE: config.student.weights}
    for recipe in bench.recipes:
        for seed in bench.settings.seeds:
            found = bench.points.done(f"train-{recipe}-{seed}")
            if found and found["trained"]:
                models[f"{recipe}-{seed}"] = _weights(bench, config, recipe, seed)
    if wanted not in models:
        bench.points.need(f"train-{wanted}")
        _as_base(bench, wanted)
        return
    left = {name: where for name, where in models.items() if bench.points.done(f"evaluate-{name}") is None}
    first = {wanted: left.pop(wanted), **left}
    began = time.monotonic()  # the engine's start is a part of the first one's time
    with bench.ray(config), bench.pool("student", served(config), config.seed) as pool:
        for name, where in first.items():
            figures = evaluate(bench, name, pool.client(weights=where), config)
            bench.points.write(f"evaluate-{name}", figures, time.monotonic() - began)
            bench.say(f"  {name}: {said(figures)}, {time.monotonic() - began:.0f} s")
            began = time.monotonic()


def evaluate_teacher(bench: Bench) -> dict[str, Any]:
    """The teacher on the same questions, greedy."""
    config = bench.settings.config()
    with bench.ray(config), bench.pool("teacher", config.teacher, config.seed) as pool:
        figures = evaluate(bench, TEACHER, pool.client(), config)
    bench.say(f"  {TEACHER}: {said(figures)}")
    return figures


def _weights(bench: Bench, config: Config, recipe: str, seed: int) -> str:
    """What the engine loads: the student, or a DoRA adapter merged, which vLLM does not serve over its base."""
    folder, adapter = bench.student(recipe, seed), config.training.adapter
    if adapter is None or adapter.variant != "dora":
        return str(folder.absolute())  # for replicas, wherever they work
    from dgrc.training.export import merge_adapter

    return str(merge_adapter(str(folder), str(bench.settings.out / "work" / "merged" / folder.name)))


def _as_base(bench: Bench, name: str) -> None:
    """A recipe that taught nothing has the student that was there before."""
    base = bench.points.need(f"evaluate-{BASE}")
    target = bench.replies(name)
    target.write_text(bench.replies(BASE).read_text(encoding="utf-8"), encoding="utf-8")
    bench.points.write(f"evaluate-{name}", {**base, "as_base": True}, 0.0)


def evaluate(bench: Bench, name: str, client: PoolClient, config: Config) -> dict[str, Any]:
    """One model on everything; its replies are kept."""
    problems = bench.problems()
    rows: list[Row] = []
    for split, held_out in bench.held_out().items():
        replies = finish(predict(client, held_out.questions, config.method, config.evaluation))
        rows += [
            _row(split, question, reply, problems[question.source_id], config)
            for question, reply in zip(held_out.questions, replies, strict=True)
        ]
    language = load_pack(config.method.prompts).language
    for benchmark, held_out in bench.settings.load_benchmarks().items():
        rows += _options(benchmark, held_out, client, language)
    write_rows(bench.replies(name), rows)
    return figures_of(rows)


def _row(split: str, question: Question, reply: Prediction, problem: Problem, config: Config) -> Row:
    chain, method = reply.chain, config.method
    right = is_right(
        chain.answer, question.label, (), method.answers, method.number_tolerance, question=question.text
    )
    # What the product reads and finds right is right without the form, too.
    ends = right or lenient.right(chain.text, problem.answer, question.text, chain.finish_reason == "stop")
    return {
        "id": problem.id, "part": split, "level": problem.level, "template": problem.template,
        "question": question.text, "truth": problem.answer, "read": chain.answer is not None, "right": right,
        "lenient": ends, "answer": chain.answer, "read_by": chain.read_by, "finish": chain.finish_reason,
        "tokens": chain.tokens, "text": chain.text,
    }  # fmt: skip


def _options(benchmark: str, held_out: HeldOut, client: PoolClient, language: str) -> list[Row]:
    """The likeliest option of each question that has options, over cyclic orders."""
    asked = [question for question in held_out.questions if has_letters(question)]
    found = finish(option_likelihoods(client, asked, IN_FLIGHT, language))
    return [
        {"id": f"{question.id:x}", "part": benchmark, "likeliest": letter, "right": right}
        for question, options in zip(asked, found, strict=True)
        for letter, right in [_likeliest(question, options)]
        if letter is not None
    ]


def _likeliest(question: Question, options: OptionLikelihoods | None) -> tuple[str | None, bool]:
    if options is None or options.error is not None:
        return None, False
    letter = best_option(options, question)
    return letter, is_right(letter, question.label, question.choices)


def figures_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Accuracy as read and without the form by split and by level, and of the benchmarks, with intervals."""
    domain = [row for row in rows if "lenient" in row]
    parts = {row["part"]: [r for r in domain if r["part"] == row["part"]] for row in domain}
    levels = {f"level-{row['level']}": [r for r in domain if r["level"] == row["level"]] for row in domain}
    groups: Mapping[str, list[Row]] = {"all": domain, **parts, **dict(sorted(levels.items()))}
    others = {row["part"] for row in rows} - set(parts)
    return {
        "accuracy": {name: _shares(group) for name, group in groups.items()},
        "benchmarks": {
            name: {"n": len(part), **_share(part, "right")}
            for name in sorted(others)
            for part in [[row for row in rows if row["part"] == name]]
        },
        "tokens": sum(row["tokens"] for row in domain),
    }


def _shares(rows: Sequence[Row]) -> dict[str, Any]:
    stopped = [row for row in rows if row["finish"] == "stop"]
    return {
        "n": len(rows),
        "as_read": _share(rows, "right"),
        "without_form": _share(rows, "lenient"),
        "stopped": len(stopped),
        "read_of_stopped": sum(row["read"] for row in stopped),
    }


def _share(rows: Sequence[Row], key: str) -> Interval:
    return share([{str(number): bool(row[key]) for number, row in enumerate(rows)}])


def said(figures: Mapping[str, Any]) -> str:
    """A model's figures in one line."""
    whole = figures["accuracy"]["all"]
    beside = "".join(f", {name} {part['mean']}" for name, part in figures["benchmarks"].items())
    return f"{whole['as_read']['mean']} as read, {whole['without_form']['mean']} without the form{beside}"


def write_rows(file: Path, rows: Sequence[Row]) -> None:
    """Replies with their scores, as JSON Lines; whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    part.replace(file)


def read_rows(file: Path) -> list[Row]:
    """What `write_rows` wrote."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
