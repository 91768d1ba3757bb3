"""All passes in order: question files in, curricula out. Finished passes are skipped.

    ingest -> gather -> (collect atoms) -> answer -> (screen, index facts) -> verify -> assemble

Each engine lives just for the passes that need it. A pass is identified by a fingerprint of its own
settings and of everything upstream; the same fingerprint finished before means there is nothing to do,
and a changed setting redoes the pass that heeds it and what comes after.
"""

import dataclasses
import functools
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from dgrc.config import Config, MethodConfig
from dgrc.engines.by_role import Engines
from dgrc.engines.embed import embed_texts
from dgrc.engines.load import in_words
from dgrc.method.prompts import load_pack
from dgrc.method.reading import TIERS
from dgrc.pipeline import collect
from dgrc.pipeline.assemble.step import assemble_step, changes_of, unseal
from dgrc.pipeline.counters import REFUSALS, ROLES, inert_judge
from dgrc.pipeline.graph import run_pass
from dgrc.pipeline.index import build_index
from dgrc.pipeline.method_version import METHOD_VERSION, claim_method
from dgrc.pipeline.passes import PASSES, Pass
from dgrc.pipeline.screen import known_ids, reused_folder, screen_corpus
from dgrc.questions.columns import find_files
from dgrc.questions.ingest import ingest
from dgrc.questions.language import other_script
from dgrc.questions.recorded import teacher_chains, write_chains, write_verdicts
from dgrc.records import hash64
from dgrc.storage.objectstore.files import open_bytes
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import Notes

Say = Callable[[str], None]
SCREENING, ASSEMBLING = ("near_duplicate_corpus", "near_duplicate_cosine"), ("chains_per_question", "accept_unchecked")
"""Settings that decide what the steps without an engine do, as `Pass.settings` for those with one."""
UNREAD = (
    ("teacher_unread", "teacher_chains", "teacher chains' answers"),
    ("student_unread", "student_chains", "student chains' answers"),
    ("auditor_unread", "auditor_chains", "auditor chains' answers"),
    ("diagnoses_unread", "diagnoses", "diagnoses"),
    ("gradings_unread", "gradings_unread", "gradings"),
    ("answers_unread", "answers", "answers to atoms"),
    ("verdicts_unread", "chains_without_verdict", "chains without a verdict, whose replies could not be read"),
)
"""Counts of replies that could not be read, of how many, in words."""


def curate(
    run: RunDir, config: Config, say: Say, upstream: str = "", until: str = "assemble",
    shared: Engines | None = None, marks: Path | None = None,
) -> dict[str, Any]:
    """Does what is left to do of the curation of a run's round.

    Args:
        run: The run, in its round; the caller holds its lock.
        config: Resolved configuration: engines name directories, not `proving:` models.
        say: Takes one line for the user at a time.
        upstream: In a later round, names all that the earlier ones did.
        until: The last pass to do; what comes after it is left.
        shared: Engines that outlive this curation, where several follow each other.
        marks: A file of what people found right and wrong, for the curriculum; else those that it was given before.

    Returns:
        The report of each pass by name.
    """
    claim_method(run)
    reports: dict[str, Any] = {}
    fingerprint = _input_fingerprint(config)
    if run.number == 1:
        reports["ingest"] = once(run, "ingest", fingerprint, lambda: _ingest(run, config), say)
        if warning := other_script(run.dataset("questions"), config.method.prompts):
            say(f"! {warning}")
    else:
        fingerprint = f"{hash64(fingerprint, upstream):x}"
        reports["carry"] = once(run, "carry", fingerprint, lambda: _carry_over(run), say)
    with nullcontext(shared) if shared is not None else Engines(say) as engines:
        for number, pass_ in enumerate(PASSES):
            if pass_.name == "verify":
                embedder = config.embedder.model if config.embedder else ""
                fingerprint = _extend(fingerprint, config.method, f"screen {embedder}", SCREENING)
                reports["screen"] = once(run, "screen", fingerprint, lambda: _screen(run, config, say), say)
                reports["index"] = once(run, "index", fingerprint, lambda: _index(run), say)
            fingerprint = _extend(fingerprint, config.method, pass_.name, pass_.settings)
            if pass_.name == "answer":
                reports["collect"] = once(run, "collect", fingerprint, lambda: _collect(run, config), say)
            idle = _needless(pass_, reports)
            work = functools.partial(_run, pass_, run, config, engines, fingerprint, idle)
            reports[pass_.name] = once(run, pass_.name, fingerprint, work, say)
            engines.release({role for later in PASSES[number + 1 :] for role in later.roles(config)})
            if pass_.name == until:
                return reports
    assembling = f"assemble {config.training.thoughts}" if config.training.thoughts != "drop" else "assemble"
    fingerprint = _extend(fingerprint, config.method, assembling, ASSEMBLING)
    changes = changes_of(run, config, marks, say)
    if changes:
        fingerprint = f"{hash64(fingerprint, changes.digest):x}"
    unseal(run, fingerprint, say)
    reports["assemble"] = once(run, "assemble", fingerprint, lambda: assemble_step(run, config, changes), say)
    return reports


