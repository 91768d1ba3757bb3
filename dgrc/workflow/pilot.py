"""A pilot: a random sample of the corpus through curation with the user's own models, and what the rest would cost.

A job flows in; figures flow out: how well replies can be read at each step, how often the models part, what the screens
keep, and the projected bill. The pilot is a run of its own, so that the real one is untouched.
"""

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

import pyarrow.parquet as pq

from dgrc.config import Config
from dgrc.pipeline.method_version import METHOD_VERSION, method_of
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import mark_sample
from dgrc.workflow.curated import asked_with, pilot_name
from dgrc.workflow.curated.figures import PASSES, of_run
from dgrc.workflow.curated.warnings import warnings
from dgrc.workflow.job import Job


def pilot_config(config: Config, questions: int) -> Config:
    """The configuration of the pilot of a run."""
    sampled = config.questions.model_copy(update={"sample": questions})
    changes: dict[str, Any] = {"name": pilot_name(config), "questions": sampled}
    if config.method.ask_unread == "checked":
        changes["method"] = config.method.model_copy(update={"ask_unread": "measure"})
    if config.corpus is not None and not config.questions.files:  # a few passages are enough to write so many about
        changes["corpus"] = config.corpus.model_copy(update={"limit": questions})
    return config.model_copy(update=changes)


def clear_other(run: RunDir, config: Config) -> None:
    """Empties a pilot's run that was made with other settings, or by an earlier dgrc: to try settings is what pilots
    are for."""
    with run.lock():
        if run.changed(config) or method_of(run)[1] not in (None, METHOD_VERSION):
            run.empty()


def run_pilot(job: Job) -> dict[str, Any]:
    """Curates the sample and returns the pilot's figures, which are also in `pilot.json`."""
    mark_sample(job.run, "pilot")
    report = job.curate()
    figures = of_run(report, job.run, job.config.method)
    figures["projected"] = project(report, job.config, _tokens_a_case(job.run), share_to_ask(figures))
    figures["warnings"] = warnings(figures)
    figures["asked_with"] = asked_with(job.config)
    figures["examples"] = _examples(job.run)
    write_json(job.run.root / "pilot.json", figures)
    return figures


def share_to_ask(figures: dict[str, Any]) -> float:
    """Of the chains that a reader was asked about to try it, the share that a run would ask about: those that could not
    be read, of roles for which it can be believed."""
    asked = figures["ask_unread"]
    whole = sum(found["asked"] for found in asked.values())
    unread = sum(figures["chains"][role]["stopped_unread"] for role, found in asked.items() if found["used"])
    return min(unread / whole, 1.0) if whole else 0.0


def project(
    report: dict[str, Any], config: Config, tokens_a_case: Sequence[int], to_ask: float = 0.0
) -> dict[str, Any]:
    """Calls, tokens, money and hours for all usable questions, by proportion, and between what they are likely to be.

    The figures themselves are high: distinct atoms repeat, so that they grow more slowly than questions do, and a few
    questions do not fill an engine. `range` holds low and high of each: the sample's own spread, and at the low end
    atoms that repeat in the corpus as they do in the sample. Money is None unless every engine that is asked has a
    price; hours leave out the start of engines. Of what the pilot spent on trying readers `to_ask` is left (not of the
    hours).
    """
    factor = report["ingest"].get("usable", report["gather"]["rows"]) / report["gather"]["rows"]
    steps: dict[str, dict[str, int]] = {}
    money: float | None = 0.0
    for name in PASSES:
        for who, spent in report[name]["usage"].items():
            part = factor * (to_ask if who.endswith("/read") else 1.0)
            steps[who] = {key: round(spent[key] * part) for key in ("calls", "prompt_tokens", "completion_tokens")}
            price = getattr(config, who.split("/")[0]).price_per_million
            if spent["calls"] and (price is None or money is None):
                money = None
            elif price is not None and money is not None:
                cached = spent.get("cached_tokens", 0)
                money += part * price.of(spent["prompt_tokens"], cached, spent["completion_tokens"])
    working = sum(max(report[name]["seconds"] - report[name]["start_seconds"], 0) for name in PASSES)
    figures: dict[str, Any] = {
        "calls": sum(step["calls"] for step in steps.values()),
        "prompt_tokens": sum(step["prompt_tokens"] for step in steps.values()),
        "completion_tokens": sum(step["completion_tokens"] for step in steps.values()),
        "money": None if money is None else round(money, 4),
        "hours": round(working * factor / 3600, 3),
    }
    low, high = _spread(tokens_a_case, factor)
    low *= _if_atoms_repeat(report)
    digits = {"money": 4, "hours": 3}
    ranges = {
        name: [round(value * end, digits.get(name)) for end in (low, high)]
        for name, value in figures.items()
        if value is not None
    }
    return {"questions": round(report["gather"]["rows"] * factor), "steps": steps, **figures, "range": ranges}


def _spread(tokens: Sequence[int], factor: float) -> tuple[float, float]:
    """What a mean of so many cases may be off by, as factors: two standard errors, less the more of all were seen."""
    if len(tokens) < 2 or not sum(tokens):
        return 1.0, 1.0
    error = stdev(tokens) / mean(tokens) / len(tokens) ** 0.5
    off = min(2 * error * max(1 - 1 / factor, 0.0) ** 0.5, 0.9)
    return 1 - off, 1 + off


def _if_atoms_repeat(report: dict[str, Any]) -> float:
    """The share of all tokens that is left if answers to atoms are as much rarer in the corpus as repeats are in the
    sample."""
    spent = {name: sum(u["completion_tokens"] for u in report[name]["usage"].values()) for name in PASSES}
    asked, whole = report["collect"]["asked"], sum(spent.values())
    if not whole or not asked:
        return 1.0
    return 1 - spent["answer"] / whole * (1 - report["collect"]["distinct"] / asked)


def _tokens_a_case(run: RunDir) -> list[int]:
    rows = pq.ParquetDataset(run.dataset("cases")).read(columns=["usage"]).to_pylist()
    return [sum(spent["completion_tokens"] for spent in row["usage"] if spent["step"] != "read") for row in rows]


def _examples(run: RunDir) -> list[str]:
    """Ids of a few cases worth reading: divergent ones first."""
    rows = pq.ParquetDataset(run.dataset("cases")).read(columns=["id", "status"]).to_pylist()
    return [str(row["id"]) for row in sorted(rows, key=lambda row: (row["status"] != "divergent", row["id"]))[:3]]
