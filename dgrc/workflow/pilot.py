"""A pilot: a random sample of the corpus through curation with the user's own models, and what the rest would cost.

A job flows in; figures flow out: how well replies can be read at each step, how often the models part, what the screens
keep, and the projected bill. The pilot is a run of its own, so that the real one is untouched.
"""

from typing import Any

import pyarrow.parquet as pq

from dgrc.config import Config
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import Job

PASSES = ("gather", "answer", "verify")
FEW = 0.05
WELL_READ = 0.9


def pilot_config(config: Config, questions: int) -> Config:
    """The configuration of the pilot of a run."""
    sampled = config.questions.model_copy(update={"sample": questions})
    changes: dict[str, Any] = {"name": f"{config.name}-pilot", "questions": sampled}
    if config.corpus is not None and not config.questions.files:  # a few passages are enough to write so many about
        changes["corpus"] = config.corpus.model_copy(update={"limit": questions})
    return config.model_copy(update=changes)


def clear_other(run: RunDir, config: Config) -> None:
    """Empties a pilot's run that was made with other settings: to try settings is what pilots are for."""
    with run.lock():
        if run.changed(config):
            run.empty()


def run_pilot(job: Job) -> dict[str, Any]:
    """Curates the sample and returns the pilot's figures, which are also in `pilot.json`."""
    report = job.curate()
    figures = measure(report, _atoms(job.run))
    figures["projected"] = project(report, job.config)
    figures["warnings"] = warnings(figures)
    figures["examples"] = _examples(job.run)
    write_json(job.run.root / "pilot.json", figures)
    return figures


def measure(report: dict[str, Any], atoms: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares, None where nothing was asked: `read` of each step's replies that could be read, and what came of them."""
    counts: dict[str, int] = {}
    for name in PASSES:
        counts |= report[name].get("counts", {})
    answered = [atom for atom in atoms if atom["answers"]]
    verdicts = {name: counts.get(f"chains_{name}", 0) for name in ("passed", "rejected", "without_verdict")}
    roles = [role for role in ("teacher", "student", "auditor") if counts.get(f"{role}_chains")]
    checked = verdicts["passed"] + verdicts["rejected"]
    return {
        "questions": report["gather"]["rows"],
        "usable_questions": report["ingest"].get("usable", report["gather"]["rows"]),
        "contaminated": report["ingest"].get("contaminated", 0),
        "read": {
            **{f"{role}_sample": _read(counts, f"{role}_unread", f"{role}_chains") for role in roles},
            "diagnose": _read(counts, "diagnoses_unread", "diagnoses"),
            "answer": _read(counts, "answers_unread", "answers"),
            "verify": _share(checked, checked + counts.get("verdicts_unread", 0)),
        },
        "cut_off": {role: _share(counts.get(f"{role}_cut_off", 0), counts[f"{role}_chains"]) for role in roles},
        "divergent": _share(report["gather"]["status"].get("divergent", 0), report["gather"]["rows"]),
        "atoms_asked": report["collect"]["asked"],
        "atoms_distinct": report["collect"]["distinct"],
        "atoms_kept": report["screen"]["kept"],
        "agreement": _share(sum(atom["agreement"] for atom in answered), len(answered)),
        "judge_passed": _share(counts.get("judge_passed", 0), counts.get("judged", 0)),
        "judged": counts.get("judged", 0),
        "verdicts": verdicts,
        "chains_kept": report["assemble"].get("cot", 0),
    }


def project(report: dict[str, Any], config: Config) -> dict[str, Any]:
    """Calls, tokens, money and hours for all usable questions, by proportion.

    An upper bound: distinct atoms repeat, so that they grow more slowly than questions do, and a few questions do not
    fill an engine. Money is None unless every engine that is asked has a price; hours leave out the start of engines.
    """
    factor = report["ingest"].get("usable", report["gather"]["rows"]) / report["gather"]["rows"]
    steps: dict[str, dict[str, int]] = {}
    money: float | None = 0.0
    for name in PASSES:
        for who, spent in report[name]["usage"].items():
            steps[who] = {key: round(spent[key] * factor) for key in ("calls", "prompt_tokens", "completion_tokens")}
            price = getattr(config, who.split("/")[0]).price_per_million
            if spent["calls"] and (price is None or money is None):
                money = None
            elif price is not None and money is not None:
                cached = spent.get("cached_tokens", 0)
                money += factor * price.of(spent["prompt_tokens"], cached, spent["completion_tokens"])
    working = sum(max(report[name]["seconds"] - report[name]["start_seconds"], 0) for name in PASSES)
    return {
        "questions": round(report["gather"]["rows"] * factor),
        "steps": steps,
        "calls": sum(step["calls"] for step in steps.values()),
        "prompt_tokens": sum(step["prompt_tokens"] for step in steps.values()),
        "completion_tokens": sum(step["completion_tokens"] for step in steps.values()),
        "money": None if money is None else round(money, 4),
        "hours": round(working * factor / 3600, 3),
    }


def warnings(figures: dict[str, Any]) -> list[str]:
    """What should be looked into before the whole corpus is paid for."""
    said = [
        f"only {share:.0%} of the replies to `{step}` can be read: look at them with `dgrc show`, and at max_tokens"
        for step, share in figures["read"].items()
        if share is not None and share < WELL_READ
    ]
    said += [
        f"{share:.0%} of the {role}'s chains are cut off: raise `method.{role}_sampling.max_tokens` or max_model_len"
        for role, share in figures["cut_off"].items()
        if share is not None and share > FEW
    ]
    if figures["divergent"] < FEW:
        said.append("student and teacher hardly ever part: there is little to learn from their divergence")
    if figures["judged"] and figures["judge_passed"] in (0.0, 1.0):
        said.append("the judge passes everything or nothing: it filters nothing of worth")
    if figures["contaminated"]:
        said.append(f"{figures['contaminated']:,} questions of the corpus share their words with evaluation questions")
    if not figures["chains_kept"]:
        said.append("no chain was kept: there would be nothing to reason from")
    return said


def _read(counts: dict[str, int], unread: str, whole: str) -> float | None:
    return _share(counts.get(whole, 0) - counts.get(unread, 0), counts.get(whole, 0))


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _atoms(run: RunDir) -> list[dict[str, Any]]:
    return list(pq.ParquetDataset(run.dataset("atoms")).read(columns=["agreement", "answers"]).to_pylist())


def _examples(run: RunDir) -> list[str]:
    """Ids of a few cases worth reading: divergent ones first."""
    rows = pq.ParquetDataset(run.dataset("cases")).read(columns=["id", "status"]).to_pylist()
    return [str(row["id"]) for row in sorted(rows, key=lambda row: (row["status"] != "divergent", row["id"]))[:3]]