def _needless(pass_: Pass, reports: dict[str, Any]) -> set[str]:
    """Roles of a pass that no row of it will ask: a student whose chains are all recorded need not be started."""
    ingested = reports.get("ingest", {})
    recorded = ingested.get("recorded", {}).get("student", 0)
    return {"student"} if pass_.name == "gather" and recorded and recorded == ingested["kept"] else set()


def _run(
    pass_: Pass, run: RunDir, config: Config, engines: Engines, fingerprint: str, idle: set[str]
) -> dict[str, Any]:
    """A pass and its report, with how much of its time went into starting engines."""
    began = time.monotonic()
    pools = engines.ready({role: getattr(config, role) for role in pass_.roles(config) if role not in idle}, config)
    starting = time.monotonic() - began
    return {**run_pass(pass_, run, config, pools, fingerprint), "start_seconds": round(starting, 1)}


def _ingest(run: RunDir, config: Config) -> dict[str, Any]:
    report = dataclasses.asdict(ingest(run, config))
    return {key: value for key, value in report.items() if value or key in ("read", "kept", "quarantined")}


def _carry_over(run: RunDir) -> dict[str, Any]:
    """The teacher's chains and the verdicts of the round before: they are paid for; only the student has changed."""
    verdicts = run.in_round(run.number - 1).dataset("verdicts")
    chains = teacher_chains(verdicts)
    write_verdicts(verdicts, run.known_verdicts())
    return {"teacher_chains": write_chains(chains, run.recorded("teacher"))}


def _collect(run: RunDir, config: Config) -> dict[str, Any]:
    earlier = known_ids(_answers(run)[:-1])
    questions = run.dataset("atom_questions")
    return dict(collect.collect(run.dataset("cases"), questions, config.method, earlier, reused_folder(questions)))


def _screen(run: RunDir, config: Config, say: Say) -> dict[str, Any]:
    askers = reused_folder(run.dataset("atom_questions"))
    embed = None
    if config.embedder is not None and config.method.near_duplicate_cosine is not None:
        embed = functools.partial(embed_texts, config.embedder, config.seed, config.pipeline.max_retries, on_wait=say)
    return dict(screen_corpus(_answers(run), askers, run.dataset("atoms"), config.method, embed))


def _answers(run: RunDir) -> list[Path]:
    """The answered atoms of this round and those before it."""
    return [run.in_round(number).dataset("answers") for number in range(1, run.number + 1)]


def _index(run: RunDir) -> dict[str, Any]:
    return {"facts": build_index(run.dataset("atoms"), run.dataset("facts"))}


def once(run: RunDir, step: str, fingerprint: str, work: Callable[[], dict[str, Any]], say: Say) -> dict[str, Any]:
    """Does a step unless it is done, marks it done, and says what came of it."""
    report = run.done(step, fingerprint)
    if report is not None:
        say(f"  {step:<8} already done: {_short(report)}")
        return report
    Notes(run)(step)
    began = time.monotonic()
    report = work()
    report["seconds"] = round(time.monotonic() - began, 1)
    run.mark_done(step, fingerprint, report)
    say(f"  {step:<8} {_short(report)}")
    engines = [f"the {role}'s engines: {in_words(load)}" for role, load in report.get("engines", {}).items()]
    for line in [*_remarks(report.get("counts", {})), *engines]:
        say(f"           {line}")
    return report


def _remarks(counts: dict[str, int]) -> list[str]:
    """What a user should know of a pass beside its counts: replies that could not be read, and an inert judge."""
    unread = [
        f"{counts[name]:,} of {counts.get(whole, 0):,} {words}"
        for name, whole, words in UNREAD
        if counts.get(name)
    ]
    remarks = [f"not to be read: {', '.join(unread)}"] if unread else []
    for role in ROLES:
        tiers = {tier: counts[f"{role}_read_by_{tier}"] for tier in TIERS if f"{role}_read_by_{tier}" in counts}
        if tiers.keys() - {"tag"}:
            said = ", ".join(f"{tier.replace('_', ' ')} {count:,}" for tier, count in tiers.items())
            remarks.append(f"the {role}'s answers read by: {said}")
    refused = {reason: counts[f"atoms_{reason}"] for reason in REFUSALS if f"atoms_{reason}" in counts}
    if refused:
        said = ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in refused.items())
        remarks.append(f"atoms refused: {said}")
    if judged := counts.get("judged"):
        remarks.append(f"the judge passed {counts.get('judge_passed', 0):,} of {judged:,} atoms")
    return remarks + [warning for warning in [inert_judge(counts)] if warning]


def _short(report: dict[str, Any]) -> str:
    """A report in one line: counts, without the usage table."""
    parts = []
    for key, value in report.items():
        if isinstance(value, dict) and key not in ("usage", "counts", "engines"):
            parts += [f"{k} {v:,}" for k, v in sorted(value.items(), key=lambda kv: -kv[1])[:6]]
        elif key == "seconds":
            parts.append(f"in {value:.0f} s")
        elif not isinstance(value, dict) and key != "start_seconds":
            parts.append(f"{key} {value:,}")
    calls = sum(u["calls"] for u in report.get("usage", {}).values())
    if calls:
        tokens = sum(u["completion_tokens"] for u in report["usage"].values())
        money = [u["money"] for u in report["usage"].values() if "money" in u]
        parts.insert(-1, f"{calls:,} calls, {tokens:,} tokens" + (f", {sum(money):,.2f} in money" if money else ""))
    return ", ".join(parts)


def _input_fingerprint(config: Config) -> str:
    """What curation starts from: what the question files hold, how they are read, and who answers."""
    questions = config.questions
    patterns = (*questions.files, *questions.teacher_chains, *questions.student_chains)
    if questions.contamination == "quarantine":
        patterns += config.evaluation.files
    paths = find_files(patterns)
    if questions.contamination == "quarantine":
        paths += [path for b in config.evaluation.benchmarks for path in find_files(b.files)]
    files = [(path, content_hash(path)) for path in paths]
    relevant = config.model_dump(mode="json", include={"seed", "questions"})
    for role, engine in config.engines().items():
        relevant[role] = engine.identity()
    relevant["prompts"] = load_pack(config.method.prompts).digest()
    return f"{hash64(METHOD_VERSION, json.dumps([files, relevant], sort_keys=True)):x}"


def _extend(upstream: str, method: MethodConfig, name: str, settings: Sequence[str]) -> str:
    """The fingerprint of a pass: of everything upstream, and of the settings that it heeds itself."""
    heeded = method.model_dump(mode="json", include=set(settings))
    return f"{hash64(upstream, name, json.dumps(heeded, sort_keys=True)):x}"


def content_hash(path: str) -> str:
    """By content, not by time: a file that was copied or written again as it was must not cost a run its work."""
    with open_bytes(path) as f:
        return hashlib.file_digest(f, "blake2b").hexdigest()[:32]
